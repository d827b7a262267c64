/** A Query whose statements are read one after the other: nothing is decided by what held before one of them has run. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { cellsOf, fieldsOf, type Heard, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const sql = `
  create schema lab;
  create schema vault;
  create table people (id int, ssn text);
  insert into people values (1, 'secret');
  create table secrets (id int, ssn text);
  create table vault.secrets (id int, ssn text);
  insert into vault.secrets values (1, 'secret');`;
const masking = policySchema.parse({
  name: 'masking',
  rules: [{ id: 'confidential', effect: 'mask', objects: { level: 'confidential' }, mask: { kind: 'redact' } }],
});

async function oidOf(at: string, name: string): Promise<number> {
  const direct = await WireClient.direct(at);
  const heard = await direct.ask(say.query(`select '${name}'::regclass::oid`));
  direct.close();
  return Number(heard.flatMap(({ type, body }) => (type === 'D' ? cellsOf(body) : []))[0]);
}

let url: string;
let proxy: Governed;
beforeAll(async () => {
  const database = await targetDatabase({ sql });
  url = database.url;
  const oid = await oidOf(url, 'vault.secrets');
  proxy = await startGoverned({
    upstreamUrl: url,
    policies: [allowAll, masking],
    labels: { 'public.people.ssn': 'pii.free_text', 'vault.secrets.ssn': 'pii.free_text' },
    places: { 'vault.secrets.ssn': { relationOid: oid, attnum: 2 } },
  });
});
afterAll(() => proxy.close());

/** What a client can read of an answer. */
const shown = (heard: readonly Heard[]): string[] =>
  heard.map(({ type, body }) => {
    if (type === 'D') return `row ${cellsOf(body).join('|')}`;
    if (type === 'E' || type === 'N') return `${fieldsOf(body).C} ${fieldsOf(body).M}`;
    if (type === 'C') return body.toString('latin1', 0, body.length - 1);
    return type === 'Z' ? `ready ${body.toString('latin1')}` : type;
  });

async function answers(...messages: Uint8Array[][]): Promise<string[][]> {
  const client = await WireClient.through(proxy.port);
  const all: string[][] = [];
  for (const message of messages) all.push(shown(await client.ask(...message)));
  client.close();
  return all;
}

const units = (texts: readonly string[]): Uint8Array[] =>
  texts.flatMap(text => [say.parse(text), say.bind(), say.execute()]);

/** Ways to send what stands behind the end of a failed transaction without waiting for the end. */
const ways: Readonly<Record<string, (texts: readonly string[]) => Uint8Array[]>> = {
  'one message': ([end, ...rest]) => [
    say.query([end, "create type shade as enum ('x')", ...rest, 'drop type shade'].join('; ')),
  ],
  'a pipeline': texts => [...units(texts), say.sync],
};
const failed: [string, string[], string[]][] = [
  [
    'the path that a rollback brings back',
    ['set search_path = vault', 'begin', 'set search_path = public', 'select 1 / 0'],
    ['rollback', 'select upper(ssn) from secrets'],
  ],
  [
    'the path that a rollback to a savepoint brings back',
    ['set search_path = vault', 'begin', 'savepoint s', 'set search_path = public', 'select 1 / 0'],
    ['rollback to s', 'select upper(ssn) from secrets'],
  ],
  [
    'the table that a rollback brings back',
    ['begin', 'alter table vault.secrets rename to past', 'create table vault.secrets (ssn text)', 'select 1 / 0'],
    ['rollback', 'select upper(ssn) from vault.secrets'],
  ],
  [
    'the table that a COMMIT of what has failed brings back',
    ['begin', 'alter table vault.secrets rename to past', 'create table vault.secrets (ssn text)', 'select 1 / 0'],
    ['commit and no chain', 'select upper(ssn) from vault.secrets'],
  ],
];

it.each(
  failed.flatMap(([what, ...each]) =>
    Object.keys(ways).map(way => [`${what}, behind it in ${way}`, ...each, way] as const),
  ),
)('looks at %s', async (_, before, texts, way) => {
  const all = await answers(...before.map(text => [say.query(text)]), ways[way]?.(texts) ?? []);
  expect(all.at(-2)?.at(-1)).toBe('ready E');
  expect(all.at(-1)?.filter(line => line.startsWith('row'))).toEqual(['row ']);
});

it('goes on after a refusal behind the end of a failed transaction', async () => {
  const text = `rollback; create type shade as enum ('x'); select * from people where ssn = 'secret'; drop type shade`;
  const [, , refused] = await answers([say.query('begin')], [say.query('select 1 / 0')], [say.query(text)]);
  expect(refused).toEqual(['ROLLBACK', 'CREATE TYPE', expect.stringMatching(/^42501 refused by policy/), 'ready I']);
  expect(await answers([say.query("create type shade as enum ('x')")], [say.query('drop type shade')])).toEqual([
    ['CREATE TYPE', 'ready I'],
    ['DROP TYPE', 'ready I'],
  ]);
});
