/** That a change of the catalog is never missed, whoever makes it and whenever it is committed, and that little else counts as one. */
import fc from 'fast-check';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, targetDatabase } from '#db/testing.ts';
import { type CatalogMark, catalogMark } from './fingerprint.ts';
import type { QueryPort } from './introspect.ts';

let database: TestDatabase;
let reader: postgres.Sql;
let writers: postgres.Sql[];
const open = () => postgres(database.url, { max: 1, onnotice: () => {}, connection: { lock_timeout: 1000 } });

beforeAll(async () => {
  database = await targetDatabase({
    sql: `create table people (id int primary key, name text);
      create function noted() returns trigger language plpgsql as 'begin return new; end';`,
  });
  reader = open();
  writers = [open(), open(), open()];
});
afterAll(async () => {
  await Promise.all([reader, ...writers].map(sql => sql.end({ timeout: 1 })));
  await database.drop();
});

const query: QueryPort = async text =>
  (await reader.unsafe(text).values()).map(row =>
    [...row].map(cell => (cell === null ? null : cell instanceof Date ? cell.toISOString() : String(cell))),
  );
const bySnapshot = async <T>(work: () => Promise<T>): Promise<T> => {
  await reader.unsafe('begin isolation level repeatable read read only');
  try {
    return await work();
  } finally {
    await reader.unsafe('commit');
  }
};
const look = (before: CatalogMark | null) => bySnapshot(() => catalogMark(query, before));
const run = (text: string, by = 0) => (writers[by] as postgres.Sql).unsafe(text).simple();

describe('a mark', () => {
  let mark: CatalogMark;
  beforeEach(async () => {
    mark = (await look(null)).mark;
  });

  const hasChanged = async (): Promise<boolean> => {
    const seen = await look(mark);
    mark = seen.mark;
    return seen.hasChanged;
  };

  it('changes with every definition', async () => {
    const steps = [
      'create schema lab',
      'create table lab.f (a int)',
      'alter table lab.f add column b text',
      'alter table lab.f rename column b to c',
      'alter table lab.f alter column c set default 5',
      'alter table lab.f alter column c drop default',
      'alter table lab.f drop column a',
      'alter table lab.f rename to g',
      'create view lab.v as select 1 as x',
      'create or replace view lab.v as select 2 as x',
      'create function lab.h() returns int language sql as $$ select 1 $$',
      'create or replace function lab.h() returns int language sql as $$ select 2 $$',
      'create trigger t after insert on lab.g for each row execute function noted()',
      'alter table lab.g disable trigger t',
      'drop trigger t on lab.g',
      "create type lab.e as enum ('a')",
      'create domain lab.d as text check (value <> $$x$$)',
      'create index named on lab.g (c)',
      'drop index lab.named',
      'create policy p on lab.g using (true)',
      'drop policy p on lab.g',
      'create operator lab.=== (leftarg = text, rightarg = text, function = texteq)',
      'create table lab.child () inherits (lab.g)',
      'alter table lab.child no inherit lab.g',
      'alter table lab.g add constraint k check (c is not null)',
      'alter table lab.g drop constraint k',
      'drop view lab.v',
      'drop schema lab cascade',
    ];
    for (const step of steps) {
      await run(step);
      expect(await hasChanged(), step).toBe(true);
      expect(await hasChanged(), `after ${step}`).toBe(false);
    }
  });

  it('stays with what is no definition, and with what is temporary and of others', async () => {
    const steps = [
      "insert into people values (1, 'a')",
      'analyze people',
      'vacuum people',
      'create temp table mine (id serial primary key, name text check (name <> $$x$$) default 5)',
      'create index on mine (name)',
      'create trigger t after insert on mine for each row execute function noted()',
      'create table pg_temp.child () inherits (mine)',
      'create view pg_temp.v as select * from mine',
      'create function pg_temp.f() returns int language sql as $$ select 1 $$',
      'create domain pg_temp.d as text check (value <> $$x$$)',
      'create temp table other (id int references mine, big text)',
      'alter table mine rename column name to called',
      'discard temp',
    ];
    for (const step of steps) {
      await run(step);
      expect(await hasChanged(), step).toBe(false);
    }
  });

  it('changes when a transaction commits that was under way before it was taken', async () => {
    await run('begin; alter table people rename name to called', 1);
    await run('begin; create table never (a int)', 2);
    expect(await hasChanged()).toBe(false);
    await run('create table between_them (a int)');
    expect(await hasChanged()).toBe(true);
    expect(await hasChanged()).toBe(false);
    await run('commit', 1);
    expect(await hasChanged()).toBe(true);
    await run('rollback', 2);
    expect(await hasChanged()).toBe(false);
    await run('drop table between_them; alter table people rename called to name');
    expect(await hasChanged()).toBe(true);
  });

  it('costs no look at the catalog where nobody has written anything', async () => {
    await run("insert into people values (2, 'b')");
    expect(await hasChanged()).toBe(false);
    const asked: string[] = [];
    await bySnapshot(() =>
      catalogMark(text => {
        asked.push(text);
        return query(text);
      }, mark),
    );
    expect(asked).toHaveLength(1);
  });

  it('of a horizon that the server has not reached does not count', async () => {
    const next = Number((await query('select pg_snapshot_xmax(pg_current_snapshot())'))[0]?.[0]);
    mark = { ...mark, snapshot: null, horizon: String(next + 1000) };
    expect(await hasChanged()).toBe(true);
    expect(await hasChanged()).toBe(false);
  });
});

