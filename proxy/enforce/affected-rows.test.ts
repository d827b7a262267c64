/** Thresholds of affected rows: counted before the statement runs, asked about or refused above, and looked at again in a block. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { valuesCount } from '../control/count-query.ts';
import { cellsOf, fieldsOf, type Heard, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const thresholds = policySchema.parse({
  name: 'large',
  rules: [
    { id: 'ask', effect: 'approve', affectedRowsOver: 10, approvers: { roles: ['reviewer'] } },
    { id: 'never', effect: 'deny', affectedRowsOver: 100, reason: 'in batches, please' },
  ],
});

let proxy: Governed;
let client: WireClient;

beforeAll(async () => {
  const sql = `create table stock (id int primary key, count int default 0);
    insert into stock select n, 0 from generate_series(1, 1000) n; create table copy (id int); analyze`;
  proxy = await startGoverned({ upstreamUrl: (await targetDatabase({ sql })).url, policies: [allowAll, thresholds] });
});

afterAll(() => proxy.close());

beforeEach(async () => {
  client?.close();
  client = await WireClient.through(proxy.port, { parameters: [['options', '-c weir.wait=off']] });
});

const errorOf = (heard: Heard[]) => fieldsOf(heard.find(each => each.type === 'E')?.body ?? Buffer.from([0]));
const types = (heard: Heard[]): string => heard.map(each => each.type).join('');
const changed = async () =>
  cellsOf(
    (await client.ask(say.query('select count(*) from stock where count > 0'))).find(each => each.type === 'D')
      ?.body as Buffer,
  )[0];
const decided = () => proxy.recorder.of('statement.decided').at(-1);

describe('a write', () => {
  it('of few rows runs without anybody being asked', async () => {
    const filed = proxy.desk.filed.length;
    expect(types(await client.ask(say.query('update stock set count = 1 where id <= 10')))).toBe('CZ');
    expect(decided()).toMatchObject({ effect: 'allow', requestId: null });
    expect(proxy.desk.filed).toHaveLength(filed);
    expect(await changed()).toBe('10');
  });

  it('of more rows is asked about, with their number', async () => {
    const heard = await client.ask(say.query('update stock set count = 2 where id <= 11'));
    expect(errorOf(heard).M).toContain('approval required');
    expect(errorOf(heard).D).toContain('to change 11 rows of `public.stock` needs approval, being more than 10');
    expect(decided()).toMatchObject({ effect: 'approve' });
    expect(await changed()).toBe('10');
  });

  it('of far more is refused', async () => {
    const heard = await client.ask(say.query('delete from stock where id > 500'));
    expect(errorOf(heard)).toMatchObject({ C: '42501' });
    expect(errorOf(heard).M).toContain('to change 500 rows of `public.stock` is not allowed, being more than 100');
    expect(decided()).toMatchObject({ effect: 'deny' });
  });

  it('is counted with the parameters it is bound with', async () => {
    const text = 'update stock set count = 3 where id <= $1::int';
    const run = (below: string) => client.ask(say.parse(text), say.bind([below]), say.execute(), say.sync);
    expect(types(await run('5'))).toBe('12CZ');
    expect(errorOf(await run('50')).M).toContain('approval required');
    expect(errorOf(await run('999')).M).toContain('to change 999 rows');
  });

  it('of written out rows is counted without the database', async () => {
    expect(types(await client.ask(say.query('insert into copy values (1), (2), (3)')))).toBe('CZ');
    const many = Array.from({ length: 12 }, (_, index) => `(${index})`).join(', ');
    expect(errorOf(await client.ask(say.query(`insert into copy values ${many}`))).D).toContain('to change 12 rows');
  });

  it('that cannot be counted counts as more', async () => {
    for (const text of [
      'truncate copy',
      'with gone as (delete from copy returning id) select * from gone',
      'copy copy from stdin',
    ]) {
      expect(errorOf(await client.ask(say.query(text))).M, text).toContain('as many rows as could not be counted');
    }
  });

  it('runs once it was approved for that number', async () => {
    const text = 'update stock set count = 4 where id <= 20';
    await client.ask(say.query(text));
    const filed = proxy.desk.filed.at(-1);
    proxy.desk.claimable.set(filed?.held.hash ?? '', filed?.held.id ?? '');
    expect(types(await client.ask(say.query(text)))).toBe('CZ');
    expect(await changed()).toBe('20');
  });
});

it('fails a block in which more changed than could be seen from outside', async () => {
  await client.ask(say.query('begin'));
  for (let batch = 0; batch < 3; batch += 1) {
    await client.ask(
      say.query(`update stock set count = 77 where id between ${batch * 10 + 101} and ${batch * 10 + 110}`),
    );
  }
  const heard = await client.ask(say.query('update stock set count = 78 where count = 77'));
  expect(errorOf(heard).M).toContain('changed 30 rows, more than the 10');
  expect(heard.at(-1)?.body.toString()).toBe('E');
  expect(errorOf(await client.ask(say.query('select 1'))).C).toBe('25P02');
  await client.ask(say.query('rollback'));
  expect(types(await client.ask(say.query('select 1')))).toBe('TDCZ');
});

it.each<[string, (first: string, last: string) => Uint8Array[]]>([
  ['in one message', (first, last) => [say.query(`${first}; ${last}`)]],
  ['in two messages', (first, last) => [say.query(first), say.query(last)]],
  [
    'in a pipeline',
    (first, last) => [...[first, last].flatMap(text => [say.parse(text), say.bind(), say.execute()]), say.sync],
  ],
  [
    'in units of a pipeline',
    (...texts) => texts.flatMap(text => [say.parse(text), say.bind(), say.execute(), say.sync]),
  ],
])('commits nothing of a block in which more changed than could be seen, %s', async (_, send) => {
  const update = 'update stock set count = 90 where count = 89';
  for (const [first, last] of [
    [update, 'commit'],
    ['commit', update],
  ] as const) {
    await client.ask(say.query('begin'));
    for (const from of [500, 510])
      await client.ask(say.query(`update stock set count = 89 where id > ${from} and id <= ${from} + 10`));
    client.clear();
    client.send(...send(first, last));
    await client.until('E');
    await client.ask(say.query('rollback'));
    client.close();
    client = await WireClient.through(proxy.port, { parameters: [['options', '-c weir.wait=off']] });
    expect(types(await client.ask(say.query('select id from stock where count = 90')))).toBe('TCZ');
    await client.ask(say.query('update stock set count = 0 where id <= 510 and count > 80'));
    await client.ask(say.query('update stock set count = 0 where count > 80'));
  }
});

it.each([
  ['insert into t values (1)', 1],
  ['insert into t (a, b) values (1, (2)), (f(3, 4), default) on conflict do nothing', 2],
  ['insert into t values (1), (2) returning *', 2],
  ['insert into t select * from (values (1), (2)) v', null],
  ['insert into t values (1) union values (2)', null],
  ['insert into t default values', null],
  ['update t set a = 1', null],
])('%s inserts %s rows, as its text says', (text, rows) => {
  expect(valuesCount(text)).toBe(rows);
});

it('tells in a block how many changed before it gives a part of what it returns', async () => {
  await client.ask(say.query('begin'));
  await client.ask(say.query('insert into copy select generate_series(1, 5)'));
  const text = 'update copy set id = id + 1000 where id < 1000 returning id';
  const heard = await client.ask(say.parse(text), say.bind(), say.execute('', 1), say.sync);
  expect(errorOf(heard).M).toContain('cannot return them in parts');
  expect(heard.some(each => each.type === 'D')).toBe(false);
  await client.ask(say.query('rollback'));
});

it('lets no message and no unit change as many as it likes of what it has changed before', async () => {
  const insert = 'insert into copy select 5000 + id from stock where id <= 10';
  const again = 'update copy set id = id + 1000 where id > 5000';
  expect(errorOf(await client.ask(say.query(`${insert}; ${again}`))).M).toContain('refused by policy');
  const unit = [insert, again].flatMap(text => [say.parse(text), say.bind(), say.execute()]);
  expect(errorOf(await client.ask(...unit, say.sync)).M).toContain('refused by policy');
  const apart = 'update copy set id = id where false; update stock set count = count where false';
  expect(types(await client.ask(say.query(apart)))).toBe('CCZ');
});
