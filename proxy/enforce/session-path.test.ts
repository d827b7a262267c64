/** Names are looked up where the role of the moment looks, which the text of search_path alone does not say. */
import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { type TestDatabase, targetDatabase, testServer, urlOf } from '#db/testing.ts';
import { cellsOf, fieldsOf, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const masking = policySchema.parse({
  name: 'masking',
  rules: [{ id: 'confidential', effect: 'mask', objects: { level: 'confidential' }, mask: { kind: 'redact' } }],
});
const suffix = randomBytes(4).toString('hex');
const role = `signed_in_${suffix}`;
const other = `other_${suffix}`;
const sql = `
  create role ${role} login password 'x';
  create role ${other};
  grant ${other} to ${role};
  create table people (id int, ssn text);
  insert into people values (1, 'secret');
  create schema ${role};
  create schema shut;
  create schema ajar;
  create table ${role}.people (id int, ssn text);
  create table shut.people (id int, ssn text);
  create table ajar.people (id int, ssn text);
  insert into ${role}.people values (1, 'open');
  insert into shut.people values (1, 'shut');
  insert into ajar.people values (1, 'ajar');
  grant usage on schema ${role}, ajar to ${role};
  grant create on schema public to ${role};
  grant all on all tables in schema public, ${role}, shut, ajar to ${role}, ${other};
  alter schema ajar owner to ${role};
  create function act() returns void language sql as 'set role ${other}';
  create function move() returns void language sql as 'set search_path = public';`;

let database: TestDatabase;
let proxy: Governed;
beforeAll(async () => {
  database = await targetDatabase({ sql });
  proxy = await startGoverned({
    upstreamUrl: urlOf(database.url, database.name, { user: role, password: 'x' }),
    policies: [allowAll, masking],
    labels: { 'public.people.ssn': 'pii.free_text' },
  });
});
afterAll(async () => {
  await proxy.close();
  await database.drop();
  const admin = postgres(await testServer(), { max: 1, onnotice: () => {} });
  await admin.unsafe(`drop role ${role}, ${other}`);
  await admin.end();
});

/** What a value made of the column looks like: the analysis alone can tell where it came from. */
const look = 'select upper(ssn) from people';

it.each<[string, string[], (string | null)[]]>([
  ['SET ROLE', [look, `set role ${other}`, look, 'reset role', look], ['OPEN', null, 'OPEN']],
  ['SET LOCAL', ['begin', `set local role ${other}`, look, 'commit', look], [null, 'OPEN']],
  [
    'savepoints',
    ['begin', 'savepoint a', `set local role ${other}`, look, 'rollback to a', look, 'rollback'],
    [null, 'OPEN'],
  ],
  ['RESET ALL, which leaves the role', [`set role ${other}`, 'reset all', look, 'discard all', look], [null, 'OPEN']],
  ['set_config', [`select set_config('role', '${other}', false)`, look, 'reset role', look], [null, 'OPEN']],
  ['a body', ['select act()', look, 'reset role', 'select act() where false', look], [null, 'OPEN']],
  [
    'a body that was not come to, and the end of the transaction',
    ['select act() where false', 'begin', `set local role ${other}`, look, 'commit', look],
    [null, 'OPEN'],
  ],
  [
    'a path that a body was not come to set, and the end of the transaction',
    ['select move() where false', 'begin', 'set local search_path = public', look, 'commit', look],
    [null, 'OPEN'],
  ],
  ['PREPARE', [`prepare a as ${look}`, 'execute a', `set role ${other}`, 'execute a', 'reset role'], ['OPEN', null]],
  [
    'a schema that may not be used',
    ['set search_path = shut, public', look, 'set search_path = ajar, shut', look],
    [null, 'AJAR'],
  ],
  [
    'a schema that may be used no more',
    [
      'set search_path = ajar, public',
      look,
      `revoke usage on schema ajar from ${role}`,
      look,
      `grant usage on schema ajar to ${role}`,
      look,
      'begin',
      `revoke usage on schema ajar from ${role}`,
      look,
      'rollback',
      look,
    ],
    ['AJAR', null, 'AJAR', null, 'AJAR'],
  ],
])('%s', async (_, texts, expected) => {
  const client = await WireClient.through(proxy.port);
  const seen: (string | null | undefined)[] = [];
  for (const text of texts) {
    const heard = await client.ask(say.query(text));
    const error = heard.find(({ type }) => type === 'E');
    if (error) throw new Error(`${text}: ${fieldsOf(error.body).M}`);
    const row = heard.find(({ type }) => type === 'D');
    if (row && (text === look || text.startsWith('execute'))) seen.push(cellsOf(row.body)[0]);
  }
  expect(seen).toEqual(expected);
  client.close();
});

it('does not read the catalog with operators of somebody else', async () => {
  const client = await WireClient.through(proxy.port);
  const ask = async (text: string) => {
    const heard = await client.ask(say.query(text));
    const [error] = heard.filter(({ type }) => type === 'E');
    const row = heard.find(({ type }) => type === 'D');
    return error ? fieldsOf(error.body).M : row && cellsOf(row.body)[0];
  };
  await ask('set search_path = ajar, pg_catalog');
  await ask('create temp table mine (id int)');
  expect(await ask(look)).toBe('AJAR');
  await ask('begin');
  await ask('create temp table other (id int)');
  expect(await ask(look)).toContain('other schemas before pg_catalog');
  await ask('rollback');
  await ask("create function ajar.eq(oid, oid) returns bool language sql immutable as 'select false'");
  await ask('create operator ajar.= (leftarg = oid, rightarg = oid, function = ajar.eq)');
  expect(await ask(look)).toContain('other schemas before pg_catalog');
  await ask('reset search_path');
  expect(await ask(look)).toContain('other schemas before pg_catalog');
  client.close();
});

it.each<[string, string | null]>([
  [`set local role ${other}`, null],
  ["create type ajar.shade as enum ('red'); set local search_path = ajar", 'AJAR'],
  [
    `set local search_path = ajar; revoke usage on schema ajar from ${role}; set local search_path = ajar, public`,
    null,
  ],
])('goes on in the same message with what %s makes of names', async (first, expected) => {
  const client = await WireClient.through(proxy.port);
  const heard = await client.ask(say.query(`begin; ${first}; ${look}; rollback`));
  expect(heard.filter(({ type }) => type === 'E').map(({ body }) => fieldsOf(body).M)).toEqual([]);
  expect(heard.filter(({ type }) => type === 'D').map(({ body }) => cellsOf(body)[0])).toEqual([expected]);
  expect(heard.map(({ type }) => type).join('')).toMatch(/^C+TDCCZ$/);
  client.close();
});
