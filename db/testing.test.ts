/** The databases that other tests are given. */
import postgres from 'postgres';
import { expect, it } from 'vitest';
import { freshDatabase, targetDatabase, testDatabase, testServer, urlOf } from './testing.ts';

const read = async (url: string, text: string) => {
  const sql = postgres(url, { max: 1 });
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end({ timeout: 2 });
  }
};

it('gives a file one database of its own and others that are apart from it', async () => {
  const first = await testDatabase();
  expect(await testDatabase()).toBe(first);
  const second = await freshDatabase();
  await read(first.url, 'create table only_here (id int)');
  expect(await read(second.url, `select to_regclass('only_here') as found`)).toEqual([{ found: null }]);
});

it('loads a script into a target', async () => {
  const target = await targetDatabase({ sql: 'create table t (id int); insert into t values (1), (2);' });
  expect(await read(target.url, 'select count(*)::int as rows from t')).toEqual([{ rows: 2 }]);
});

it('drops what it made', async () => {
  const gone = await freshDatabase();
  await gone.drop();
  await expect(read(gone.url, 'select 1')).rejects.toThrow(/does not exist/);
  expect(await read(urlOf(await testServer(), 'postgres'), 'select 1 as one')).toEqual([{ one: 1 }]);
});
