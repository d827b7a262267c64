import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Catalog, catalogOf, withUserPart } from '#core/catalog/lookup.ts';
import type { CatalogData } from '#core/catalog/snapshot.ts';
import { oneByOne, readCatalog } from '#proxy/control/introspect.ts';
import { analyzeWith, refName, type TestCatalog, testCatalog } from './testing.ts';

const folder = new URL('../../../shared/testdata/bytebase-query-span/pg/', import.meta.url);
const present = fs.existsSync(folder);
const read = <T>(name: string): T => JSON.parse(fs.readFileSync(new URL(name, folder), 'utf8')) as T;

type Table = { name: string; columns: { name: string; type?: string }[] };
type Schema = {
  name: string;
  tables?: Table[];
  functions?: { definition: string }[];
  views?: { name: string; definition: string }[];
};
type Case = {
  id: string;
  sql: string;
  metadata: { name: string; schemas?: Schema[] }[];
  expect: { type: string; results: { name: string; sources: string[] }[] };
};
type Check = {
  id: string;
  pgAccepts: boolean;
  columnsMatch?: boolean;
  originMismatch?: unknown[];
  columnTypesUsed?: string;
};

/** The checker of the data tried these types, in this order, until PostgreSQL accepted the statement. */
const typeOf = (used: string | undefined, given: string | undefined): string => {
  if (used === 'meta' || used === undefined) return given || 'text';
  return used === 'mixed' ? given || 'int' : used;
};

let target: TestCatalog;

/** The case's own tables and functions, seen from inside a transaction that is then undone. */
async function catalogOfCase(each: Case, used: string | undefined): Promise<Catalog> {
  await target.sql.unsafe('BEGIN').simple();
  try {
    for (const schema of each.metadata.flatMap(database => database.schemas ?? [])) {
      for (const table of schema.tables ?? []) {
        const columns = table.columns.map(column => `"${column.name}" ${typeOf(used, column.type)}`);
        await target.sql.unsafe(`CREATE TABLE public."${table.name}" (${columns.join(', ')})`).simple();
      }
      for (const view of schema.views ?? [])
        await target.sql.unsafe(`CREATE VIEW public."${view.name}" AS ${view.definition}`).simple();
      for (const fn of schema.functions ?? []) await target.sql.unsafe(fn.definition).simple();
    }
    const user: CatalogData = await readCatalog(oneByOne(target.query), 'user');
    return catalogOf(withUserPart(target.data, user));
  } finally {
    await target.sql.unsafe('ROLLBACK').simple();
  }
}

describe.runIf(present)('query span data', () => {
  beforeAll(async () => {
    target = await testCatalog({ sql: '' });
  });
  afterAll(() => target.close());

  it('finds every source column of every output, and refuses few', async () => {
    const checks = new Map(read<Check[]>('pg15-oracle-check.json').map(check => [check.id, check]));
    const trusted = read<Case[]>('cases.json').filter(each => {
      const check = checks.get(each.id);
      return check?.columnsMatch === true && (check.originMismatch ?? []).length === 0;
    });
    const missing: string[] = [];
    const refused: string[] = [];
    for (const each of trusted) {
      const catalog = await catalogOfCase(each, checks.get(each.id)?.columnTypesUsed);
      const analysis = analyzeWith(catalog, each.sql);
      if (!analysis.ok) {
        refused.push(`${each.id}: ${analysis.refusal.message}`);
        continue;
      }
      const outputs = analysis.statements[0]?.outputs ?? [];
      for (const [index, result] of each.expect.results.entries()) {
        const found = new Set(outputs[index]?.origins.map(refName));
        const wanted = result.sources.map(source => source.split('.').slice(-2).join('.'));
        const absent = wanted.filter(name => !found.has(name));
        if (absent.length > 0) missing.push(`${each.id} column ${index}: ${absent.join(', ')}`);
      }
      if (each.expect.results.length > 0 && outputs.length !== each.expect.results.length)
        missing.push(`${each.id}: ${outputs.length} columns instead of ${each.expect.results.length}`);
    }
    expect(trusted.length).toBeGreaterThan(30);
    expect(missing).toEqual([]);
    expect(refused.length, refused.join('\n')).toBeLessThanOrEqual(trusted.length / 10);
  });

  it('analyses or refuses everything else, never failing', async () => {
    const battery = read<{ fixture: Record<string, string[]>; cases: { sql: string }[] }>('battery-sql-only.json');
    const tables = Object.entries(battery.fixture).map(([name, columns]) => ({
      name,
      columns: columns.map(column => ({ name: column })),
    }));
    const metadata = [{ name: 'db', schemas: [{ name: 'public', tables }] }];
    const catalog = await catalogOfCase({ id: '', sql: '', metadata, expect: { type: '', results: [] } }, 'meta');
    const texts = [...battery.cases.map(each => each.sql), ...read<Case[]>('cases.json').map(each => each.sql)];
    for (const text of texts) {
      const analysis = analyzeWith(catalog, text);
      expect(analysis.ok || analysis.refusal.message.length > 0).toBe(true);
    }
  });
});
