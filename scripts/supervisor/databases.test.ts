/** DATABASE_URL: what is accepted, what is made, and what is said when it cannot be used. */
import { afterEach, expect, it } from 'vitest';
import { runSql, testServer, urlOf } from '#db/testing.ts';
import { openDatabases } from './databases.ts';

const before = process.env.DATABASE_URL;
afterEach(() => {
  if (before === undefined) delete process.env.DATABASE_URL;
  else process.env.DATABASE_URL = before;
});

const open = (url: string) => {
  process.env.DATABASE_URL = url;
  return openDatabases('unused');
};

it('makes the database it names, and starts no server', async () => {
  const server = await testServer();
  const url = urlOf(server, 'weir_given');
  try {
    const opened = await open(url);
    expect(opened).toEqual({ controlUrl: url, adminUrl: url, embedded: null });
    expect(await open(url)).toEqual(opened);
  } finally {
    await runSql(server, 'drop database if exists weir_given');
  }
});

it('asks a role that may create nothing for no demo', async () => {
  const server = await testServer();
  await runSql(server, `create role weir_plain login password 'plain'`);
  await runSql(server, 'create database weir_plain owner weir_plain');
  try {
    const url = urlOf(server, 'weir_plain', { user: 'weir_plain', password: 'plain' });
    expect((await open(url)).adminUrl).toBeNull();
  } finally {
    await runSql(server, 'drop database weir_plain');
    await runSql(server, 'drop role weir_plain');
  }
});

it('says what is wrong with it', async () => {
  const server = await testServer();
  await expect(open(urlOf(server, 'postgres', { user: 'postgres', password: 'guess' }))).rejects.toThrow(
    /DATABASE_URL does not lead to a database: password authentication failed/,
  );
  await expect(open('postgres://127.0.0.1:1')).rejects.toThrow(/names no database/);
});
