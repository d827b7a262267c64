/** Live catalogs of real databases: found at start, followed through DDL, with the labels of the bundle in force. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fail, ok, type Result } from '#core/contract/error.ts';
import { catalogPushSchema } from '#core/contract/proxy.ts';
import { runSql, type TestDatabase, targetDatabase } from '#db/testing.ts';
import type { UpstreamTarget } from '../config.ts';
import type { AppliedBundle } from '../ports.ts';
import { appliedBundle } from './bundle.ts';
import { type Installation, ids, makeInstallation } from './bundle-testing.ts';
import { catalogPush } from './catalog-push.ts';
import { Catalogs, type CatalogsOptions } from './catalogs.ts';
import { targetOf } from './target-testing.ts';

let here: Installation;
let database: TestDatabase;
let current: Result<AppliedBundle>;
let changes: string[];
let states: string[];
const running: Catalogs[] = [];

const label = { relationOid: 0, attnum: 0, schema: 'public', relation: 'customers', column: 'email' };
const bundleWith = (generation: number) =>
  ok(
    appliedBundle(
      here.bundle({ labels: { [ids.shop]: [{ ...label, label: 'pii.email', level: 'confidential' }] } }),
      generation,
    ),
  );

beforeEach(async () => {
  here = await makeInstallation();
  database = await targetDatabase({
    sql: `create table customers (id int primary key, email varchar(80) not null, total numeric(10,2), seen timestamptz(3)[]);
      create view emails as select email from customers;
      create function twice(n int) returns int language sql as 'select n * 2';`,
  });
  current = bundleWith(1);
  changes = [];
  states = [];
});
afterEach(async () => {
  for (const catalogs of running.splice(0)) await catalogs.stop();
  await database.drop();
});

const start = async (more: Partial<CatalogsOptions> = {}, target: UpstreamTarget = targetOf(database.url)) => {
  const catalogs = new Catalogs({
    targets: new Map([['shop-prod', target]]),
    current: () => current,
    clock: { nowMs: Date.now, nowUs: () => 0 },
    timeoutMs: 5_000,
    pollMs: 60_000,
    onChanged: change => changes.push(change.name),
    onState: state => states.push(`${state.ok} ${state.message}`),
    ...more,
  });
  running.push(catalogs);
  await catalogs.start();
  return catalogs;
};
const viewOf = (catalogs: Catalogs) => {
  const view = catalogs.of(ids.shop);
  if (!view.ok) throw new Error(view.error.message);
  return view.value;
};

describe('catalogs', () => {
  it('are there after start, with labels resolved against them', async () => {
    const view = viewOf(await start());
    const customers = view.catalog.relationNamed('public', 'customers');
    expect(customers?.columns.map(column => column.name)).toEqual(['id', 'email', 'total', 'seen']);
    const [, email] = customers?.columns ?? [];
    if (!customers || !email) throw new Error('no table');
    expect(view.labels.ofColumn(view.catalog.columnRef(customers, email))).toMatchObject([{ label: 'pii.email' }]);
    expect(changes).toEqual(['shop-prod']);
  });

  it('are read where a connection has prepared statements of somebody else, as behind a pooler', async () => {
    await runSql(
      database.url,
      `create function taken() returns event_trigger language plpgsql as $$ begin
         for n in 0..20 loop execute format('prepare weir_%s as select %s', n, n); end loop; end $$;
       create event trigger taken on login execute function taken(); alter event trigger taken enable always;`,
    );
    const catalogs = await start();
    expect(viewOf(catalogs).catalog.relationNamed('public', 'customers')).not.toBeNull();
    await runSql(database.url, 'alter table customers add phone text');
    const after = await catalogs.refresh(ids.shop);
    expect(after.ok && after.value.catalog.relationNamed('public', 'customers')?.columns).toHaveLength(5);
    expect(states).toEqual([]);
  });

  it('give the same view until bundle or catalog changes, and another one then', async () => {
    const catalogs = await start();
    const first = viewOf(catalogs);
    await catalogs.refresh(ids.shop);
    expect(viewOf(catalogs)).toBe(first);
    current = bundleWith(2);
    const second = viewOf(catalogs);
    expect(second).not.toBe(first);
    expect(second.generation).toBeGreaterThan(first.generation);
    await runSql(database.url, 'alter table customers add phone text');
    const third = await catalogs.refresh(ids.shop);
    if (!third.ok) throw new Error(third.error.message);
    expect(third.value.generation).toBeGreaterThan(second.generation);
    expect(third.value.catalog.relationNamed('public', 'customers')?.columns.at(-1)?.name).toBe('phone');
    expect(changes).toHaveLength(2);
  });

  it('never answer a refresh from before it was asked', async () => {
    const catalogs = await start();
    for (let round = 0; round < 5; round++) {
      const underWay = catalogs.refresh(ids.shop);
      await runSql(database.url, `create table t${round} (a int)`);
      const after = await catalogs.refresh(ids.shop);
      await underWay;
      expect(after.ok && after.value.catalog.relationNamed('public', `t${round}`)?.name).toBe(`t${round}`);
    }
  });

  it('look when a session begins, once for many', async () => {
    const catalogs = await start();
    const before = viewOf(catalogs);
    await runSql(database.url, 'create table at_the_door (a int)');
    await expect
      .poll(
        () => {
          for (let index = 0; index < 20; index++) catalogs.glance('shop-prod');
          return viewOf(catalogs) !== before;
        },
        { timeout: 10_000 },
      )
      .toBe(true);
    expect(changes).toHaveLength(2);
  });

  it('find by themselves what changed behind the proxy', async () => {
    const catalogs = await start({ pollMs: 20 });
    await runSql(database.url, 'drop view emails');
    await expect.poll(() => viewOf(catalogs).catalog.relationNamed('public', 'emails'), { timeout: 10_000 }).toBeNull();
  });

  it('stay the same when only temporary tables of other sessions came and went', async () => {
    const catalogs = await start();
    const before = viewOf(catalogs);
    await runSql(database.url, 'create temp table scratch (a int)');
    await catalogs.refresh(ids.shop);
    expect(viewOf(catalogs)).toBe(before);
  });

  it('fail closed without bundle, connection or database, and recover', async () => {
    let port = 1;
    const target = targetOf(database.url);
    const catalogs = await start(
      { pollMs: 20 },
      {
        ...target,
        get port() {
          return port;
        },
      },
    );
    expect(catalogs.of(ids.shop)).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    expect(catalogs.status()).toMatchObject([
      { reachable: false, message: expect.stringContaining('cannot be reached') },
    ]);
    port = target.port;
    await expect.poll(() => catalogs.of(ids.shop).ok, { timeout: 10_000 }).toBe(true);
    await expect.poll(() => states.at(-1)).toBe('true reachable again');
    port = 1;
    expect(catalogs.of(ids.vault)).toMatchObject({ error: { code: 'unknown_connection' } });
    current = fail('bundle_expired', 'expired');
    expect(catalogs.of(ids.shop)).toMatchObject({ error: { code: 'bundle_expired' } });
  });

  it('are told to the control plane without the system, with types in words', async () => {
    const catalogs = await start();
    const data = catalogs.known('shop-prod')?.data;
    if (!data) throw new Error('no catalog');
    const push = catalogPushSchema.parse(catalogPush(ids.shop, data, []));
    expect(push.relations.map(relation => relation.name).sort()).toEqual(['customers', 'emails']);
    expect(push.relations.find(relation => relation.name === 'customers')?.columns.map(column => column.type)).toEqual([
      'integer',
      'character varying(80)',
      'numeric(10,2)',
      'timestamp(3) with time zone[]',
    ]);
    expect(push.functions).toMatchObject([{ name: 'twice', arguments: 'n integer', result: 'integer' }]);
    expect(catalogPush(ids.shop, data, []).hash).toBe(push.hash);
  });
});
