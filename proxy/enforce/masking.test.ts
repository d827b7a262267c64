/** Masked columns through real drivers and raw messages: rows in text and binary, COPY, cursors, errors, and rows that come in pieces. */
import pg from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { cellsOf, fieldsOf, type Heard, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const masking = policySchema.parse({
  name: 'mask',
  rules: [
    {
      id: 'pii',
      effect: 'mask',
      mask: { kind: 'redact' },
      masks: { 'pii.email': { kind: 'partial', shape: 'email' }, 'pii.birth_date': { kind: 'year' } },
      uses: { predicate: 'allow', equality: 'allow', write: 'allow', order: 'allow' },
    },
  ],
});

const secret = 'Zq7hidden';
let url: string;
let proxy: Governed;
let client: WireClient;

beforeAll(async () => {
  const sql = `
    create table people (id int primary key, name text, email text unique, born date, salary numeric(10,2), doc jsonb, note text);
    insert into people select i, '${secret}' || i, 'person${secret}' || i || '@example.com', '1980-05-17'::date + i,
      1000.50 + i, jsonb_build_object('k', '${secret}'), 'note ' || i from generate_series(1, 2000) i;
    insert into people (id, name) values (0, null);
    create domain address as text check (value like '%@%');
    create table mailed (id int, address address, born date);
    insert into mailed values (1, '${secret}@example.com', '1980-05-17');
    create table mixed (id int, email text);
    insert into mixed select i, case when i % 3 > 0 then '${secret}@example.com' end from generate_series(1, 5000) i;
    create table wide (id int, big text, email text, tail text);
    insert into wide values (1, repeat('b', 3000000), '${secret}@example.com', repeat('t', 5000000));`;
  url = (await targetDatabase({ sql })).url;
  proxy = await startGoverned({
    upstreamUrl: url,
    policies: [allowAll, masking],
    labels: {
      'public.people.name': 'pii.name',
      'public.people.email': 'pii.email',
      'public.people.born': 'pii.birth_date',
      'public.people.salary': 'hr.salary',
      'public.people.doc': 'pii.free_text',
      'public.wide.email': 'pii.email',
      'public.mixed.email': 'pii.email',
      'public.mailed.address': 'pii.email',
      'public.mailed.born': 'pii.birth_date',
    },
  });
  client = await WireClient.through(proxy.port);
});

afterAll(async () => {
  client.close();
  await proxy.close();
});

const rowsOf = (heard: Heard[]): (string | null)[][] =>
  heard.filter(each => each.type === 'D').map(each => cellsOf(each.body));
const types = (heard: Heard[]): string => heard.map(each => each.type).join('');

describe('drivers decode masked values as values of their type', () => {
  it('node-postgres, text', async () => {
    const direct = new pg.Client(url);
    const governed = new pg.Client(proxy.url);
    await Promise.all([direct.connect(), governed.connect()]);
    const text = 'select id, name, email, born, salary, doc, note from people where id = 7';
    const expected = await direct.query(text);
    const got = await governed.query(text);
    expect(got.fields).toEqual(expected.fields);
    expect(got.rows).toEqual([
      {
        ...expected.rows[0],
        name: '***',
        email: 'p***@***.com',
        born: new Date(1980, 0, 1),
        salary: expect.stringMatching(/^0(\.00)?$/),
        doc: {},
      },
    ]);
    const prepared = await governed.query({
      name: 'by-id',
      text: 'select name, note from people where id = $1',
      values: [3],
    });
    expect(prepared.rows).toEqual([{ name: '***', note: 'note 3' }]);
    await Promise.all([direct.end(), governed.end()]);
  });

  it('postgres.js, binary-free extended protocol', async () => {
    const sql = postgres(proxy.url, { max: 1 });
    const rows = await sql`select id, email, born, salary from people where id in ${sql([0, 5])} order by id`;
    expect(rows[0]).toMatchObject({ id: 0, email: null, born: null });
    expect(rows[1]).toMatchObject({ id: 5, email: 'p***@***.com' });
    const seen: string[] = [];
    await sql`select name from people order by id`.cursor(500, chunk => {
      seen.push(...chunk.map(row => String(row.name)));
    });
    expect(new Set(seen)).toEqual(new Set(['null', '***']));
    expect(seen).toHaveLength(2001);
    await sql.end();
  });

  it('binary results', async () => {
    const heard = await client.ask(
      say.parse('select id, name, born, salary, doc from people where id = 9'),
      say.bind([], { results: [1] }),
      say.describePortal(),
      say.execute(),
      say.sync,
    );
    const [row = []] = rowsOf(heard);
    expect(row[0]).toBe('\0\0\0\x09');
    expect(row[1]).toBe('***');
    expect(row[2]).toHaveLength(4);
    const days = Buffer.from(String(row[2]), 'latin1').readInt32BE(0);
    expect(new Date(Date.UTC(2000, 0, 1 + days)).toISOString()).toBe('1980-01-01T00:00:00.000Z');
    expect(row[4]).toBe('\x01{}');
  });
});

describe('every way to the rows', () => {
  const leaks = (): boolean => client.received.includes(secret);
  it.each([
    ['simple', [say.query('select * from people where id = 1')]],
    [
      'several in one string',
      [say.query('select note from people where id = 1; select name, note from people where id = 2')],
    ],
    ['no Describe at all', [say.parse('select name from people where id < 4'), say.bind(), say.execute(), say.sync]],
    [
      'no Describe, binary',
      [say.parse('select name from people where id < 4'), say.bind([], { results: [1] }), say.execute(), say.sync],
    ],
    [
      'a statement described, a portal not',
      [
        say.parse('select name from people where id < 4', 'd'),
        say.describeStatement('d'),
        say.bind([], { statement: 'd' }),
        say.execute(),
        say.closeStatement('d'),
        say.sync,
      ],
    ],
    [
      'row limits',
      [say.parse('select name from people'), say.bind(), say.execute('', 3), say.execute('', 3), say.sync],
    ],
    ['cursor', [say.query('begin; declare c cursor for select name from people; fetch 2 from c; commit')]],
    ['returning', [say.query('update people set note = note where id = 3 returning name, note')]],
    ['copy text', [say.query('copy (select id, name, email from people order by id limit 5) to stdout')]],
    ['copy csv', [say.query('copy people to stdout with (format csv, header)')]],
    ['copy binary', [say.query('copy (select name, born from people order by id limit 5) to stdout (format binary)')]],
    ['execute of a portal behind an error', [say.execute('nope'), say.sync]],
  ])('%s', async (_, messages) => {
    const heard = await client.ask(...messages);
    expect(types(heard).endsWith('Z')).toBe(true);
    expect(leaks()).toBe(false);
  });

  it('prepared and cursors by SQL', async () => {
    await client.ask(say.query('prepare byid(int) as select name, note from people where id = $1'));
    expect(rowsOf(await client.ask(say.query('execute byid(4)')))).toEqual([['***', 'note 4']]);
    expect(rowsOf(await client.ask(say.bind(['4'], { statement: 'byid' }), say.execute(), say.sync))).toEqual([
      ['***', 'note 4'],
    ]);
    await client.ask(say.query('begin'));
    await client.ask(say.query('declare b binary cursor for select name, born from people where id = 4'));
    expect(rowsOf(await client.ask(say.execute('b'), say.sync))[0]?.[0]).toBe('***');
    await client.ask(say.query('rollback; deallocate byid'));
  });

  it('keeps the text COPY of unmasked columns as it is', async () => {
    const direct = await WireClient.direct(url);
    const copy = say.query('copy (select id, note from people order by id) to stdout');
    await direct.ask(copy);
    await client.ask(copy);
    expect(client.received.equals(direct.received)).toBe(true);
    direct.close();
  });

  it('gives every line of COPY a message of its own, masked or not', async () => {
    const heard = await client.ask(say.query('copy mixed to stdout'));
    const lines = heard.filter(({ type }) => type === 'd').map(({ body }) => body.toString('latin1'));
    const wanted = Array.from(
      { length: 5_000 },
      (_, index) => `${index + 1}\t${(index + 1) % 3 > 0 ? 'Z***@***.com' : '\\N'}\n`,
    );
    expect(lines).toEqual(wanted);
  });
});

it('says of errors only what cannot hold a value', async () => {
  const heard = await client.ask(
    say.query(`insert into people (id, email) values (5001, 'person${secret}5@example.com')`),
  );
  const error = fieldsOf(heard[0]?.body as Buffer);
  expect(error).toMatchObject({ S: 'ERROR', C: '23505' });
  expect(JSON.stringify(error)).not.toContain('already exists');
  expect(Object.keys(error).sort()).toEqual(['C', 'D', 'M', 'S', 'V']);
});

it('masks rows of any size, in pieces as they come', async () => {
  const heard = await client.ask(say.query('select id, big, email, tail from wide'));
  const [row = []] = rowsOf(heard);
  expect(row.map(cell => cell?.length)).toEqual([1, 3_000_000, 'Z***@***.com'.length, 5_000_000]);
  expect(row[2]).toBe('Z***@***.com');
});

it('counts what was masked', () => {
  const completed = proxy.recorder.of('statement.completed').filter(event => Number(event.maskedCells) > 0);
  expect(completed.length).toBeGreaterThan(10);
  expect(proxy.recorder.of('proxy.fault')).toEqual([]);
  expect(proxy.crashes).toEqual([]);
  expect(JSON.stringify(proxy.recorder.events)).not.toContain(secret);
});

describe('what the server writes in its own way', () => {
  const column = async (text: string) => rowsOf(await client.ask(say.query(text)))[0]?.[0];
  const copied = (heard: Heard[]) => heard.find(each => each.type === 'd')?.body.toString();

  it('COPY masks a domain as the type it is made of', async () => {
    expect(await column('select address from mailed')).toBe('Z***@***.com');
    expect(copied(await client.ask(say.query('copy mailed (address) to stdout')))).toBe('Z***@***.com\n');
  });

  it('a year is cut from ISO dates alone; other styles show nothing of the date', async () => {
    expect(await column('select born from mailed')).toBe('1980-01-01');
    for (const style of ['German', 'SQL, DMY', 'SQL, MDY', 'Postgres, DMY', 'Postgres, MDY']) {
      await client.ask(say.query(`set datestyle to ${style}`));
      expect(await column('select born from mailed'), style).toBe('1970-01-01');
      expect(copied(await client.ask(say.query('copy mailed (born) to stdout'))), style).toBe('1970-01-01\n');
    }
    await client.ask(say.query('reset datestyle'));
    expect(await column('select born from mailed')).toBe('1980-01-01');
  });
});

it('notifications of others come without what they say, those of the session itself with it', async () => {
  const listener = new pg.Client({ connectionString: proxy.url });
  const other = new pg.Client({ connectionString: url });
  await Promise.all([listener.connect(), other.connect()]);
  const heard: [string, string | undefined][] = [];
  listener.on('notification', ({ channel, payload }) => heard.push([channel, payload]));
  await listener.query('listen news');
  await other.query(`select pg_notify('news', name) from people where id = 1`);
  await other.query('notify news');
  await listener.query(`notify news, 'my own'`);
  await expect.poll(() => heard.length).toBe(3);
  expect(heard).toEqual([
    ['news', ''],
    ['news', ''],
    ['news', 'my own'],
  ]);
  await Promise.all([listener.end(), other.end()]);
});
