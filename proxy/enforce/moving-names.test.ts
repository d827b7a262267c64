/** Names that another session gives to masked columns while a statement is on its way, or in a unit that stays open. */

import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { type TestDatabase, targetDatabase } from '#db/testing.ts';
import { until } from '#scripts/wait.ts';
import { cut, fieldsOf, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const masking = policySchema.parse({
  name: 'masking',
  rules: [{ id: 'confidential', effect: 'mask', objects: { level: 'confidential' }, mask: { kind: 'redact' } }],
});

const secret = 'quagliotti';
let database: TestDatabase;
let sql: postgres.Sql;
let proxy: Governed;
let one: WireClient;
let other: WireClient;

let people = '';

/** Each test renames columns of its own. */
const tables = Array.from({ length: 14 }, (_, index) => `people${index}`);

beforeAll(async () => {
  database = await targetDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => undefined });
  const create = (name: string) =>
    `create table ${name} (id int, city text, ssn text); insert into ${name} values (1, 'Lisbon', '${secret}')`;
  await sql.unsafe(`${tables.map(create).join(';')}; create table copies (x text); create table notes (x text)`);
  const rows = await sql<{ name: string; oid: number }[]>`
    select relname as name, oid::int8::int as oid from pg_class where relname = any(${tables})`;
  proxy = await startGoverned({
    upstreamUrl: database.url,
    policies: [allowAll, masking],
    labels: Object.fromEntries(tables.map(name => [`public.${name}.ssn`, 'pii.free_text'])),
    places: Object.fromEntries(rows.map(({ name, oid }) => [`public.${name}.ssn`, { relationOid: oid, attnum: 3 }])),
  });
});
afterAll(async () => {
  await proxy.close();
  await sql.end({ timeout: 5 });
});
beforeEach(async () => {
  people = tables.pop() ?? '';
  one = await WireClient.through(proxy.port);
  other = await WireClient.through(proxy.port);
});
afterEach(() => {
  one.close();
  other.close();
});

const waiting = async (): Promise<number> =>
  (await sql<{ count: number }[]>`select count(*)::int from pg_locks where not granted`)[0]?.count ?? 0;
const soon = { timeoutMs: 10_000, everyMs: 5 };

const renames = () => [
  'begin',
  `alter table ${people} rename city to town`,
  `alter table ${people} rename ssn to city`,
];

/** `other` renames and commits as soon as the server holds `one` up. */
async function renameMeanwhile(messages: Uint8Array[]): Promise<Buffer> {
  for (const text of renames()) await other.ask(say.query(text));
  one.clear();
  one.send(...messages);
  await until('the lock to be waited for', async () => (await waiting()) === 1, soon);
  await other.ask(say.query('commit'));
  await one.until('Z');
  return one.received;
}

const reading = () => `select city || '' from ${people}`;
const stopped = 'tables were altered while the statement was on its way';

it.each<[string, () => Uint8Array[]]>([
  ['a query', () => [say.query(reading())]],
  ['one that comes later in a message', () => [say.query(`select 1; ${reading()}`)]],
  ['a predicate', () => [say.query(`select id from ${people} where city = '${secret}'`)]],
  ['the extended protocol', () => [say.parse(reading()), say.bind(), say.describePortal(), say.execute(), say.sync]],
  ['COPY', () => [say.query(`copy ${people} (city) to stdout`)]],
  ['COPY of a query', () => [say.parse(`copy (${reading()}) to stdout`), say.bind(), say.execute(), say.sync]],
  ['an error', () => [say.query(`select sum(city::int) from ${people}`)]],
])('tells nothing through %s that waited for the lock', async (_way, messages) => {
  await one.ask(say.query(reading()));
  expect(one.received.includes('Lisbon')).toBe(true);
  const bytes = await renameMeanwhile(messages());
  expect(bytes.includes(secret)).toBe(false);
  expect(cut(bytes).map(({ type }) => type)).toContain('E');
  // The session goes on, with what the names mean now.
  await one.ask(say.query(reading()));
  expect(one.received.includes(secret)).toBe(false);
  await one.ask(say.query(`select town from ${people}`));
  expect(one.received.includes('Lisbon')).toBe(true);
});

it('tells nothing through a cursor that was declared meanwhile', async () => {
  await one.ask(say.query('begin'));
  const bytes = await renameMeanwhile([say.query(`declare c cursor for ${reading()}`)]);
  expect(bytes.includes(stopped)).toBe(true);
  await one.ask(say.query('fetch all from c'));
  expect(one.received.includes(secret)).toBe(false);
  const heard = await one.ask(say.query('rollback'));
  expect(heard.map(({ type }) => type)).toEqual(['C', 'Z']);
});

it('gives what was copied meanwhile the labels of what it may be', async () => {
  await renameMeanwhile([say.query(`insert into copies select city from ${people}`)]);
  const heard = await one.ask(say.query('select x from copies'));
  expect(heard.map(({ type }) => type)).toEqual(['T', 'D', 'C', 'Z']);
  expect(one.received.includes(secret)).toBe(false);
});

it('knows of what a unit has committed that is still open', async () => {
  await one.ask(say.query(reading()));
  for (const text of renames()) await other.ask(say.query(text));
  other.clear();
  other.send(say.parse('commit'), say.bind(), say.execute(), say.flush);
  await other.until('C');
  await one.ask(say.query(reading()));
  expect(one.received.includes(secret)).toBe(false);
  await other.ask(say.sync);
});

it('lets statements pass that have nothing to do with it', async () => {
  await other.ask(say.query('begin'));
  await other.ask(say.query('alter table notes add column y int'));
  await other.ask(say.query('create index on notes (x)'));
  one.clear();
  one.send(say.query(`select count(*) from generate_series(1, 300000); ${reading()}`));
  await other.ask(say.query('commit'));
  const heard = await one.until('Z');
  expect(heard.map(({ type }) => type)).toEqual(['T', 'D', 'C', 'T', 'D', 'C', 'Z']);
});

it('holds up nobody who reads other tables while a change takes its time', async () => {
  await other.ask(say.query('begin'));
  await other.ask(say.query(`alter table ${people} add column note text`));
  other.clear();
  other.send(say.query('select count(*) from generate_series(1, 2000000)'));
  const heard = await one.ask(say.query("select x || '' from notes"));
  expect(heard.map(({ type }) => type)).toEqual(['T', 'C', 'Z']);
  expect(other.heard()).toEqual([]);
  await other.until('Z');
});

it('takes back what waits for a lock when its client is gone', async () => {
  const holder = await WireClient.direct(database.url);
  await holder.ask(say.query(`begin; lock table ${people} in access share mode`));
  other.send(say.query(`alter table ${people} rename to persons`));
  await until('it to wait', async () => (await waiting()) === 1, soon);
  other.close();
  await until('it to be cancelled', async () => (await waiting()) === 0, soon);
  await holder.ask(say.query('commit'));
  holder.close();
  expect(await sql`select to_regclass(${people}) is not null as there`).toMatchObject([{ there: true }]);
});

it('ends a failed transaction while others change the catalog', async () => {
  await one.ask(say.query('begin'));
  await one.ask(say.query('select 1 / 0'));
  await other.ask(say.query('alter table notes add column z int'));
  const heard = await one.ask(say.query('rollback'));
  expect(heard.filter(({ type }) => type === 'E').map(({ body }) => fieldsOf(body))).toEqual([]);
});
