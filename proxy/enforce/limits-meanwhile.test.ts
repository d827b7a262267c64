/** Limits that change while a result is given in parts: those of the moment hold, and what was given before still counts. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Policy, policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { cellsOf, fieldsOf, type Heard, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const limit = (name: string, limits: object): Policy =>
  policySchema.parse({ name, rules: [{ id: 'rows', effect: 'limit', ...limits }] });
const rowsAtMost = (rows: number) => limit('rows', { limits: { rows } });
const text = 'select id from people order by id';

let proxy: Governed;
let client: WireClient;
let budgets = 0;
beforeAll(async () => {
  const sql = 'create table people (id int primary key); insert into people select generate_series(1, 200)';
  proxy = await startGoverned({ upstreamUrl: (await targetDatabase({ sql })).url, policies: [allowAll] });
});
afterAll(() => proxy.close());
beforeEach(async () => {
  proxy.apply([allowAll]);
  client = await WireClient.through(proxy.port);
});
afterEach(() => client.close());

const rows = (heard: Heard[]) => heard.filter(({ type }) => type === 'D').map(({ body }) => Number(cellsOf(body)[0]));
const codeOf = (heard: Heard[]) => fieldsOf(heard.find(each => each.type === 'E')?.body ?? Buffer.from([0])).C;

const cursor = say.query(`begin; declare c cursor for ${text}`);
const held = say.query(`declare c cursor with hold for ${text}`);
const portal = [say.query('begin'), say.parse(text), say.bind([], { portal: 'c' }), say.sync];
const execute = (count: number) => [say.execute('c', count), say.sync];
const fetch = (count: number) => [say.query(`fetch ${count} from c`)];

describe.each<[string, Uint8Array[], (count: number) => Uint8Array[]]>([
  ['FETCH from a cursor', [cursor], fetch],
  ['FETCH from a cursor that is held', [held], fetch],
  ['FETCH from a portal', portal, fetch],
  ['Execute of a portal', portal, execute],
])('%s', (_, before, more) => {
  const begun = async (policies: Policy[]): Promise<void> => {
    proxy.apply(policies);
    client.send(...before);
    await client.until('Z', before === portal ? 2 : 1);
    expect(rows(await client.ask(...more(5)))).toEqual([1, 2, 3, 4, 5]);
  };

  it('gives no more than a lower limit lets', async () => {
    await begun([allowAll, rowsAtMost(100)]);
    proxy.apply([allowAll, rowsAtMost(7)]);
    const heard = await client.ask(...more(50));
    expect([rows(heard), codeOf(heard)]).toEqual([[6, 7], '54000']);
  });

  it('gives nothing above a limit that is lower than what it gave', async () => {
    await begun([allowAll, rowsAtMost(100)]);
    proxy.apply([allowAll, rowsAtMost(3)]);
    const heard = await client.ask(...more(50));
    expect([rows(heard), codeOf(heard)]).toEqual([[], '54000']);
  });

  it('counts on when anything else of policy changes', async () => {
    await begun([allowAll, rowsAtMost(7)]);
    proxy.apply([allowAll, rowsAtMost(7)]);
    const heard = await client.ask(...more(50));
    expect([rows(heard), codeOf(heard)]).toEqual([[6, 7], '54000']);
  });

  it('draws from a budget that has come', async () => {
    await begun([allowAll, rowsAtMost(100)]);
    budgets += 1;
    const budget = limit(`budget-${budgets}`, { budget: { windowMinutes: 1440, rows: 2 } });
    proxy.apply([allowAll, rowsAtMost(100), budget]);
    const heard = await client.ask(...more(50));
    expect([rows(heard), codeOf(heard)]).toEqual([[6, 7], '53400']);
  });
});
