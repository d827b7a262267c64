/** A refused statement has no effect upstream, ends no session, and leaves transaction and batch as an error of the server's would. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { cellsOf, fieldsOf, type Heard, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const noDrops = policySchema.parse({
  name: 'guard',
  rules: [
    { id: 'no-drop', effect: 'deny', hazards: ['drop', 'truncate'], reason: 'tables stay' },
    { id: 'no-secrets', effect: 'deny', objects: { relations: ['public.secrets'] } },
  ],
});

let url: string;
let proxy: Governed;
let client: WireClient;

beforeAll(async () => {
  const sql = `create table kept (id int primary key, note text); insert into kept values (1, 'one'), (2, 'two');
    create table secrets (id int); insert into secrets values (42);`;
  url = (await targetDatabase({ sql })).url;
  proxy = await startGoverned({ upstreamUrl: url, policies: [allowAll, noDrops] });
  client = await WireClient.through(proxy.port);
});

afterAll(async () => {
  client.close();
  await proxy.close();
});

const types = (heard: Heard[]): string => heard.map(each => each.type).join('');
const errorOf = (heard: Heard[]): Record<string, string> =>
  fieldsOf(heard.find(each => each.type === 'E')?.body ?? Buffer.from([0]));
const status = (heard: Heard[]): string => heard.at(-1)?.body.toString() ?? '';
const count = async (): Promise<string | null> =>
  cellsOf(
    (await client.ask(say.query('select count(*) from kept'))).find(each => each.type === 'D')?.body as Buffer,
  )[0] ?? null;

describe('a refused query', () => {
  it('is an ordinary error that names the rule and leaves the session alone', async () => {
    const heard = await client.ask(say.query('drop table kept'));
    expect(types(heard)).toBe('EZ');
    expect(errorOf(heard)).toMatchObject({ S: 'ERROR', V: 'ERROR', C: '42501' });
    expect(errorOf(heard).D).toContain('guard/no-drop');
    expect(errorOf(heard)).not.toHaveProperty('F');
    expect(status(heard)).toBe('I');
    expect(await count()).toBe('2');
  });

  it('fails the transaction it is in', async () => {
    await client.ask(say.query('begin'));
    await client.ask(say.query("insert into kept values (3, 'three')"));
    expect(status(await client.ask(say.query('truncate kept')))).toBe('E');
    const after = await client.ask(say.query('select 1'));
    expect(errorOf(after).C).toBe('25P02');
    expect(errorOf(await client.ask(say.query('drop table kept'))).C).toBe('25P02');
    expect(types(await client.ask(say.query('commit')))).toBe('CZ');
    expect(await count()).toBe('2');
  });

  it('takes the whole string with it', async () => {
    const heard = await client.ask(say.query("insert into kept values (4, 'four'); drop table kept; select 1"));
    expect(types(heard)).toBe('EZ');
    expect(await count()).toBe('2');
  });

  it('goes on after a savepoint', async () => {
    for (const text of ['begin', 'savepoint a']) await client.ask(say.query(text));
    expect(status(await client.ask(say.query('drop table kept')))).toBe('E');
    expect(status(await client.ask(say.query('rollback to a')))).toBe('T');
    expect(types(await client.ask(say.query('select 1')))).toBe('TDCZ');
    await client.ask(say.query('rollback'));
  });

  it('leaves pipelined queries around it alone', async () => {
    client.clear();
    client.send(say.query('select 1'), say.query('drop table kept'), say.query('select 3'));
    expect(types(await client.until('Z', 3))).toBe('TDCZEZTDCZ');
  });
});

describe('in the extended protocol', () => {
  it('a refused Parse fails the rest of its batch, and nothing of it runs', async () => {
    const heard = await client.ask(
      say.parse("insert into kept values (5, 'five')"),
      say.bind(),
      say.execute(),
      say.parse('drop table kept'),
      say.bind(),
      say.execute(),
      say.parse('select 1'),
      say.bind(),
      say.execute(),
      say.sync,
    );
    expect(types(heard)).toBe('12CEZ');
    expect(errorOf(heard).C).toBe('42501');
    expect(await count()).toBe('2');
  });

  it('a refused Parse leaves no statement behind, and those before it stay', async () => {
    await client.ask(say.parse('select 7', 'good'), say.sync);
    expect(types(await client.ask(say.parse('drop table kept', 'bad'), say.sync))).toBe('EZ');
    expect(errorOf(await client.ask(say.bind([], { statement: 'bad' }), say.sync)).C).toBe('26000');
    expect(types(await client.ask(say.bind([], { statement: 'good' }), say.execute(), say.sync))).toBe('2DCZ');
    await client.ask(say.closeStatement('good'), say.sync);
  });

  it('a new policy acts on statements that are prepared and portals that are open', async () => {
    await client.ask(say.parse('select note from kept order by id', 'notes'), say.sync);
    await client.ask(say.query('begin'));
    await client.ask(say.bind([], { statement: 'notes', portal: 'p' }), say.execute('p', 1), say.sync);
    const closed = policySchema.parse({
      name: 'later',
      rules: [{ id: 'closed', effect: 'deny', objects: { relations: ['public.kept'] } }],
    });
    proxy.apply([allowAll, noDrops, closed]);
    const next = await client.ask(say.execute('p', 1), say.sync);
    expect(types(next)).toBe('EZ');
    expect(errorOf(next).C).toBe('42501');
    await client.ask(say.query('rollback'));
    expect(errorOf(await client.ask(say.bind([], { statement: 'notes' }), say.execute(), say.sync)).C).toBe('42501');
    proxy.apply([allowAll, noDrops]);
    expect(types(await client.ask(say.bind([], { statement: 'notes' }), say.execute(), say.sync))).toBe('2DDCZ');
  });

  it('an error before Close does not let a name change its meaning', async () => {
    await client.ask(say.parse('select note from kept', 's1'), say.sync);
    await client.ask(
      say.parse('selekt'),
      say.closeStatement('s1'),
      say.parse('select id from secrets', 's1'),
      say.sync,
    );
    expect(types(await client.ask(say.bind([], { statement: 's1' }), say.execute(), say.sync))).toBe('2DDCZ');
    await client.ask(say.closeStatement('s1'), say.sync);
  });
});

describe('mistakes read as they do without the proxy', () => {
  it.each([
    'selekt 1',
    'select bogus from kept',
    'select * from nowhere',
    'select 1 from kept where',
    'select nofunction(1)',
  ])('%s', async text => {
    const direct = await WireClient.direct(url);
    const expected = errorOf(await direct.ask(say.query(text)));
    const got = errorOf(await client.ask(say.query(text)));
    expect({ C: got.C, M: got.M, P: got.P }).toEqual({ C: expected.C, M: expected.M, P: expected.P });
    direct.close();
  });
});

it('FunctionCall is refused in step', async () => {
  client.clear();
  client.send(say.functionCall(1299), say.query('select 1'));
  const heard = await client.until('Z', 2);
  expect(types(heard)).toBe('EZTDCZ');
  expect(errorOf(heard).C).toBe('0A000');
});

it('what was just created is known, in its transaction and in other sessions', async () => {
  const other = await WireClient.through(proxy.port);
  await client.ask(say.query('begin'));
  await client.ask(say.query('create table fresh (id int, note text)'));
  expect(types(await client.ask(say.query("insert into fresh values (1, 'x')")))).toBe('CZ');
  expect(types(await client.ask(say.query('select note from fresh')))).toBe('TDCZ');
  expect(errorOf(await other.ask(say.query('select note from fresh'))).C).toBe('42P01');
  await client.ask(say.query('commit'));
  expect(types(await other.ask(say.query('select note from fresh')))).toBe('TDCZ');
  await client.ask(say.query('begin'));
  await client.ask(say.query('alter table fresh rename column note to words'));
  expect(types(await client.ask(say.query('select words from fresh')))).toBe('TDCZ');
  await client.ask(say.query('rollback'));
  expect(types(await client.ask(say.query('select note from fresh')))).toBe('TDCZ');
  other.close();
});

it('a transaction that fails after it changed the catalog is left like any other', async () => {
  await client.ask(say.query('begin'));
  await client.ask(say.query('create table doomed (id int)'));
  expect(status(await client.ask(say.query('select 1 / 0')))).toBe('E');
  expect(errorOf(await client.ask(say.query('select id from doomed'))).C).toBe('25P02');
  expect(types(await client.ask(say.query('rollback')))).toBe('CZ');
  expect(errorOf(await client.ask(say.query('select id from doomed'))).C).toBe('42P01');
  await client.ask(say.query('begin; create table doomed (id int); select 1 / 0'));
  expect(types(await client.ask(say.query('commit')))).toBe('CZ');
  await client.ask(say.query('begin; savepoint here'));
  await client.ask(say.query('create table doomed (id int)'));
  await client.ask(say.query('select 1 / 0'));
  await client.ask(say.query('rollback to here'));
  expect(errorOf(await client.ask(say.query('select id from doomed'))).C).toBe('42P01');
  expect(types(await client.ask(say.query('rollback')))).toBe('CZ');
});

it('temporary tables belong to their session', async () => {
  const other = await WireClient.through(proxy.port);
  await client.ask(say.query('create temp table mine (a int)'));
  expect(types(await client.ask(say.query('select a from mine')))).toBe('TCZ');
  expect(types(await client.ask(say.parse('select a from mine'), say.bind(), say.execute(), say.sync))).toBe('12CZ');
  expect(errorOf(await other.ask(say.query('select a from mine'))).C).toBe('42P01');
  await client.ask(say.query('discard all'));
  expect(errorOf(await client.ask(say.query('select a from mine'))).C).toBe('42P01');
  other.close();
});

it('names are read by the search_path of the moment', async () => {
  await client.ask(say.query('create schema hidden'));
  await client.ask(say.query('create table hidden.kept (id int, secret text)'));
  const columns = async (text: string) =>
    (await client.ask(say.query(text))).find(each => each.type === 'T')?.body.readUInt16BE(0);
  await client.ask(say.query('begin'));
  await client.ask(say.query('set search_path = hidden, public'));
  expect(await columns('select secret from kept')).toBe(1);
  await client.ask(say.query('rollback'));
  expect(errorOf(await client.ask(say.query('select secret from kept'))).C).toBe('42703');
  await client.ask(say.query('set search_path = hidden'));
  expect(await columns('select secret from kept')).toBe(1);
  await client.ask(say.query('reset search_path'));
  expect(await columns('select note from kept')).toBe(1);
});

it('everything is recorded before it goes upstream, once, with its outcome', async () => {
  const decided = proxy.recorder.of('statement.decided');
  const completed = proxy.recorder.of('statement.completed');
  const keyOf = (event: Record<string, unknown>) => `${event.session} ${event.statement}`;
  expect(new Set(decided.map(keyOf)).size).toBe(decided.length);
  expect(new Set(completed.map(keyOf)).size).toBe(completed.length);
  expect(completed.map(keyOf).sort()).toEqual(decided.map(keyOf).sort());
  expect(decided.some(event => event.effect === 'deny' && String(event.text).startsWith('drop table'))).toBe(true);
  expect(proxy.recorder.of('proxy.fault')).toEqual([]);
  expect(proxy.crashes).toEqual([]);
});
