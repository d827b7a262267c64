/** A Query whose statements are read one after the other: nothing is decided by what held before one of them has run. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { until } from '#scripts/wait.ts';
import { RawSocket } from '../postgres/proxy-testing.ts';
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

/** A request to cancel, as clients send it: over a connection of its own. */
async function cancel({ processId, secret }: WireClient['key']): Promise<void> {
  const raw = new RawSocket(proxy.port);
  raw.send(say.cancel(processId, secret));
  await raw.until(({ isClosed }) => isClosed);
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

it.each([
  'select 1; select bogus from secrets; select 2',
  'select 1; select 2 from nowhere',
  'select 1; select nowhere(); select 2',
  'select 1; select id from secrets a, secrets b',
  "insert into secrets values (7, 'x'); select bogus from secrets",
  "begin; insert into secrets values (8, 'x'); commit; insert into nowhere values (1); select 3",
  "begin; insert into secrets values (9, 'x'); select bogus; commit",
  'select bogus; select 1',
])('answers as the server does, up to a name that is not there: %s', async text => {
  const after = [say.query('rollback')];
  const count = [say.query('select count(*), max(id) from secrets')];
  const direct = await WireClient.direct(url);
  const expected: string[][] = [];
  for (const message of [[say.query(text)], after, count]) expected.push(shown(await direct.ask(...message)));
  await direct.ask(say.query('delete from secrets'));
  direct.close();
  expect(await answers([say.query(text)], after, count)).toEqual(expected);
  await answers([say.query('delete from secrets')]);
});

it('runs nothing that is refused before a name that is not there', async () => {
  const [answer] = await answers([say.query("select 1; select id from people where ssn = 'secret'; select bogus")]);
  expect(answer).toEqual(['T', 'row 1', 'SELECT 1', expect.stringMatching(/^42501 refused by policy/), 'ready I']);
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

const migration = "create type shade as enum ('x'); create table paints (shade shade); insert into paints values ('x')";
const recordedSince = (since: number) => {
  const events = proxy.recorder.events.slice(since).filter(({ type }) => type.startsWith('statement.'));
  return events.map(event =>
    'text' in event ? [event.protocol, event.effect, event.text] : [event.outcome, event.tag],
  );
};

it('is recorded as the statements it has, each once and before it runs', async () => {
  const since = proxy.recorder.events.length;
  const [answer] = await answers([say.query(`${migration}; select ssn from people; select 1 / 0; select 2`)]);
  expect(answer).toEqual([
    'CREATE TYPE',
    'CREATE TABLE',
    'INSERT 0 1',
    'T',
    'row ***',
    'SELECT 1',
    '22012 division by zero',
    'ready I',
  ]);
  expect(recordedSince(since)).toEqual([
    ['simple', 'allow', 'create type shade as enum (:text)'],
    ['ok', 'CREATE TYPE'],
    ['simple', 'allow', 'create table paints (shade shade)'],
    ['ok', 'CREATE TABLE'],
    ['simple', 'allow', 'insert into paints values (:text)'],
    ['ok', 'INSERT 0 1'],
    ['simple', 'mask', 'select ssn from people'],
    ['ok', 'SELECT 1'],
    ['simple', 'allow', 'select :int / :int'],
    ['error', null],
  ]);
});

const asking = policySchema.parse({
  name: 'asking',
  rules: [
    {
      id: 'asked',
      effect: 'approve',
      actions: ['write'],
      objects: { relations: ['public.people'] },
      approvers: { roles: ['reviewer'] },
    },
  ],
});

it.each<[string, (filed: { decide: (outcome: never) => void }, client: WireClient) => void, RegExp]>([
  ['approved', filed => filed.decide({ outcome: 'approved', by: ['a'], reason: '' } as never), /^UPDATE 1/],
  [
    'denied',
    filed => filed.decide({ outcome: 'denied', by: ['a'], reason: '' } as never),
    /^42501 the request was denied/,
  ],
  ['cancelled', (_, { key }) => void cancel(key), /^57014/],
])('holds a statement of it alone, and goes on as that was %s', async (outcome, decide, expected) => {
  proxy.apply([allowAll, masking, asking]);
  const client = await WireClient.through(proxy.port);
  const since = proxy.recorder.events.length;
  const filed = proxy.desk.filed.length;
  client.send(say.query(`${migration}; update people set id = id; drop table paints; drop type shade`));
  await until('it to be held', () => proxy.desk.filed.length > filed, { timeoutMs: 10_000, everyMs: 2 });
  const held = proxy.desk.filed[filed];
  expect(held?.held.text).toBe('update people set id = id');
  decide(held as never, client);
  const heard = shown(await client.until('Z'));
  const rest = outcome === 'approved' ? ['DROP TABLE', 'DROP TYPE', 'ready I'] : ['ready I'];
  expect(heard).toEqual([
    'CREATE TYPE',
    'CREATE TABLE',
    'INSERT 0 1',
    expect.stringMatching(/^00000 waiting for approval/),
    expect.stringMatching(expected),
    ...rest,
  ]);
  expect(recordedSince(since).filter(([, , text]) => text === 'update people set id = id')).toEqual([
    ['simple', 'approve', 'update people set id = id'],
  ]);
  proxy.apply([allowAll, masking]);
  expect(shown(await client.ask(say.query(`${migration}; rollback`))).at(-2)).toBe('ROLLBACK');
  client.close();
});

it('leaves nothing when its client goes while a statement of it is held', async () => {
  proxy.apply([allowAll, masking, asking]);
  const client = await WireClient.through(proxy.port);
  const filed = proxy.desk.filed.length;
  client.send(say.query(`${migration}; update people set id = id`));
  await until('it to be held', () => proxy.desk.filed.length > filed, { timeoutMs: 10_000, everyMs: 2 });
  client.close();
  await until('it to be withdrawn', () => proxy.desk.filed[filed]?.aborted === true, { timeoutMs: 10_000, everyMs: 2 });
  proxy.apply([allowAll, masking]);
  expect((await answers([say.query(`${migration}; rollback`)]))[0]?.at(-2)).toBe('ROLLBACK');
});

it('ends where it is cancelled', async () => {
  const client = await WireClient.through(proxy.port);
  client.send(say.query(`${migration}; select pg_sleep(60); select 1`));
  await client.until('C', 3);
  await cancel(client.key);
  const heard = shown(await client.until('Z'));
  expect(heard.slice(0, 3)).toEqual(['CREATE TYPE', 'CREATE TABLE', 'INSERT 0 1']);
  expect(heard.slice(-2)).toEqual([expect.stringMatching(/^57014 canceling statement/), 'ready I']);
  expect(heard).not.toContain('SELECT 1');
  expect(shown(await client.ask(say.query(`${migration}; rollback`))).at(-2)).toBe('ROLLBACK');
  client.close();
});

it.each([1, 2, 3])('may be cancelled whatever is being done behind %i of its statements', async done => {
  for (let round = 0; round < 8; round += 1) {
    const client = await WireClient.through(proxy.port);
    client.send(say.query(`${migration}; select pg_sleep(60); select 1`));
    await client.until('C', done);
    await cancel(client.key);
    const heard = shown(await client.until('Z'));
    expect(heard.slice(-2)).toEqual([expect.stringMatching(/^57014 canceling statement/), 'ready I']);
    expect(shown(await client.ask(say.query('select 1'))).filter(each => each !== 'T')).toEqual([
      'row 1',
      'SELECT 1',
      'ready I',
    ]);
    client.close();
  }
  expect(proxy.recorder.events.filter(({ type }) => type === 'proxy.fault')).toEqual([]);
});

it('says of a statement that was cancelled while the catalog was read that it was', async () => {
  const heard: string[] = [];
  for (let round = 0; round < 12; round += 1) {
    const client = await WireClient.through(proxy.port);
    await client.ask(say.query('begin'));
    await client.ask(say.query('create table fresh (id int)'));
    client.received = Buffer.alloc(0);
    client.send(say.query(`select ${round}`));
    await cancel(client.key);
    heard.push(...shown(await client.until('Z')).filter(each => !['T', `row ${round}`, 'SELECT 1'].includes(each)));
    expect(shown(await client.ask(say.query('rollback'))).at(-1)).toBe('ready I');
    client.close();
  }
  for (const each of heard) expect(each).toMatch(/^57014 canceling statement|^ready [TE]$/);
});

it('runs nothing of what stands behind a refusal, and keeps what was committed before it', async () => {
  const client = await WireClient.through(proxy.port);
  const ask = async (text: string) => shown(await client.ask(say.query(text)));
  const refused = `select * from people where ssn = 'secret'`;
  const made = `select count(*) from pg_type where typname = 'shade'`;
  expect((await ask(`${migration}; commit; drop table paints; ${refused}; drop type shade`)).at(-2)).toMatch(/^42501/);
  expect(await ask(made)).toContain('row 1');
  expect(await ask('select count(*) from paints')).toContain('row 1');
  await ask('drop table paints; drop type shade');
  expect((await ask(`${migration}; ${refused}; commit`)).at(-2)).toMatch(/^42501/);
  expect(await ask(made)).toContain('row 0');
  client.close();
});
