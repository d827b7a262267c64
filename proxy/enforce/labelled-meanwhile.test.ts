/** Labels that come while something is open: what it gives from then on has them, however it was opened. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Policy, policySchema } from '#core/policy/schema.ts';
import { runSql, type TestDatabase, targetDatabase } from '#db/testing.ts';
import { testIdentity } from '../postgres/proxy-testing.ts';
import { cellsOf, fieldsOf, type Heard, say, WireClient } from '../postgres/wire-testing.ts';
import { placesIn } from './attack-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const masking: Policy = policySchema.parse({
  name: 'masking',
  rules: [{ id: 'confidential', effect: 'mask', objects: { level: 'confidential' }, mask: { kind: 'redact' } }],
});
const sql = `
  create table people (id int primary key, ssn text, note text);
  insert into people select i, 'secret-' || i, 'open' from generate_series(1, 20) i;
  create view shown as select id, ssn as x from people;
  create view over as select id, x as y from shown;
  create materialized view kept as select id, ssn from people;
  create function one() returns text language sql stable as 'select ssn from people where id = 1'`;
const labels = { 'public.people.ssn': 'pii.free_text' };

let database: TestDatabase;
let proxy: Governed;
let client: WireClient;
beforeAll(async () => {
  database = await targetDatabase({ sql });
  proxy = await startGoverned({
    upstreamUrl: database.url,
    policies: [allowAll, masking],
    places: await placesIn(database),
  });
});
afterAll(async () => {
  client.close();
  await proxy.close();
});
beforeEach(async () => {
  client?.close();
  proxy.apply([allowAll, masking], {});
  client = await WireClient.through(proxy.port);
});

const rows = (heard: Heard[]) => heard.filter(({ type }) => type === 'D').map(({ body }) => cellsOf(body).at(-1));
const errorOf = (heard: Heard[]) => fieldsOf(heard.find(each => each.type === 'E')?.body ?? Buffer.from([0]));
/** Clear, masked, or nothing at all. */
const seen = (heard: Heard[]) => [
  ...new Set(rows(heard).map(value => (value?.startsWith('secret') ? 'clear' : value))),
];

const selects = [
  'select ssn from people order by id',
  'select y from over order by id',
  'select id, ssn from kept order by id',
  'select one()',
  'select max(ssn) from people',
  'select note || ssn from people order by id',
];

describe.each(selects)('%s', select => {
  it.each<[string, (text: string) => Uint8Array[][], Uint8Array[]]>([
    [
      'a portal',
      text => [[say.query('begin')], [say.parse(text), say.bind([], { portal: 'p' }), say.sync]],
      [say.execute('p', 1), say.sync],
    ],
    [
      'a portal that was begun',
      text => [[say.query('begin')], [say.parse(text), say.bind([], { portal: 'p' }), say.execute('p', 1), say.sync]],
      [say.execute('p', 1), say.sync],
    ],
    [
      'a portal that was described',
      text => [
        [say.query('begin')],
        [say.parse(text), say.bind([], { portal: 'p' }), say.describePortal('p'), say.sync],
      ],
      [say.execute('p', 1), say.sync],
    ],
    [
      'a statement',
      text => [[say.parse(text, 's'), say.describeStatement('s'), say.sync]],
      [say.bind([], { statement: 's' }), say.execute(), say.sync],
    ],
    ['a cursor', text => [[say.query(`begin; declare c cursor for ${text}`)]], [say.query('fetch c')]],
    [
      'a cursor by portal',
      text => [[say.query(`begin; declare c cursor for ${text}`)]],
      [say.execute('c', 1), say.sync],
    ],
    [
      'a cursor that scrolls',
      text => [[say.query(`begin; declare c scroll cursor for ${text}`)], [say.query('fetch last from c')]],
      [say.query('fetch first from c')],
    ],
    ['a cursor that is held', text => [[say.query(`declare c cursor with hold for ${text}`)]], [say.query('fetch c')]],
    ['PREPARE', text => [[say.query(`prepare q as ${text}`)], [say.query('execute q')]], [say.query('execute q')]],
    [
      'PREPARE, by the protocol',
      text => [[say.query(`prepare q as ${text}`)]],
      [say.bind([], { statement: 'q' }), say.execute(), say.sync],
    ],
  ])('of %s', async (_, before, after) => {
    for (const messages of before(select)) expect(errorOf(await client.ask(...messages)).M).toBeUndefined();
    proxy.apply([allowAll, masking], labels);
    const heard = await client.ask(...after);
    expect([seen(heard), errorOf(heard).M]).not.toContainEqual(['clear']);
    const fresh = await WireClient.through(proxy.port);
    const now = await fresh.ask(say.query(select));
    fresh.close();
    if (errorOf(heard).M === undefined && rows(heard).length > 0) expect(seen(heard)).toEqual(seen(now));
  });
});

/** How the names come to mean something without a label, and back. */
const moves: [string, string, string][] = [
  [
    'a view is replaced',
    'create or replace view shown as select id, note as x from people',
    'create or replace view shown as select id, ssn as x from people',
  ],
  ['a view is dropped', 'drop view over', 'create view over as select id, x as y from shown'],
  [
    'the table is renamed',
    'alter table people rename to former; create table people (id int, ssn text, note text)',
    'drop table people; alter table former rename to people',
  ],
  [
    'the column is renamed',
    'alter table people rename ssn to former; alter table people rename note to ssn',
    'alter table people rename ssn to note; alter table people rename former to ssn',
  ],
  [
    'a function is replaced',
    "create or replace function one() returns text language sql stable as 'select note from people where id = 1'",
    "create or replace function one() returns text language sql stable as 'select ssn from people where id = 1'",
  ],
];

describe.each(moves)('while %s', (_, change, back) => {
  it.each(selects.filter(text => !text.includes('kept')))(
    'what was opened before gives nothing in clear of %s',
    async select => {
      proxy.apply([allowAll, masking], labels);
      const places = { client: await WireClient.through(proxy.port) };
      await places.client.ask(say.query(`declare c cursor with hold for ${select}`));
      await places.client.ask(say.query(`prepare q as ${select}`));
      await places.client.ask(say.parse(select, 's'), say.sync);
      try {
        await runSql(database.url, change);
        await proxy.catalogs.refresh(testIdentity.connection.id);
        for (const messages of [
          [say.query('fetch c')],
          [say.execute('c', 1), say.sync],
          [say.query('execute q')],
          [say.bind([], { statement: 'q' }), say.execute(), say.sync],
          [say.bind([], { statement: 's' }), say.execute(), say.sync],
        ]) {
          const heard = await places.client.ask(...messages);
          expect(seen(heard)).not.toContain('clear');
        }
      } finally {
        await runSql(database.url, back);
        await proxy.catalogs.refresh(testIdentity.connection.id);
        places.client.close();
      }
    },
  );
});
