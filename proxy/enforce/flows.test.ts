/** Labels follow what is copied: at once in the session, after commit for everybody, over renames; and the log says so. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Labels, noLabels, resolveLabels } from '#core/catalog/labels.ts';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { until } from '#scripts/wait.ts';
import { cellsOf, fieldsOf, type Heard, say, WireClient } from '../postgres/wire-testing.ts';
import { loadFlows, saveFlows } from './flow-file.ts';
import { Flows, type LabelledCopy } from './flows.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const masking = policySchema.parse({
  name: 'mask',
  rules: [{ id: 'pii', effect: 'mask', mask: { kind: 'redact' }, uses: { write: 'allow' } }],
});

let proxy: Governed;
let one: WireClient;
let two: WireClient;
let direct: pg.Client;

beforeAll(async () => {
  const sql = `create table people (id int primary key, email text);
    insert into people values (1, 'seen@example.com');
    create table plain (id int, note text); insert into plain values (1, 'nothing');
    create table target (id int, note text);`;
  const { url } = await targetDatabase({ sql });
  direct = new pg.Client(url);
  await direct.connect();
  proxy = await startGoverned({
    upstreamUrl: url,
    policies: [allowAll, masking],
    labels: { 'public.people.email': 'pii.email' },
  });
});

afterAll(async () => {
  await direct.end();
  await proxy.close();
});

beforeEach(async () => {
  one?.close();
  two?.close();
  [one, two] = await Promise.all([WireClient.through(proxy.port), WireClient.through(proxy.port)]);
});

const run = async (client: WireClient, ...texts: string[]) => {
  for (const text of texts) {
    const heard = await client.ask(say.query(text));
    const failed = heard.find(each => each.type === 'E');
    if (failed) throw new Error(`${text}: ${fieldsOf(failed.body).M}`);
  }
};
const firstCell = (heard: Heard[]) => {
  const failed = heard.find(each => each.type === 'E');
  if (failed) return fieldsOf(failed.body).M;
  const row = heard.find(each => each.type === 'D');
  return String(row && cellsOf(row.body)[0]);
};
const read = async (client: WireClient, text: string) => firstCell(await client.ask(say.query(text)));
const inherited = () => proxy.recorder.of('classification.inherited');

describe('a copy', () => {
  it.each([
    ['CREATE TABLE AS', 'create table made_as as select email as hidden from people', 'select hidden from made_as'],
    ['SELECT INTO', 'select email as hidden into made_into from people', 'select hidden from made_into'],
    ['a view', 'create view seen as select email as hidden from people', 'select hidden from seen'],
    [
      'a materialized view',
      'create materialized view kept as select email as hidden from people',
      'select hidden from kept',
    ],
    ['INSERT … SELECT', 'insert into target select id, email from people', 'select note from target'],
    ['UPDATE … FROM', 'update plain set note = email from people where plain.id = people.id', 'select note from plain'],
    ['a function', "create function mail() returns text language sql as 'select email from people'", 'select mail()'],
  ])('by %s is masked for everybody, in the transaction and after it', async (_, copy, question) => {
    await run(one, 'begin', copy);
    const within = await read(one, question);
    await run(one, 'commit');
    for (const seen of [within, await read(one, question), await read(two, question)]) {
      expect(seen, question).not.toContain('seen@');
    }
  });

  it('is on record once it is committed, with what it was made of', async () => {
    const before = inherited().length;
    await run(one, 'begin', 'create table recorded as select id, email as e from people');
    expect(inherited()).toHaveLength(before);
    await run(one, 'commit');
    expect(inherited().at(-1)).toMatchObject({
      statement: 2,
      columns: [
        {
          target: { schema: 'public', relation: 'recorded', column: 'e' },
          labels: [{ label: 'pii.email', level: 'confidential' }],
          origins: [{ schema: 'public', relation: 'people', column: 'email' }],
        },
      ],
    });
  });

  it.each([
    ['rolled back', ['begin', 'insert into fresh select email from people', 'rollback']],
    ['failed', ['begin', 'insert into fresh select email from people']],
    ['rolled back in one message', ['begin; insert into fresh select email from people; rollback']],
  ])('that was %s leaves nothing behind', async (how, texts) => {
    await run(
      one,
      'drop table if exists fresh',
      'create table fresh (note text)',
      "insert into fresh values ('plain')",
    );
    const before = inherited().length;
    await run(one, ...texts);
    if (how === 'failed') {
      await one.ask(say.query('select nothing from nowhere'));
      await run(one, 'rollback');
    }
    expect(inherited()).toHaveLength(before);
    expect(await read(two, 'select note from fresh')).toBe('plain');
  });

  it('into a temporary table is masked in its session, and not on record', async () => {
    const before = inherited().length;
    await run(one, 'create temporary table mine as select email as hidden from people');
    expect(await read(one, 'select hidden from mine')).not.toContain('seen@');
    await run(one, 'create table from_mine as select hidden from mine');
    expect(await read(two, 'select hidden from from_mine')).not.toContain('seen@');
    expect(
      inherited()
        .slice(before)
        .map(event => (event.columns as { target: object }[])[0]?.target),
    ).toEqual([{ schema: 'public', relation: 'from_mine', column: 'hidden' }]);
  });

  it('stays masked under another name, of the table, the column and the schema', async () => {
    await run(one, 'create schema if not exists other', 'create table old_name as select email as hidden from people');
    await run(two, 'alter table old_name rename to new_name');
    expect(await read(one, 'select hidden from new_name')).not.toContain('seen@');
    await run(one, 'alter table new_name rename column hidden to shown');
    expect(await read(two, 'select shown from new_name')).not.toContain('seen@');
    await run(two, 'alter table new_name set schema other');
    expect(await read(one, 'select shown from other.new_name')).not.toContain('seen@');
    await run(
      one,
      'begin',
      'create table in_block as select email as hidden from people',
      'alter table in_block rename to moved',
    );
    expect(await read(one, 'select hidden from moved')).not.toContain('seen@');
    await run(one, 'commit');
    expect(await read(two, 'select hidden from moved')).not.toContain('seen@');
  });
});

describe('what is remembered', () => {
  const copy = (column: string): LabelledCopy => ({
    target: { schema: 'public', relation: 't', column },
    origins: [{ relationOid: 1, attnum: 1, schema: 'public', relation: 'people', column: 'email' }],
    tags: [{ label: 'pii.email', level: 'confidential' }],
    session: '00000000-0000-4000-8000-000000000009',
    statement: 1,
  });
  const world = (name: string, labels: Labels = noLabels) => ({
    labels,
    catalog: {
      header: { temporarySchema: null },
      ancestors: () => [],
      children: () => [],
      relation: () => ({ oid: 7, schema: 'public', name, columns: [{ attnum: 1, name: 'a' }] }),
      relationNamed: (_: string, asked: string) =>
        asked === name ? { oid: 7, columns: [{ attnum: 1, name: 'a' }] } : null,
    } as never,
  });

  it('is forgotten a while after the control plane has it, and not before', () => {
    const flows = new Flows();
    flows.add(copy('a'));
    const at = (acknowledged: number, nowMs: number) => flows.settle({ head: 10, acknowledged, nowMs, ...world('t') });
    expect(at(9, 0).hasChanged).toBe(false);
    expect(at(10, 1_000).hasChanged).toBe(false);
    expect(at(10, 60_000).hasChanged).toBe(false);
    expect(flows.size).toBe(1);
    expect(at(10, 61_000)).toEqual({ hasChanged: true, moved: [] });
    expect(flows.size).toBe(0);
  });

  it('is said again under the name it was given since, unless that carries the label already', () => {
    for (const isLabelled of [false, true]) {
      const flows = new Flows();
      flows.add(copy('a'));
      flows.bind(world('t').catalog);
      const label = { relationOid: 7, attnum: 1, schema: 'public', relation: 't', column: 'a', label: 'pii.email' };
      const relations = [{ oid: 7, schema: 'public', name: 'u', parents: [], columns: [{ attnum: 1, name: 'a' }] }];
      const labels = resolveLabels({ relations }, { labels: [{ ...label, level: 'confidential' }], owners: [] });
      const now = world('u', isLabelled ? labels : noLabels);
      flows.settle({ head: 1, acknowledged: 1, nowMs: 0, ...now });
      const { moved } = flows.settle({ head: 1, acknowledged: 1, nowMs: 60_000, ...now });
      expect(moved.map(each => each.target.relation)).toEqual(isLabelled ? [] : ['u']);
      expect(flows.size).toBe(moved.length);
    }
  });

  it('is kept on disk, but for what ends with its session', () => {
    const directory = mkdtempSync(join(tmpdir(), 'weir-flows-'));
    const flows = new Flows();
    flows.add(copy('a'));
    flows.add({ ...copy('b'), target: { schema: 'pg_temp_3', relation: 't', column: 'b' } });
    const id = '00000000-0000-4000-8000-000000000001';
    saveFlows(directory, new Map([[id, flows]]));
    expect(loadFlows(directory).get(id)).toEqual([copy('a')]);
    rmSync(directory, { recursive: true });
    expect(loadFlows(directory).size).toBe(0);
  });
});

describe('a copy of which nobody hears the end', () => {
  const patience = { timeoutMs: 10_000, everyMs: 10 };

  it.each(['a procedure', 'a block'])('is masked when %s committed it, and failed', async what => {
    const name = what === 'a block' ? 'by_block' : 'by_procedure';
    const body = `begin insert into ${name} select email from people; commit; raise exception 'late'; end`;
    await run(one, `create table ${name} (note text)`);
    if (what === 'a procedure') await run(one, `create procedure leaves() language plpgsql as $$ ${body} $$`);
    expect(await read(one, what === 'a block' ? `do $$ ${body} $$` : 'call leaves()')).toContain('exception');
    expect(await read(one, `select note from ${name}`)).toBe('***');
    expect(await read(two, `select note from ${name}`)).toBe('***');
    expect(JSON.stringify(inherited().at(-1))).toContain(name);
  });

  it('is masked when the client has left before', async () => {
    one.send(say.query('create table unheard as select email from people, pg_sleep(0.3)'));
    const running = "select 1 from pg_stat_activity where state = 'active' and query like 'create table unheard%'";
    await until('the statement', async () => (await direct.query(running)).rows.length > 0, patience);
    one.close();
    const made = "select 1 from pg_class where relname = 'unheard'";
    await until('the table', async () => (await direct.query(made)).rows.length > 0, patience);
    expect(await read(two, 'select email from unheard')).toBe('***');
  });

  it('is masked when no more of its rows were asked for', async () => {
    const insert = 'insert into bin select email from people, generate_series(1, 3) returning 1';
    for (const text of [insert, `with made as (${insert}) select * from made`]) {
      await run(two, 'create table bin (note text)');
      const heard = await one.ask(say.parse(text), say.bind(), say.execute('', 1), say.sync);
      expect(heard.map(each => each.type).join('')).toBe('12DsZ');
      expect(await read(two, 'select note from bin')).toBe('***');
      // Made anew under its name, it would be masked in any case.
      await run(two, `alter table bin rename to bin${text.length}`);
      expect(await read(two, `select note from bin${text.length}`)).toBe('***');
    }
  });

  it('is masked in a column beside another one that is labelled already', async () => {
    await run(one, 'create table beside as select email from people', 'alter table beside add column more text');
    await run(one, 'update beside set more = email where true');
    expect(await read(two, 'select more from beside')).toBe('***');
  });

  it('is masked in a partition, and in what the table is a part of', async () => {
    await run(one, 'create table whole (id int, note text) partition by range (id)');
    await run(one, 'create table part partition of whole for values from (0) to (100)');
    await run(one, 'insert into whole select id, email from people');
    expect(await read(two, 'select note from part')).toBe('***');
    await run(one, 'create table above (id int, note text)', 'create table below () inherits (above)');
    await run(one, 'insert into below select id, email from people');
    expect(await read(two, 'select note from above')).toBe('***');
  });
});
