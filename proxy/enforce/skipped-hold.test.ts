/** An approval is for the statement that was held: what it could not be used for is not left for the next one. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import type { HoldOutcome } from '../ports.ts';
import { cellsOf, fieldsOf, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const approvals = policySchema.parse({
  name: 'ask',
  rules: [{ id: 'writes', effect: 'approve', actions: ['write'], approvers: { roles: ['reviewer'] } }],
});

let proxy: Governed;
let client: WireClient;
let reader: WireClient;

beforeAll(async () => {
  const sql = 'create table stock (id int primary key, count int); insert into stock values (1, 10), (2, 20), (3, 30)';
  proxy = await startGoverned({ upstreamUrl: (await targetDatabase({ sql })).url, policies: [allowAll, approvals] });
  reader = await WireClient.through(proxy.port);
});
afterAll(async () => {
  reader.close();
  client.close();
  await proxy.close();
});
beforeEach(async () => {
  client?.close();
  client = await WireClient.through(proxy.port);
  proxy.desk.filed.length = 0;
});

const update = 'update stock set count = $1 where id = $2';
const pipelined = (text: string, values: string[] = []) => [say.parse(text), say.bind(values), say.execute()];
const filed = (count: number) => expect.poll(() => proxy.desk.filed.length).toBe(count);
const column = async (text: string) =>
  (await reader.ask(say.query(text))).filter(({ type }) => type === 'D').map(({ body }) => cellsOf(body)[0]);
const stock = () => column('select count from stock order by id');
const sleeping = () => column("select count(*) from pg_stat_activity where wait_event = 'PgSleep'");

/** Under way, and about to fail. */
async function fails(): Promise<void> {
  client.send(...pipelined('select pg_sleep(0.5), 1 / (select 0)'), say.flush);
  await expect.poll(sleeping, { interval: 10 }).toEqual(['1']);
}

const outcomes: [string, HoldOutcome][] = [
  ['approved', { outcome: 'approved', by: ['reviewer@example.com'], reason: 'fine' }],
  ['denied', { outcome: 'denied', by: ['reviewer@example.com'], reason: 'no' }],
];

it.each(outcomes)(
  'decides on nothing else when it is %s before what stands in front of it fails',
  async (_, outcome) => {
    await fails();
    client.send(...pipelined(update, ['11', '1']));
    await filed(1);
    proxy.desk.filed[0]?.decide(outcome);
    client.send(say.sync);
    await client.until('Z');
    client.clear();
    client.send(...pipelined(update, ['0', '2']), say.sync);
    await filed(2);
    proxy.desk.filed[1]?.decide({ outcome: 'expired', by: [], reason: '' });
    expect(fieldsOf((await client.until('Z')).find(({ type }) => type === 'E')?.body as Buffer).M).toContain('expired');
    expect(await stock()).toEqual(['10', '20', '30']);
  },
);

it('is withdrawn when what stands in front of it fails, and the client goes on at once', async () => {
  await fails();
  client.send(...pipelined(update, ['11', '1']), say.sync);
  await filed(1);
  await client.until('Z');
  expect(proxy.desk.filed[0]?.aborted).toBe(true);
  proxy.desk.filed[0]?.decide({ outcome: 'approved', by: [], reason: '' });
  client.clear();
  client.send(...pipelined(update, ['0', '2']), say.sync);
  await filed(2);
  expect(await stock()).toEqual(['10', '20', '30']);
});

it('leaves no statement without an outcome', async () => {
  client.close();
  await expect.poll(() => proxy.listener.sessionCount).toBe(1);
  const keyOf = (event: Record<string, unknown>) => `${event.session} ${event.statement}`;
  const completed = new Set(proxy.recorder.of('statement.completed').map(keyOf));
  expect(proxy.recorder.of('statement.decided').filter(event => !completed.has(keyOf(event)))).toEqual([]);
  expect(proxy.crashes).toEqual([]);
});