it('never misses what several sessions change, in whatever order they begin and commit', {
  timeout: 120_000,
}, async () => {
  const session = fc.nat({ max: 2 });
  const name = fc.constantFrom('a', 'b');
  const step = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ by: session, text: fc.constantFrom('begin', 'commit', 'commit', 'rollback') }),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(
          session,
          name,
          fc.constantFrom(
            (n: string, by: number) => `create table r${by}_${n} (x int default 1)`,
            (n: string, by: number) => `drop table r${by}_${n}`,
            (n: string, by: number) => `drop table if exists r${by}_${n}; create table r${by}_${n} (x int default 1)`,
            (n: string, by: number) => `alter table r${by}_${n} rename x to y`,
            (n: string, by: number) => `alter table r${by}_${n} rename y to x`,
            (n: string, by: number) => `alter table r${by}_${n} alter x drop default`,
            (n: string, by: number) => `create or replace view w${by}_${n} as select ${n === 'a' ? 1 : 2} as x`,
            (n: string, by: number) => `drop view w${by}_${n}`,
            (n: string) => `create temp table t_${n} (x int)`,
            (n: string) => `drop table pg_temp.t_${n}`,
            (_: string, by: number) => `savepoint s${by}`,
            (_: string, by: number) => `rollback to savepoint s${by}`,
          ),
        )
        .map(([by, n, make]) => ({ by, text: make(n, by) })),
    },
  );
  // Read as it is stored: describing a view waits for whoever is changing it.
  const content = async () =>
    JSON.stringify(
      await query(`select c.oid, c.relname, c.relkind, a.attname, a.attnum, a.atthasdef, r.ev_action
        from pg_class c join pg_attribute a on a.attrelid = c.oid left join pg_rewrite r on r.ev_class = c.oid
        where c.relnamespace = 'public'::regnamespace and c.relpersistence = 'p' order by c.oid, a.attnum`),
    );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async steps => {
      for (const by of [0, 1, 2])
        await run(['a', 'b'].map(n => `create table if not exists r${by}_${n} (x int default 1);`).join(' '), by);
      let { mark } = await look(null);
      let before = await bySnapshot(content);
      for (const { by, text } of steps) {
        await run(text, by).catch(() => undefined);
        const seen = await bySnapshot(async () => ({ ...(await catalogMark(query, mark)), after: await content() }));
        if (!seen.hasChanged) expect(seen.after, text).toBe(before);
        mark = seen.mark;
        before = seen.after;
      }
      for (const by of [0, 1, 2]) await run('rollback', by).catch(() => undefined);
    }),
    { numRuns: 30 },
  );
});
