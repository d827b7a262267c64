import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogOf, withUserPart } from '#core/catalog/lookup.ts';
import { type TestCatalog, testCatalog } from '#core/sql/testing.ts';
import { catalogMark } from './fingerprint.ts';
import { oneByOne, readCatalog } from './introspect.ts';

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
    const user = await readCatalog(oneByOne(target.query), 'user');
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

  it('can be read by a role that owns nothing', async () => {
    await run('CREATE ROLE introspect_nobody; SET ROLE introspect_nobody');
    try {
      const data = await readCatalog(oneByOne(target.query), 'all');
      expect(data.role).toBe('introspect_nobody');
      expect(catalogOf(data).relationNamed('public', 'directory')?.definition).toContain('upper');
      expect((await catalogMark(target.query, null)).mark.fingerprint).not.toBe('');
    } finally {
      await run('RESET ROLE; DROP ROLE introspect_nobody');
    }
  });
});
