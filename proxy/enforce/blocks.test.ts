/** DO blocks of migrations run where policy allows what they define; behind any other block masked values might pass. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { type TestDatabase, targetDatabase } from '#db/testing.ts';
import { fieldsOf, say, WireClient } from '../postgres/wire-testing.ts';
import { type Governed, startGoverned } from './governed-testing.ts';

const developer = policySchema.parse({
  name: 'developer',
  rules: [
    { id: 'all', effect: 'allow' },
    { id: 'masks', effect: 'mask', objects: { level: 'confidential' }, mask: { kind: 'redact' } },
  ],
});

let database: TestDatabase;
let proxy: Governed;
let client: WireClient;
beforeAll(async () => {
  database = await targetDatabase({
    sql: `
      create table people (id int primary key, ssn text);
      insert into people values (1, 'quagliotti');
      create table jobs (id int primary key, person int, note text not null);
      create function look() returns text language sql as 'select ssn from people';
      create function shout() returns void language plpgsql as $$ begin perform pg_notify('a', 'b'); end $$;
      create procedure note(given text) language plpgsql as $$ begin
        insert into jobs values (9, 9, given); raise notice 'noted %', given; end $$;
      create function peep() returns int language plpgsql as $$ begin
        insert into jobs values (8, 8, 'x'); perform ssn from people; return 1; end $$;`,
  });
  proxy = await startGoverned({
    upstreamUrl: database.url,
    policies: [developer],
    labels: { 'public.people.ssn': 'pii.free_text' },
  });
  client = await WireClient.through(proxy.port);
});
afterAll(async () => {
  client.close();
  await proxy.close();
  await database.drop();
});

const ask = async (text: string): Promise<string[]> => {
  const heard = await client.ask(say.query(text));
  return heard.filter(({ type }) => type === 'E').map(({ body }) => fieldsOf(body).M ?? '');
};

it.each([
  `DO 'BEGIN CREATE TYPE "public"."enum_jobs_state" AS ENUM(''new'', ''done''); EXCEPTION WHEN duplicate_object THEN null; END'`,
  `DO $$ BEGIN CREATE TYPE "public"."mood" AS ENUM('calm', 'busy'); EXCEPTION WHEN duplicate_object THEN null; END $$;`,
  `do $$ begin if not exists (select 1 from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typname = 'kind') then create type kind as enum ('a'); end if; end $$`,
  `DO $$ BEGIN ALTER TABLE "jobs" ADD CONSTRAINT "jobs_person_fk" FOREIGN KEY ("person") REFERENCES "public"."jobs"("id") ON DELETE cascade; EXCEPTION WHEN duplicate_object THEN null; END $$`,
  `do $$ begin if exists (select 1 from information_schema.columns where table_name = 'jobs' and column_name = 'note') then alter table jobs alter column note drop not null; end if; end $$`,
  'do $$ begin drop table if exists nothing; create schema if not exists extra; end $$',
  "do $$ begin set local client_min_messages = 'error'; raise warning using errcode = 'undefined_table', message = 'not there', detail = 'it is made'; end; $$",
  'do $$ begin perform 1; end $$',
  "do $$ begin perform set_config('work_mem', '8MB', true); end $$",
  "do $$ begin if not exists (select from pg_roles where rolname = 'nobody_here') then raise notice 'there is no nobody'; end if; end $$",
])('runs %s', async text => {
  expect([await ask(text), await ask(text)]).toEqual([[], []]);
});

it.each([
  'select pg_advisory_xact_lock($$1$$::int)',
  'select pg_try_advisory_xact_lock(1, 2)',
  "select pg_notify('jobs', 'made')",
  'select pg_sleep(0)',
  'do $$ begin create type seen as enum (); exception when duplicate_object then null; end $$',
  'select shout()',
  "call note('a')",
])('lets the server say which constraint objects behind %s', async first => {
  await ask('begin');
  expect(await ask(first)).toEqual([]);
  const heard = await client.ask(say.query("insert into jobs values (0, 1, 'a'), (0, 1, 'b')"));
  await ask('rollback');
  const { C, n, t, D } = fieldsOf(heard.find(({ type }) => type === 'E')?.body as Buffer);
  expect({ C, n, t, D }).toEqual({ C: '23505', n: 'jobs_pkey', t: 'jobs', D: 'Key (id)=(0) already exists.' });
});

it.each([
  'select look()',
  'select peep()',
  'select id from people',
  "select pg_notify('jobs', ssn) from people where false",
])('withholds what the server says behind %s', async first => {
  await ask('begin');
  await ask(first);
  const heard = await client.ask(say.query("insert into jobs values (0, 1, 'a'), (0, 1, 'b')"));
  await ask('rollback');
  expect(fieldsOf(heard.find(({ type }) => type === 'E')?.body as Buffer).n).toBeUndefined();
});

it.each([
  'do $$ begin create type seen as enum (); perform ssn from people; end $$',
  'do $$ begin create type seen as enum (); perform note from jobs; end $$',
  'do $$ begin create type seen as enum (); perform look(); end $$',
  "do $$ begin create type seen as enum (); insert into jobs values (9, 9, 'x'); end $$",
  "do $$ begin create type seen as enum (); execute 'select ssn' || ' from people'; end $$",
  'do $$ begin create table seen as select ssn from people; end $$',
  'do $$ begin create view seen as select ssn from people; end $$',
  'do $$ begin alter table people add column seen text; end $$',
  'do $$ begin create function seen() returns text language sql as $f$ select ssn from people $f$; end $$',
  'do $$ begin create type seen as enum (); perform most_common_vals from pg_stats; end $$',
  'do language plperl $$ 1 $$',
  'do $$ begin perform look(); end $$',
  "do $$ declare seen text; begin select ssn into seen from people; raise notice '%', seen; end $$",
  'do $$ begin perform note from jobs; end $$',
  "do $$ begin execute 'select ' || current_setting('search_path'); end $$",
  "do $$ declare c refcursor := 'open_one'; seen record; begin fetch c into seen; raise notice '%', seen; end $$",
  "do $$ begin raise notice '%', (select most_common_vals from pg_stats limit 1); end $$",
  "do $$ begin raise notice '%', (select query from pg_stat_get_activity(null) limit 1); end $$",
  "do $$ begin raise notice '%', pg_stat_get_backend_activity(1); end $$",
  "do $$ begin raise notice '%', cursor_to_xml('c', 1, true, true, ''); end $$",
  "do $$ begin raise notice '%', (select pg_read_file('PG_VERSION')); end $$",
  "do $$ begin raise notice '%', lo_get(1); end $$",
  "do $$ begin raise notice '%', (select passwd from pg_shadow limit 1); end $$",
  "do $$ begin raise notice '%', (select stavalues1 from pg_statistic limit 1); end $$",
  "do $$ begin raise notice '%', (select most_common_vals from pg_stats limit 1); end $$",
  "do $$ begin raise notice '%', (select n from ts_stat('select to_tsvector(ssn) from people') s(word, docs, n)); end $$",
  "do $$ begin raise notice '%', query_to_xml('select ssn from people', true, true, ''); end $$",
])('refuses %s', async text => {
  const [error = ''] = await ask(text);
  expect(error).toMatch(/refused by policy|cannot be resolved/);
});

it('gives on what a block says that touches nothing', async () => {
  const heard = await client.ask(say.query("do $$ begin raise notice 'nothing to do for %', current_schema(); end $$"));
  expect(heard.filter(({ type }) => type === 'N').map(({ body }) => fieldsOf(body).M)).toEqual([
    'nothing to do for public',
  ]);
});

it('says what to do instead of a block that works on rows', async () => {
  const heard = await client.ask(say.query("do $$ begin update jobs set note = 'x' where id = 1; end $$"));
  const { M, H } = fieldsOf(heard.find(({ type }) => type === 'E')?.body as Buffer);
  expect(M).toContain('to run a DO block that does more than make and change objects');
  expect(H).toContain('make a procedure of them and CALL it, or ask for a rule');
  await ask("create procedure mark() language plpgsql as $$ begin update jobs set note = 'x' where id = 1; end $$");
  expect(await ask('call mark()')).toEqual([]);
});
