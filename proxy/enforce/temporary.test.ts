/** Under the shipped policies for production, people put aside what they read in temporary tables, and change nothing else. */
import fs from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { must } from '#core/contract/assert.ts';
import { parsePolicyYaml } from '#core/policy/document.ts';
import { type TestDatabase, targetDatabase } from '#db/testing.ts';
import { fieldsOf, say, WireClient } from '../postgres/wire-testing.ts';
import { type Governed, startGoverned } from './governed-testing.ts';

const folder = new URL('../../lib/policy/starter/', import.meta.url);
const policies = fs
  .readdirSync(folder)
  .map(name => must(parsePolicyYaml(fs.readFileSync(new URL(name, folder), 'utf8')).policy, name));

let database: TestDatabase;
let proxy: Governed;
beforeAll(async () => {
  database = await targetDatabase({
    sql: `create table people (id int primary key, email text, city text);
      insert into people values (1, 'quagliotti', 'Lisbon'), (2, 'brambilla', 'Austin');`,
  });
  proxy = await startGoverned({
    upstreamUrl: database.url,
    policies,
    labels: { 'public.people.email': 'pii.email' },
  });
});
afterAll(async () => {
  await proxy.close();
  await database.drop();
});

async function refusals(texts: readonly string[]): Promise<string[]> {
  const client = await WireClient.through(proxy.port);
  const said: string[] = [];
  for (const text of texts) {
    const heard = await client.ask(say.query(text));
    said.push(...heard.filter(({ type }) => type === 'E').map(({ body }) => `${text}: ${fieldsOf(body).M}`));
  }
  client.close();
  return said;
}

it.each([
  [
    'create temp table cities as select id, city from people',
    'create index on cities (city)',
    'alter table cities add column n int, alter column city type varchar(50)',
    'analyze cities',
    'update cities set n = 1',
    'select c.city, p.email from cities c join people p on p.id = c.id',
    'delete from cities',
    'truncate cities',
    'drop table cities',
  ],
  [
    'drop table if exists pg_temp.cities',
    'alter table if exists pg_temp.cities add column n int',
    'create temp table cities (id int)',
    'drop table if exists pg_temp.cities, pg_temp.towns',
  ],
  ['create temp table "#Tableau_1_Connect" ("COL" int) on commit preserve rows', 'drop table "#Tableau_1_Connect"'],
  [
    'begin',
    'create temp table notes (id serial primary key, note text unique) on commit drop',
    "insert into notes (note) values ('a') on conflict (note) do nothing returning id",
    'commit',
  ],
  ['create temp table people (id int)', 'delete from people', 'drop table people'],
  ['begin', 'create temp table taken (id int)', 'select * from taken for update', 'lock table taken', 'commit'],
  ['begin', 'create temp view cities as select city from people', 'lock table cities in access share mode', 'commit'],
])('works with %s', async (...texts) => expect(await refusals(texts)).toEqual([]));

it.each([
  'create temp table copied as select email from people',
  'create temp table copied (like people)',
  'create temp table copied () inherits (people)',
  'create table cities (id int)',
  'create temp table cities (id int); drop table cities, people',
  'drop table if exists pg_temp.cities, cities',
  'drop table if exists pg_temp_99999.cities',
  'create temp table people (id int); delete from public.people',
  'create temp table cities (email text); select 1 from cities join people using (email)',
  'create temp table cities (email text); select email from people where email in (select email from cities)',
  'begin; create temp view cities as select city from people; lock table cities in access exclusive mode',
  'begin; create temp view cities as select city from people; create temp view more as select * from cities; lock table more',
  'create temp view cities as select city from people; select * from cities for update',
])('refuses %s', async text => {
  expect((await refusals(text.split('; '))).join()).toContain('refused by policy');
});

it.each([
  "update cities set city = 'x'",
  'delete from cities where true',
  'merge into cities using (select 1 where false) s on false when not matched by source then delete',
])('takes %s for what it is, through a view of one’s own', async text => {
  expect((await refusals(['create temp view cities as select id, city from people', text])).join()).toContain(
    'Say which rows, with a condition that not every row meets.',
  );
});
