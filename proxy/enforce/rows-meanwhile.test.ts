/** An approval is for about as many rows as were counted: what is more by the time it runs is asked about, or refused, as ever. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { cellsOf, fieldsOf, type Heard, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const thresholds = policySchema.parse({
  name: 'large',
  rules: [
    { id: 'ask', effect: 'approve', affectedRowsOver: 10, approvers: { roles: ['reviewer'] } },
    { id: 'more', effect: 'approve', affectedRowsOver: 50, approvers: { roles: ['admin'] } },
    { id: 'never', effect: 'deny', affectedRowsOver: 100, reason: 'in batches, please' },
  ],
});

let proxy: Governed;
let client: WireClient;
let other: WireClient;

beforeAll(async () => {
  const sql = `create table stock (id int primary key, count int default 0);
    insert into stock select n, 0 from generate_series(1, 1000) n; analyze`;
  proxy = await startGoverned({ upstreamUrl: (await targetDatabase({ sql })).url, policies: [allowAll] });
  other = await WireClient.through(proxy.port);
});
afterAll(async () => {
  other.close();
  client.close();
  await proxy.close();
});
beforeEach(async () => {
  client?.close();
  client = await WireClient.through(proxy.port);
  await marked(20);
  proxy.apply([allowAll, thresholds]);
});

const errorOf = (heard: Heard[]) => fieldsOf(heard.find(each => each.type === 'E')?.body ?? Buffer.from([0]));
const approve = { outcome: 'approved', by: ['reviewer@example.com'], reason: 'fine' } as const;
const text = 'update stock set count = 2 where count = 1';

/** So many rows are what the statement is about. */
async function marked(rows: number): Promise<void> {
  proxy.apply([allowAll]);
  await other.ask(say.query(`update stock set count = (id <= ${rows})::int`));
  proxy.apply([allowAll, thresholds]);
}
const changed = async () => {
  const heard = await other.ask(say.query('select count(*) from stock where count = 2'));
  return cellsOf(heard.find(({ type }) => type === 'D')?.body as Buffer)[0];
};
const held = async (...messages: Uint8Array[]) => {
  client.clear();
  client.send(...messages);
  await client.until('N');
  return proxy.desk.filed.at(-1);
};

it.each([
  [40, undefined, '40'],
  [60, 'would change more rows by now', '0'],
  [500, 'to change 500 rows of `public.stock` is not allowed, being more than 100', '0'],
])('is counted again when it was approved: %i rows', async (rows, error, expected) => {
  const filed = await held(say.query(text));
  expect(filed?.held).toMatchObject({ rule: 'large/ask', further: [] });
  await marked(rows);
  filed?.decide(approve);
  const problem = errorOf(await client.until('Z')).M;
  if (error === undefined) expect(problem).toBeUndefined();
  else expect(problem).toContain(error);
  expect(await changed()).toBe(expected);
  const reported = proxy.desk.reports.find(each => each.requestId === filed?.held.id);
  expect(reported?.outcome).toBe(error === undefined ? 'ok' : 'cancelled');
});

it.each([
  [40, undefined],
  [60, 'changed 60 rows, more than the 50'],
  [500, 'changed 500 rows, more than the 50'],
])('is held against what it changes in a block: %i rows', async (rows, error) => {
  await client.ask(say.query('begin'));
  proxy.apply([allowAll]);
  await client.ask(say.query(`update stock set count = 1 where id <= ${rows}`));
  proxy.apply([allowAll, thresholds]);
  const filed = await held(say.query(text));
  expect(filed?.held).toMatchObject({ rule: 'large/ask', further: [] });
  filed?.decide(approve);
  const problem = errorOf(await client.until('Z')).M;
  if (error === undefined) expect(problem).toBeUndefined();
  else expect(problem).toContain(error);
});

it.each<[string, object, string]>([
  [
    'asks others',
    { effect: 'approve', affectedRowsOver: 10, approvers: { roles: ['admin'] } },
    'or policy asks others',
  ],
  ['lets fewer pass', { effect: 'deny', affectedRowsOver: 15 }, 'to change 20 rows of `public.stock` is not allowed'],
])('is looked at again by a policy that %s by now', async (_, rule, error) => {
  const filed = await held(say.query(text));
  proxy.apply([allowAll, policySchema.parse({ name: 'large', rules: [{ id: 'ask', ...rule }] })]);
  filed?.decide(approve);
  expect(errorOf(await client.until('Z')).M).toContain(error);
  expect(await changed()).toBe('0');
});
