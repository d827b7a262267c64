/** What a held write would do, computed beside it: rows, plan, cascades, triggers, lock; and nothing is changed by asking. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Catalog } from '#core/catalog/lookup.ts';
import type { CatalogData } from '#core/catalog/snapshot.ts';
import { impactSchema } from '#core/contract/proxy.ts';
import { access, statement } from '#core/policy/testing.ts';
import type { AccessVerb, StatementAnalysis } from '#core/sql/analysis.ts';
import { targetDatabase } from '#db/testing.ts';
import type { UpstreamTarget } from '../config.ts';
import { computeImpact, type ImpactQuestion } from './impact.ts';
import { readCatalog } from './introspect.ts';
import { QueryClient } from './query-client.ts';
import { targetOf } from './target-testing.ts';

let target: UpstreamTarget;
let data: CatalogData;
let client: QueryClient;

beforeAll(async () => {
  const database = await targetDatabase({
    sql: `create schema app;
      create table app.customers (id int primary key, email text, level int);
      create table app.orders (id int primary key, customer int references app.customers on delete cascade);
      create table app.items (id int primary key, orders int references app.orders on delete cascade);
      create table app.notes (id int, customer int constraint of_whom references app.customers on delete set null);
      create table app.bills (id int, customer int references app.customers on delete restrict);
      insert into app.customers select n, 'c' || n, n % 4 from generate_series(1, 200) n;
      create function app.touch() returns trigger language plpgsql as 'begin return new; end';
      create trigger stamp before update on app.customers for each row execute function app.touch();
      create trigger other before insert on app.customers for each row execute function app.touch();
      create table app.seen (id int);
      create function app.snoop(n int) returns int language plpgsql as 'begin insert into app.seen values (n); return n; end';
      create table app.big (id int);
      insert into app.big select generate_series(1, 200000);
      analyze;`,
  });
  target = targetOf(database.url);
});
beforeEach(async () => {
  client = await QueryClient.connect(target, { timeoutMs: 10_000 });
  data = await readCatalog(texts => client.queryAll(texts), 'user');
});
afterEach(() => client.close());

const oidOf = (name: string) =>
  data.relations.find(relation => relation.schema === 'app' && relation.name === name)?.oid ?? 0;
const write = (verb: AccessVerb, name: string, more: Partial<StatementAnalysis> = {}) =>
  statement({
    kind: verb as StatementAnalysis['kind'],
    accesses: [access(verb === 'drop' ? 'drop' : 'write', `app.${name}`, { verb, object: { oid: oidOf(name) } })],
    ...more,
  });
const impact = async (text: string, write: StatementAnalysis, more: Partial<ImpactQuestion> = {}) =>
  impactSchema.parse(
    await computeImpact({
      target,
      text,
      statements: [write],
      parameters: null,
      searchPath: ['app', 'public'],
      catalog: Catalog.of(data),
      foreignKeys: data.foreignKeys,
      timeoutMs: 5_000,
      nowMs: Date.now,
      ...more,
    }),
  );

describe('impact', () => {
  it("counts the rows of an update in the session's search path, and changes nothing", async () => {
    const before = await client.query('select sum(level) from app.customers');
    const found = await impact(
      "update customers set level = 9 where level = 1 and email like 'c%'",
      write('update', 'customers'),
    );
    expect(found).toMatchObject({
      exactRows: 50,
      tableRows: 200,
      triggers: ['app.customers: trigger stamp'],
      cascades: [],
      note: null,
      lock: expect.stringContaining('ROW EXCLUSIVE'),
    });
    expect(found.planRows).toBeGreaterThan(0);
    expect(found.planCost).toBeGreaterThan(0);
    expect(found.exactMs).toBeGreaterThanOrEqual(0);
    expect(await client.query('select sum(level) from app.customers')).toEqual(before);
  });

  it('uses the parameters as they were bound, of whatever type the server finds', async () => {
    const text = 'update customers set email = $1 where level = $2 and id < $3';
    const binary = Buffer.alloc(4);
    binary.writeInt32BE(101);
    const parameters = {
      types: [0, 0, 23],
      formats: [0, 0, 1],
      values: [Buffer.from('new'), Buffer.from('2'), binary],
    };
    expect(await impact(text, write('update', 'customers'), { parameters })).toMatchObject({
      exactRows: 25,
      note: null,
    });
  });

  it('follows what a delete sets off', async () => {
    const found = await impact('delete from customers where id = 1', write('delete', 'customers'));
    expect(found.exactRows).toBe(1);
    expect(found.cascades.map(each => each.relation).sort()).toEqual(['app.items', 'app.notes', 'app.orders']);
    expect(found.cascades.find(each => each.constraint === 'of_whom')?.action).toMatch(/null/);
  });

  it('takes its own statement out of a message, and adds up several', async () => {
    const text = '/* żółć */ update customers set level = 0 where id = 1; delete from customers where id in (2, 3)';
    const start = Buffer.byteLength(text.slice(0, text.indexOf('update')));
    const second = Buffer.byteLength(text.slice(0, text.indexOf('delete')));
    const statements = [
      write('update', 'customers', { start, length: Buffer.byteLength('update customers set level = 0 where id = 1') }),
      write('delete', 'customers', { start: second }),
    ];
    expect(await impact(text, statements[0] as StatementAnalysis, { statements })).toMatchObject({ exactRows: 3 });
  });

  it('calls nothing that could have an effect', async () => {
    const calls = { functions: [{ oid: 1, schema: 'app', name: 'snoop', trust: 'unknown' as const }] };
    const found = await impact(
      'update customers set level = 0 where snoop(id) = 1',
      write('update', 'customers', calls),
    );
    expect(found).toMatchObject({ exactRows: null, planRows: null, note: expect.stringContaining('app.snoop') });
    // Even if the analysis had been wrong about it.
    const mistaken = await impact('update customers set level = 0 where snoop(id) = 1', write('update', 'customers'));
    expect(mistaken).toMatchObject({ exactRows: null, note: expect.stringContaining('25006') });
    expect(await client.query('select count(*) from app.seen')).toEqual([['0']]);
  });

  it('gives up in time and says so', async () => {
    const text =
      'delete from big where id in (select a.id from big a, big b where a.id + b.id = -1 or sqrt(a.id * b.id) < 0)';
    const startedAt = performance.now();
    const found = await impact(text, write('delete', 'big'), { timeoutMs: 300 });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(found).toMatchObject({ exactRows: null, note: 'counting took too long', tableRows: 200_000 });
    expect(found.planRows).not.toBeNull();
  });

  it('knows the lock of a drop, and that there is nothing to count', async () => {
    const found = await impact('drop table customers', write('drop', 'customers', { kind: 'ddl' }));
    expect(found).toMatchObject({ exactRows: null, tableRows: 200, lock: expect.stringContaining('ACCESS EXCLUSIVE') });
  });

  it('is there in part when the database cannot be asked, or does not understand', async () => {
    const down = await impact('delete from customers', write('delete', 'customers'), {
      target: { ...target, port: 1 },
    });
    expect(down).toMatchObject({
      exactRows: null,
      tableRows: 200,
      note: expect.stringContaining('could not be asked'),
    });
    const gone = await impact('delete from nowhere', write('delete', 'customers'));
    expect(gone).toMatchObject({ exactRows: null, note: expect.stringContaining('42P01') });
  });
});
