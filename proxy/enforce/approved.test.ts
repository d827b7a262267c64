/** An approval covers what was shown: nothing that has another definition by the time it runs. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { runSql, type TestDatabase, targetDatabase } from '#db/testing.ts';
import { testIdentity } from '../postgres/proxy-testing.ts';
import { fieldsOf, type Heard, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const approvals = policySchema.parse({
  name: 'ask',
  rules: [
    {
      id: 'writes',
      effect: 'approve',
      actions: ['write', 'opaque'],
      approvers: { roles: ['reviewer'] },
      reason: 'writes are looked at',
    },
  ],
});

const definitions = `
  create table stock (id int primary key, count int, price int);
  insert into stock select g, 10, 5 from generate_series(1, 3) g;
  create table log (id int, what text default 'none');
  create domain quantity as int check (value > 0);
  create table parts (id int, n quantity);
  insert into parts values (1, 9);
  create function purge() returns void language sql as 'delete from stock where id = 11';
  create function dynamic() returns void language plpgsql as $$ begin execute coalesce(current_setting('app.a', true), 'select 1'); end $$;
  create procedure tidied() language plpgsql as $$ begin delete from stock where id = 11; end $$;
  create view cheap as select * from stock where id = 1;
  create function watched() returns trigger language plpgsql as $$ begin return new; end $$;
  create trigger watched before update on stock for each row execute function watched();
  create view lines as select * from log;
  create rule lines_insert as on insert to lines do instead insert into log values (new.id, 'x');
  create table crates (id int, note text);
  create table former (id int, note text);
  create table parts_of (id int) partition by range (id);
  create table low partition of parts_of for values from (0) to (10);
  create table high (id int);
  create function is_low(int) returns boolean language sql as 'select $1 < 10';
  create function is_meant(int) returns boolean language sql as 'select is_low($1)';
  create view meant as select * from crates where is_meant(id);
  create view meant_again as select * from meant;
  create table kept (id int check (is_meant(id)));
  create table secured (id int);
  alter table secured enable row level security;
  create policy low on secured using (is_meant(id));
  create schema lab;
  create function lab.helper() returns int language sql as 'select 1';
`;

let proxy: Governed;
let client: WireClient;
let database: TestDatabase;

beforeAll(async () => {
  database = await targetDatabase({ sql: definitions });
  proxy = await startGoverned({ upstreamUrl: database.url, policies: [allowAll, approvals] });
});

afterAll(() => proxy.close());

beforeEach(async () => {
  client?.close();
  client = await WireClient.through(proxy.port);
});

const errorOf = (heard: Heard[]) => fieldsOf(heard.find(each => each.type === 'E')?.body ?? Buffer.from([0]));
const approve = { outcome: 'approved', by: ['reviewer@example.com'], reason: 'fine' } as const;

/** What is asked for, and how somebody else makes it mean something else under the same names. */
const changes: [string, string, string][] = [
  [
    'a function',
    'select purge()',
    "create or replace function purge() returns void language sql as 'delete from stock where id = 12'",
  ],
  [
    'a function whose statements nobody can read',
    'select dynamic()',
    "create or replace function dynamic() returns void language plpgsql as $$ begin execute coalesce(current_setting('app.b', true), 'select 1'); end $$",
  ],
  [
    'a procedure',
    'call tidied()',
    'create or replace procedure tidied() language plpgsql as $$ begin delete from stock where id = 12; end $$',
  ],
  ['a view', 'update cheap set count = 0', 'create or replace view cheap as select * from stock'],
  [
    'columns',
    'update stock set count = 0 where id = 2',
    'alter table stock rename count to kept; alter table stock rename price to count; alter table stock rename kept to price',
  ],
  [
    'the function of a trigger',
    'update stock set count = 1 where id = 2',
    'create or replace function watched() returns trigger language plpgsql as $$ begin new.price := 0; return new; end $$',
  ],
  ['a default', 'insert into log (id) values (1)', "alter table log alter what set default 'more'"],
  [
    'a rule',
    'insert into lines values (1)',
    "create or replace rule lines_insert as on insert to lines do instead insert into log values (new.id, 'y')",
  ],
  ['heirs', 'delete from crates', 'alter table former inherit crates'],
  ['partitions', 'delete from parts_of', 'alter table parts_of attach partition high for values from (10) to (20)'],
  ...['delete from meant_again', 'insert into kept values (1)', 'delete from secured'].map(
    (text, index): [string, string, string] => [
      `a function behind what it reads or writes, as in ${text}`,
      text,
      `create or replace function is_low(int) returns boolean language sql as 'select $1 < ${20 + index}'`,
    ],
  ),
  [
    'a domain',
    'update parts set n = 2',
    'alter domain quantity drop constraint quantity_check; alter domain quantity add check (value > 1)',
  ],
];

async function change(text: string): Promise<void> {
  await runSql(database.url, text);
  await proxy.catalogs.refresh(testIdentity.connection.id);
}

it.each(changes)('runs nothing with %s that was replaced while it waited', async (_, text, replacing) => {
  client.send(say.query(text));
  await client.until('N');
  await change(replacing);
  proxy.desk.filed.at(-1)?.decide(approve);
  expect(errorOf(await client.until('Z')).M).toContain('policy or tables changed while the statement waited');
  // And it can be asked for as it is now.
  client.clear();
  client.send(say.query(text));
  await client.until('N');
  await change('analyze stock; create table unrelated (id int); drop table unrelated');
  proxy.desk.filed.at(-1)?.decide(approve);
  expect(errorOf(await client.until('Z')).M).toBeUndefined();
});

it('takes no approval for a function that finds something else along another path', async () => {
  await client.ask(say.query("set weir.wait = 'off'"));
  await client.ask(say.query('select dynamic()'));
  const { hash = '', id = '' } = proxy.desk.filed.at(-1)?.held ?? {};
  proxy.desk.claimable.set(hash, id);
  await client.ask(say.query('set search_path = lab, public'));
  expect(errorOf(await client.ask(say.query('select dynamic()'))).M).toContain('approval required');
  await client.ask(say.query('reset search_path'));
  expect(errorOf(await client.ask(say.query('select dynamic()'))).M).toBeUndefined();
});
