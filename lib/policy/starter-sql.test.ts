/** The shipped policies on SQL as clients send it, analysed over the catalog of a real server. */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Labels, resolveLabels } from '#core/catalog/labels.ts';
import { must } from '#core/contract/assert.ts';
import type { Principal } from '#core/identity/principal.ts';
import { parsePolicyYaml } from '#core/policy/document.ts';
import { decide } from '#core/policy/evaluate.ts';
import { connection, person, session, uuid } from '#core/policy/testing.ts';
import { analyzeWith, type TestCatalog, testCatalog } from '#core/sql/testing.ts';

const folder = fileURLToPath(new URL('./starter', import.meta.url));
const policies = fs
  .readdirSync(folder)
  .map(name => must(parsePolicyYaml(fs.readFileSync(`${folder}/${name}`, 'utf8')).policy, `${name} is valid`));

const schema = `
  create table customers (id bigint primary key, email text, full_name text, city text, active boolean default true);
  create table orders (id bigint primary key, customer_id bigint references customers, total numeric, placed_at timestamptz);
  create view customer_orders as select c.email, o.total from customers c join orders o on o.customer_id = c.id;
  create schema analytics;
  create table analytics.weekly (week date, revenue numeric);`;

const developer = person('dev@example.com');
const owner: Principal = person('owner@example.com', { id: uuid(2), roles: ['reviewer'] });
const agent: Principal = person('reporting-agent', { id: uuid(3), kind: 'agent', ownerId: developer.id });
const places = { prod: 'production', dev: 'development' };

let shop: TestCatalog;
let labels: Labels;

beforeAll(async () => {
  shop = await testCatalog({ sql: schema });
  const relation = must(
    shop.data.relations.find(each => each.name === 'customers'),
    'the table is there',
  );
  const label = (attnum: number, column: string, name: string) => ({
    relationOid: relation.oid,
    attnum,
    schema: 'public',
    relation: 'customers',
    column,
    label: name,
    level: 'confidential' as const,
  });
  labels = resolveLabels(shop.data, {
    labels: [label(2, 'email', 'pii.email'), label(3, 'full_name', 'pii.name')],
    owners: [{ schema: 'public', relation: 'customers', owner: { identity: owner.id } }],
  });
});
afterAll(() => shop.close());

function effectOf(text: string, who: Principal = developer, where: keyof typeof places = 'prod'): string {
  const narrowed = session(policies, { principal: who, connection: { ...connection, environment: places[where] } });
  const decision = decide(narrowed, analyzeWith(shop.catalog, text), labels);
  if (decision.effect !== 'deny') return decision.effect;
  const rules = decision.reasons.filter(reason => reason.effect === 'deny').map(reason => reason.rule);
  return `deny: ${[...new Set(rules)].sort().join(' ')}`;
}

describe('a developer in production', () => {
  it.each([
    'select id, city from customers where city = $1 order by id limit 10',
    'select count(*) from customers',
    'select city, count(*) from customers group by city',
    'select o.total, c.city from orders o join customers c on c.id = o.customer_id',
    'begin',
    'commit',
    'show search_path',
    "set application_name = 'psql'",
    "set statement_timeout = '30s'",
    'explain select id from orders',
    'with recent as (select * from orders where placed_at > now() - interval $$1 day$$) select count(*) from recent',
  ])('reads: %s', text => expect(effectOf(text)).toBe('allow'));

  it.each(['select * from customers', 'select email from customer_orders', 'table customers'])(
    'sees masked: %s',
    text => expect(effectOf(text)).toBe('mask'),
  );

  it.each([
    "select id from customers where email = 'someone@example.com'",
    'select city from customers order by email',
    'select max(full_name), city from customers group by city',
    "select id from customers where email like 'a%'",
  ])('does not learn by asking: %s', text => {
    // An aggregate's value is masked; every other use is refused.
    expect(effectOf(text)).toMatch(/^(mask|deny: mask-classified\/mask-confidential-and-above)$/);
  });

  it.each([
    ['update customers set active = false where id = 7', 'approve'],
    ["insert into customers (id, email) values (1, 'x@example.com')", 'approve'],
    ['delete from customers where id = 7', 'approve'],
    ['update orders set total = 0 where id = 7', 'deny: default'],
  ])('asks to write: %s', (text, effect) => expect(effectOf(text)).toBe(effect));

  it.each([
    ['drop table orders', 'guard-prod/no-drop-no-truncate'],
    ['truncate orders', 'guard-prod/no-drop-no-truncate'],
    ['alter table orders drop column total', 'guard-prod/no-drop-no-truncate'],
    ['delete from orders', 'guard-prod/no-unbounded-writes'],
    ['update customers set active = false', 'guard-prod/no-unbounded-writes'],
    ['update customers set active = false where true', 'guard-prod/no-unbounded-writes'],
    ['lock table orders in access exclusive mode', 'guard-prod/no-heavy-locks'],
    ['select id from orders for update', 'guard-prod/no-heavy-locks'],
    ["do $$ begin execute 'drop table orders'; end $$", 'guard-prod/nothing-unseen'],
    ["copy orders to program 'cat'", 'privileged/no-way-out'],
    ["select pg_read_file('/etc/passwd')", 'privileged/no-way-out'],
    ['set role postgres', 'privileged/no-change-of-rights'],
    ['grant select on orders to public', 'privileged/no-change-of-rights'],
    ["alter system set log_statement = 'none'", 'privileged/no-change-of-the-server'],
    ['set standard_conforming_strings = off', 'privileged/no-change-of-the-server'],
  ])('is refused: %s', (text, rule) => expect(effectOf(text)).toContain(rule));

  it.each([
    'select c.relname, c.relkind from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace',
    'select current_database(), current_user, version()',
    "select table_name from information_schema.tables where table_schema = 'public'",
    "select pg_catalog.set_config('search_path', '', false)",
    'set statement_timeout = 0',
    'set row_security = off',
    'lock table public.orders in access share mode',
    'set transaction isolation level repeatable read, read only',
    'select pg_catalog.pg_get_viewdef($1::oid)',
    'select pg_catalog.format_type(a.atttypid, a.atttypmod) from pg_catalog.pg_attribute a',
  ])('works with what clients send by themselves: %s', text => expect(effectOf(text)).toBe('allow'));
});

