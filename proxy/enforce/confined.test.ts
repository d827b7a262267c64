/** Who may write in one schema only changes nothing elsewhere, whatever code, keys, views and heirs lead out of it. */
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { type TestDatabase, targetDatabase } from '#db/testing.ts';
import { fieldsOf, say, WireClient } from '../postgres/wire-testing.ts';
import { type Governed, startGoverned } from './governed-testing.ts';

const world = `
  create table public.kept (id int primary key, note text);
  insert into public.kept select n, 'kept' from generate_series(1, 5) n;
  create sequence public.numbers;
  create function public.wipe(n int) returns int language plpgsql as $$ begin delete from public.kept; return n; end $$;
  create function public.wipe_quietly(n int) returns int language plpgsql immutable as $$ begin return public.wipe(n); end $$;
  create function public.wipes(n int) returns bool language plpgsql as $$ begin delete from public.kept; return true; end $$;
  create function public.wiped() returns trigger language plpgsql as $$ begin delete from public.kept; return new; end $$;
  create function public.idle() returns trigger language plpgsql as $$ begin return new; end $$;
  create function public.sum_of(a int, b int default public.wipe(1)) returns int language sql as $$ select a $$;
  create schema lab;
  create table lab.plain (id int primary key, note text);
  insert into lab.plain values (1, 'one'), (2, 'two');
  create table lab.numbered (id serial primary key, key uuid default gen_random_uuid(), at timestamptz default now(), note text check (length(note) < 50));
  create table lab.defaulted (id int, n int default public.wipe(1));
  create table lab.checked (id int check (public.wipe(id) = id));
  create table lab.computed (id int, n int generated always as (public.wipe_quietly(id)) stored);
  create table lab.indexed (id int, note text);
  create index on lab.indexed (public.wipe_quietly(id));
  create table lab.partly (id int, note text);
  create index on lab.partly (id) where public.wipe_quietly(id) = 1;
  create domain lab.held as int check (public.wipe(value) = value);
  create domain lab.usual as int default public.wipe(1);
  create type lab.pair as (a lab.held);
  create table lab.holding (id lab.held, many lab.held[], pair lab.pair);
  create table lab.usually (id int, n lab.usual);
  create table lab.guarded (id int);
  alter table lab.guarded enable row level security, force row level security;
  create policy p on lab.guarded using (public.wipe(id) = id);
  create table lab.watched (id int);
  create trigger t before insert on lab.watched for each row when (public.wipes(new.id)) execute function public.idle();
  create table lab.divided (id int, note text) partition by range (id);
  create table public.divided_low partition of lab.divided for values from (0) to (100);
  create table lab.divided_high partition of lab.divided for values from (100) to (200);
  create trigger t after insert on lab.divided_high for each row execute function public.wiped();
  create table lab.split (id int) partition by list (public.wipe_quietly(id));
  create table lab.split_all partition of lab.split default;
  create table lab.parent (id int, note text);
  create table public.heir () inherits (lab.parent);
  insert into public.heir values (1, 'heir');
  create table public.whole (id int, note text) partition by range (id);
  create table lab.whole_low partition of public.whole for values from (0) to (100);
  insert into public.whole values (1, 'whole');
  create table lab.keys (id int primary key);
  insert into lab.keys values (1), (2), (3);
  create table public.follows (id int primary key, key int references lab.keys on update cascade);
  insert into public.follows values (1, 1);
  create table lab.outside (id int default nextval('public.numbers'), note text);
  create view lab.onto as select * from public.kept;
  create table lab.replaced (id int);
  create rule r as on insert to lab.replaced do instead delete from public.kept;
  create sequence lab.counter;
  create materialized view lab.stored as select public.wipe(1) as n with no data;
  create materialized view lab.plainly as select id from lab.plain;
  create type lab.mood as enum ('low', 'high');
  create table public.moody (id int, mood lab.mood);
  create view public.of_plain as select id from lab.plain;
  create function lab.trace() returns trigger language plpgsql as $$ begin return new; end $$;
  create trigger t before insert on public.moody for each row execute function lab.trace();
  create function lab.twice(n int) returns int language sql immutable as $$ select n * 2 $$;
  create table public.doubled (id int, n int generated always as (lab.twice(id)) stored);
  create function lab.halved(n int) returns int language sql immutable as $$ select n / 2 $$;
  create table public.checked (id int check (lab.halved(id) > 0));
  create function lab.is_own(owner text) returns bool language sql stable as $$ select owner = current_user $$;
  create table lab.wards (owner text);
  create table public.files (owner text);
  alter table public.files enable row level security;
  create policy own on public.files using (lab.is_own(owner));
  create policy ward on public.files using (exists (select from lab.wards w where w.owner = files.owner));
  create function lab.is_new(n int) returns bool language sql immutable as $$ select n > 5 $$;
  create table public.seen (id int);
  create trigger t before insert on public.seen for each row when (lab.is_new(new.id)) execute function public.idle();
  create type lab.card as (id int, note text);
  create table public.cards of lab.card;
  create domain lab.small as int;
  create table public.sized (n lab.small);
  create collation lab.plain_order (locale = 'C');
  create table public.words (word text collate lab.plain_order);
  create table lab.named (name text);
  create unique index named_once on lab.named (name);
  create table public.naming (name text references lab.named (name));
  create sequence lab.ticket;
  create table public.tickets (id int default nextval('lab.ticket'));
  create function lab.lonely() returns int language sql as $$ select 1 $$;
  create domain lab.unused as int;
  create table lab.gone (id int);
  create view lab.of_gone as select id from lab.gone;`;

