import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogOf, withUserPart } from '#core/catalog/lookup.ts';
import { type TestCatalog, testCatalog } from '#core/sql/testing.ts';
import { catalogFingerprint, readCatalog } from './introspect.ts';

let target: TestCatalog;
beforeAll(async () => {
  target = await testCatalog();
});
afterAll(() => target.close());

const run = (text: string) => target.sql.unsafe(text).simple();

describe('a catalog snapshot', () => {
  it('holds what names mean, system objects included', () => {
    const { catalog, data } = target;
    expect(data.serverVersion).toBeGreaterThanOrEqual(150000);
    expect(data.searchPath).toEqual(['pg_catalog', 'public']);
    const patients = catalog.relationNamed('public', 'patients');
    expect(patients).toMatchObject({ kind: 'r', definition: null, temporary: false, extension: null });
    expect(patients?.columns.find(column => column.name === 'initials')).toMatchObject({
      virtual: false,
      notNull: false,
    });
    expect(patients?.columns.find(column => column.name === 'initials')?.generated).toContain('left');
    expect(patients?.columns.find(column => column.name === 'balance')).toMatchObject({
      hasDefault: true,
      defaultText: '0',
    });
    expect(catalog.relationNamed('public', 'directory')?.definition).toContain('upper');
    expect(catalog.relationNamed('pg_catalog', 'pg_class')?.columns.length).toBeGreaterThan(30);
    expect(catalog.relationNamed('public', 'readings_low')?.parents).toEqual([
      catalog.relationNamed('public', 'readings')?.oid,
    ]);
    expect(catalog.relationNamed('lab', 'scratch')?.triggers).toMatchObject([
      { name: 'scratch_noted', enabled: true, events: ['insert'] },
    ]);
    expect(catalog.relationNamed('lab', 'log')?.rules).toMatchObject([{ name: 'log_kept', event: 'delete' }]);
    expect(catalog.typeNamed('public', 'postcode')?.checks[0]).toContain('VALUE');
    expect(catalog.functionsNamed('find')[0]).toMatchObject({ language: 'plpgsql', returnsSet: true, atomic: false });
    expect(catalog.functionsNamed('mail_of')[0]).toMatchObject({ atomic: true });
    expect(data.foreignKeys).toMatchObject([{ onDelete: 'c', columns: [2], referencedColumns: [1] }]);
    expect(catalog.relation(1)).toBeNull();
  });

  it('sees what a transaction made, and its temporary tables, without the system objects', async () => {
    await run('BEGIN; CREATE TABLE lab.fresh (a int); CREATE TEMP TABLE patients (only_here int)');
    const user = await readCatalog(target.query, 'user');
    await run('ROLLBACK');
    expect(user.relations.some(relation => relation.schema === 'pg_catalog')).toBe(false);
    const merged = catalogOf(withUserPart(target.data, user));
    expect(merged.relationNamed('lab', 'fresh')?.columns.map(column => column.name)).toEqual(['a']);
    expect(user.temporarySchema).toMatch(/^pg_temp_\d+$/);
    expect(user.searchPath[0]).toBe(user.temporarySchema);
    expect(merged.relationNamed(user.temporarySchema ?? '', 'patients')).toMatchObject({ temporary: true });
    expect(merged.relationNamed('pg_catalog', 'pg_class')).not.toBeNull();
    expect(target.catalog.relationNamed('lab', 'fresh')).toBeNull();
  });

  it('has a fingerprint that changes with every definition, and with nothing else', async () => {
    const steps = [
      'CREATE TABLE lab.f (a int)',
      'ALTER TABLE lab.f ADD COLUMN b text',
      'ALTER TABLE lab.f RENAME COLUMN b TO c',
      'ALTER TABLE lab.f ALTER COLUMN c SET DEFAULT 5',
      'ALTER TABLE lab.f DROP COLUMN a',
      'ALTER TABLE lab.f RENAME TO g',
      'CREATE VIEW lab.v AS SELECT 1 AS x',
      'CREATE OR REPLACE VIEW lab.v AS SELECT 2 AS x',
      'CREATE FUNCTION lab.h() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
      'CREATE OR REPLACE FUNCTION lab.h() RETURNS int LANGUAGE sql AS $$ SELECT 2 $$',
      'CREATE TRIGGER t AFTER INSERT ON lab.g FOR EACH ROW EXECUTE FUNCTION noted()',
      'ALTER TABLE lab.g DISABLE TRIGGER t',
      "CREATE TYPE lab.e AS ENUM ('a')",
      'CREATE SCHEMA other',
      'CREATE INDEX ON lab.g (c)',
      'CREATE OPERATOR lab.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)',
      'DROP VIEW lab.v',
      'DROP SCHEMA other',
    ];
    let before = await catalogFingerprint(target.query);
    for (const step of steps) {
      await run(step);
      const after = await catalogFingerprint(target.query);
      expect(after, step).not.toBe(before);
      before = after;
    }
    for (const step of ['INSERT INTO lab.g VALUES (1)', 'ANALYZE lab.g', 'VACUUM lab.g', "UPDATE lab.g SET c = 'x'"]) {
      await run(step);
      expect(await catalogFingerprint(target.query), step).toBe(before);
    }
  });

  it('can be read by a role that owns nothing', async () => {
    await run('CREATE ROLE introspect_nobody; SET ROLE introspect_nobody');
    try {
      const data = await readCatalog(target.query, 'all');
      expect(data.role).toBe('introspect_nobody');
      expect(catalogOf(data).relationNamed('public', 'directory')?.definition).toContain('upper');
      expect(await catalogFingerprint(target.query)).not.toBe('');
    } finally {
      await run('RESET ROLE; DROP ROLE introspect_nobody');
    }
  });
});