describe('a developer with temporary tables in production', () => {
  it.each([
    'create temp table recent as select id, city from customers where id < 100',
    'select id, city into temp recent from customers',
    'create temp table notes (id serial primary key, note text) on commit drop',
  ])('makes them: %s', text => expect(effectOf(text)).toBe('allow'));

  it.each([
    'create temp table copied as select email from customers',
    'create temp table copied (like customers)',
    'create temp table copied () inherits (customers)',
  ])('puts nothing masked into them: %s', text => expect(effectOf(text)).toMatch(/^deny: .*mask-classified/));

  it.each(['create table notes (id int)', 'create view temporary as select id from customers', 'drop table customers'])(
    'makes and drops nothing else: %s',
    text => expect(effectOf(text)).toMatch(/^deny/),
  );
});

describe('a developer in development', () => {
  it.each([
    'update orders set total = 0 where id = 7',
    'delete from orders',
    'create table notes (id int primary key)',
    'alter table orders add column note text',
    'drop table orders',
    'create index on orders (placed_at)',
    'update customers set active = false where id = 7',
    'vacuum orders',
  ])('writes and changes the shape: %s', text => expect(effectOf(text, developer, 'dev')).toBe('allow'));

  it('sees masked all the same', () => {
    expect(effectOf('select * from customers', developer, 'dev')).toBe('mask');
    expect(effectOf('create table copied as select email from customers', developer, 'dev')).toContain(
      'mask-classified/',
    );
  });
});

describe('an owner', () => {
  it('sees and searches their own data', () => {
    expect(effectOf("select * from customers where email = 'someone@example.com'", owner)).toBe('allow');
  });

  it('asks another owner before writing', () => {
    expect(effectOf('update customers set active = false where id = 7', owner)).toBe('approve');
  });
});

describe('an AI agent', () => {
  it.each([
    ["insert into analytics.weekly values ('2026-01-05', 10)", 'allow'],
    ["update analytics.weekly set revenue = 0 where week = '2026-01-05'", 'allow'],
    ['create table analytics.daily (day date, revenue numeric)', 'allow'],
    ['insert into analytics.weekly select now()::date, sum(total) from orders', 'allow'],
    ['select * from customers', 'mask'],
    ['select count(*) from orders', 'allow'],
  ])('may: %s', (text, effect) => expect(effectOf(text, agent)).toBe(effect));

  it.each([
    'update orders set total = 0 where id = 7',
    'update customers set active = false where id = 7',
    'insert into orders (id) values (1)',
    'create table public.notes (id int)',
    'drop table analytics.weekly',
    'insert into analytics.weekly select email::date, 1 from customers',
    'set statement_timeout = 0',
    'select pg_sleep(10)',
    'select * from orders cross join customers',
    "select pg_notify('channel', 'text')",
  ])('may not: %s', text => {
    for (const where of ['prod', 'dev'] as const) expect(effectOf(text, agent, where)).toMatch(/^deny/);
  });
});