const policy = policySchema.parse({
  name: 'confined',
  rules: [
    { id: 'connects', effect: 'allow', actions: ['connect', 'session'] },
    { id: 'reads', effect: 'allow', actions: ['read'] },
    { id: 'works', effect: 'allow', actions: ['write', 'define', 'drop', 'maintain'], objects: { schemas: ['lab'] } },
  ],
});

let database: TestDatabase;
let proxy: Governed;
let client: WireClient;
let direct: postgres.Sql;

beforeAll(async () => {
  database = await targetDatabase({ sql: world });
  proxy = await startGoverned({ upstreamUrl: database.url, policies: [policy] });
  client = await WireClient.through(proxy.port);
  direct = postgres(database.url, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  client.close();
  await direct.end();
  await proxy.close();
});

/** Everything outside the schema. */
const outside = async (): Promise<string> => {
  const [row] =
    await direct`select (select json_agg(k) from public.kept k) as kept, (select json_agg(h) from public.heir h) as heir,
    (select json_agg(w) from public.whole w) as whole, (select json_agg(f) from public.follows f) as follows,
    (select json_agg(d) from public.divided_low d) as low, (select is_called from public.numbers) as numbers,
    (select json_agg(relname || relnamespace::regnamespace order by oid) from pg_class where relnamespace <> 'lab'::regnamespace) as names,
    (select json_agg(nspname order by oid) from pg_namespace where nspname !~ 'temp') as schemas`;
  return JSON.stringify(row);
};

it.each([
  'insert into lab.defaulted (id) values (1)',
  'insert into lab.defaulted default values',
  'update lab.defaulted set n = default where id = 1',
  'merge into lab.defaulted d using (values (1)) v (id) on d.id = v.id when not matched then insert (id) values (1)',
  'copy lab.defaulted (id) from stdin',
  'insert into lab.checked values (1)',
  'update lab.checked set id = 2 where id = 1',
  'insert into lab.computed (id) values (1)',
  'insert into lab.indexed values (1)',
  'copy lab.indexed from stdin',
  'insert into lab.partly values (1)',
  'copy lab.holding from stdin',
  `insert into lab.holding (many) values ('{1}')`,
  `insert into lab.holding (pair) values ('(1)')`,
  'insert into lab.usually (id) values (1)',
  'insert into lab.guarded values (1)',
  'select * from lab.guarded',
  'delete from lab.guarded where id = 1',
  'insert into lab.watched values (1)',
  "insert into lab.divided values (5, 'x')",
  "insert into lab.divided values (150, 'x')",
  'delete from lab.divided where id = 5',
  'truncate lab.divided',
  'insert into lab.split values (1)',
  "update lab.parent set note = 'x' where id = 1",
  'delete from lab.parent where id = 1',
  'truncate lab.parent',
  'delete from lab.whole_low where id = 1',
  "insert into lab.whole_low values (2, 'x')",
  'update lab.keys set id = 9 where id = 1',
  'insert into lab.keys values (1) on conflict (id) do update set id = 9',
  "insert into lab.outside (note) values ('x')",
  'select public.sum_of(1)',
  'select public.sum_of(a => 1)',
  'delete from lab.onto where id = 1',
  'insert into lab.replaced values (1)',
  'drop table lab.plain cascade',
  'drop table lab.keys cascade',
  'drop table lab.divided',
  'drop table lab.parent cascade',
  'drop type lab.mood cascade',
  'drop function lab.trace cascade',
  'drop schema lab cascade',
  'drop function lab.twice cascade',
  'drop index lab.named_once cascade',
  'create or replace function lab.is_own(owner text) returns bool language sql stable as $$ select true $$',
  'alter function lab.is_own(text) set search_path = lab',
  'drop sequence lab.ticket cascade',
  'drop function lab.halved(int) cascade',
  'drop function lab.is_own cascade',
  'drop function lab.is_new cascade',
  'drop routine lab.is_own(text) cascade',
  'drop table lab.wards cascade',
  'drop type lab.card cascade',
  'drop domain lab.small cascade',
  'drop collation lab.plain_order cascade',
  'alter type lab.card add attribute x int cascade',
  'alter type lab.card drop attribute note cascade',
  'alter type lab.card alter attribute note type varchar(5) cascade',
  'alter domain lab.small add constraint positive check (value > 0)',
  'alter domain lab.small set not null',
  'alter table lab.parent add column x int',
  'alter table lab.parent drop column note',
  'alter table lab.parent alter column note type varchar(5)',
  'alter table lab.parent rename column note to other',
  'alter table lab.divided add constraint c check (id < 1000)',
  'create index on lab.divided (id)',
  'analyze lab.parent',
  'vacuum lab.parent',
  'reindex table lab.divided',
  'create aggregate public.total (int) (sfunc = int4pl, stype = int)',
  'create operator public.=== (leftarg = int, rightarg = int, function = int4eq)',
  'create collation public.other from "C"',
  'alter table lab.keys drop constraint keys_pkey cascade',
  'alter table lab.plain drop column id cascade',
  'refresh materialized view lab.stored',
  'analyze lab.indexed',
  'vacuum full lab.indexed',
  'reindex table lab.indexed',
  'reindex index lab.indexed_wipe_quietly_idx',
  'alter table lab.indexed alter column id type bigint',
  'alter table lab.indexed add constraint positive check (id > 0)',
  'alter table lab.plain add column held lab.held default 5',
  'alter table lab.plain add column usual lab.usual',
  'alter schema lab rename to other',
  'alter sequence lab.counter owned by public.kept.id',
  'create sequence lab.more owned by public.kept.id',
  'alter table lab.plain set schema public',
])('%s is refused', async text => {
  const before = await outside();
  const heard = await client.ask(say.query(text));
  const { M = '' } = fieldsOf(heard.find(({ type }) => type === 'E')?.body ?? Buffer.from([0]));
  expect(M).toContain('refused by policy');
  expect(await outside()).toBe(before);
});

it.each([
  "insert into lab.plain values (3, 'three') on conflict (id) do update set note = excluded.note",
  'update lab.plain set id = 4 where id = 3',
  "insert into lab.numbered (note) values ('x') returning id",
  "update lab.numbered set note = 'y', at = default where id = 1",
  'insert into lab.keys values (7)',
  "insert into lab.parent values (2, 'own')",
  'select public.sum_of(1, 2)',
  "select nextval('lab.counter')",
  'delete from lab.keys where id = 7',
  'drop table if exists lab.gone cascade',
  'refresh materialized view lab.plainly',
  'analyze lab.plain',
  'reindex table lab.plain',
  'alter table lab.plain add column number int default 5',
  'alter table lab.plain rename column number to amount',
  'alter table only lab.parent alter column note set default 5',
  'create aggregate lab.total (int) (sfunc = int4pl, stype = int)',
  'create operator lab.=== (leftarg = int, rightarg = int, function = int4eq)',
  'create collation lab.other from "C"',
  'create text search configuration lab.words (copy = pg_catalog.simple)',
  'alter text search configuration lab.words drop mapping for url',
  'drop text search configuration lab.words',
  'drop function lab.lonely() cascade',
  'alter domain lab.unused add constraint positive check (value > 0)',
  'alter domain lab.unused drop constraint positive',
])('%s is not', async text => {
  const before = await outside();
  const heard = await client.ask(say.query(text));
  expect(heard.map(({ type, body }) => (type === 'E' ? fieldsOf(body).M : ''))).toEqual(heard.map(() => ''));
  expect(await outside()).toBe(before);
});
