/** The count of a write is what the write then touches, on a real server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '#core/sql/parse.ts';
import { targetDatabase } from '#db/testing.ts';
import { countQuery } from './count-query.ts';
import { QueryClient } from './query-client.ts';
import { targetOf } from './target-testing.ts';

let client: QueryClient;
beforeAll(async () => {
  await loadParser();
  const database = await targetDatabase({
    sql: `create table t (id int, a int, "set" int, "from" int, note text);
      insert into t select n, n % 7, n % 3, n % 5, 'x' from generate_series(1, 100) n;
      create table o (id int, v int, "where" text);
      insert into o select n % 20, n, 'y' from generate_series(1, 60) n;
      create table "update" (id int);
      insert into "update" select generate_series(1, 9);
      create table part (id int, at int) partition by range (at);
      create table part1 partition of part for values from (0) to (50);
      create table part2 partition of part for values from (50) to (200);
      insert into part select n, n from generate_series(1, 99) n;`,
  });
  client = await QueryClient.connect(targetOf(database.url), { timeoutMs: 10_000 });
});
afterAll(() => client.close());

/** Rows the statement really touches; undone. */
const touched = async (text: string): Promise<number> => {
  await client.query('begin');
  try {
    return (await client.query(`${text.replace(/;\s*$/, '')}\nreturning 1`)).length;
  } finally {
    await client.query('rollback');
  }
};

describe('the count of a write', () => {
  it.each([
    'update t set a = 1',
    'update t set a = 1;',
    'update t set a = 1 where id < 10',
    'UPDATE ONLY public.t AS x SET a = 1 WHERE x.id IN (SELECT id FROM o WHERE v > 30)',
    'update only (t) set a = 1 where id = 3',
    'update t * x set a = x.a + 1 where x.id = 3',
    'update t set a = 1, note = (select max("where") from o where o.id = t.id) where id > 90',
    'update t set a = o.v from o where o.id = t.id',
    'update t x set a = o.v from o join o o2 using (id), lateral (select o.id + 1 as k) l where o.id = x.id and l.k > 3',
    'update t set "set" = 3, "from" = 2 where "from" = 1',
    'update t set note = (a is distinct from 3)::text where a is not distinct from 3',
    "update t set (a, note) = (select 1, 'z from where') where id % 2 = 0",
    'with big as (select id from t where id > 50) update t set a = 0 from big where big.id = t.id',
    'with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) update t set a = 0 where id in (select n from r)',
    'update t -- from nowhere where false\n set a = 1 -- where\n where id < 5 -- the end',
    "update t /* set */ set a = 1 where note = 'where' or id = 2",
    'update t set note = $q$ where $q$ where id between 5 and 7',
    'update "update" set id = 0 where id > 4',
    'update "update" update set id = 0 where update.id > 4',
    'update part set id = 0 where at > 40',
    'delete from t',
    'delete from only t as x where x.id < 4',
    'delete from t using o where o.id = t.id and o.v > 20',
    'delete from t using o join o o2 using (id) where o.id = t.id',
    'delete from "update" where id in (select id from t where a = 1)',
    'delete from part where at < 60 and żółć = 1'.replace('żółć', 'id'),
    "delete from t where note <> 'żółć' and id < 7",
    'insert into o select id, a, note from t where id < 12',
    'insert into o (id, v) (select id, a from t where id < 12)',
    'insert into o (id) values (1), (2), (3)',
    'insert into o (id) with x as (select 7 as k) select k from x union all select 8',
    'insert into o (id) table "update"',
  ])('%s', async text => {
    const query = countQuery(text);
    expect(query).not.toBeNull();
    const rows = await client.query(query ?? '');
    expect(Number(rows[0]?.[0])).toBe(await touched(text));
  });

  it('leaves out what comes behind the source of an INSERT, and RETURNING', async () => {
    for (const text of [
      'insert into o (id) select id from t where id < 4 on conflict do nothing returning *',
      'insert into o (id) select id from t where id < 4 returning id',
      'update t set a = 1 where id < 4 returning *',
      'delete from t where id < 4 returning (select count(*) from o where v > 1)',
    ]) {
      expect(await client.query(countQuery(text) ?? ''), text).toEqual([['3']]);
    }
  });

  it.each([
    '',
    'select 1',
    'update t set a = 1; delete from t',
    'update t set a = 1 where current of c',
    'with gone as (delete from t returning id) update t set a = 1 where id in (select id from gone)',
    'with gone as (insert into o (id) values (1) returning id) insert into o (id) select id from gone',
    'merge into t using o on o.id = t.id when matched then delete',
    'insert into o default values',
    'truncate t',
    "update t set a = 'unfinished",
  ])('is not made for: %s', text => {
    expect(countQuery(text)).toBeNull();
  });
});
