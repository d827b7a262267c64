/** The server as oracle: for generated queries it says which columns a view of them depends on, and what each output is. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatementAnalysis } from './analysis.ts';
import { Draw, statementOf } from './query-testing.ts';
import { analyzeWith, type TestCatalog, testCatalog } from './testing.ts';

let target: TestCatalog;
beforeAll(async () => {
  target = await testCatalog();
});
afterAll(() => target.close());

type Described = { name: string; type: number; table: number; column: number };

/** What RowDescription says, without running the statement. */
async function describeStatement(text: string): Promise<Described[]> {
  const description = await target.sql.unsafe(text).describe();
  return description.columns.map(column => {
    const { name, type, table, number } = column as unknown as {
      name: string;
      type: number;
      table: number;
      number: number;
    };
    return { name, type, table, column: number };
  });
}

/** Columns that PostgreSQL records a view of the query to depend on. */
async function dependencies(text: string): Promise<string[]> {
  await target.sql.unsafe('BEGIN').simple();
  try {
    await target.sql.unsafe(`CREATE VIEW lab.oracle AS ${text}`).simple();
    const rows = await target.sql`
      SELECT DISTINCT d.refobjid::int8 AS oid, d.refobjsubid AS attnum FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
      WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND r.ev_class = 'lab.oracle'::regclass
      AND d.deptype = 'n' AND d.refobjsubid > 0`;
    return rows.map(row => `${row.oid}.${row.attnum}`).sort();
  } finally {
    await target.sql.unsafe('ROLLBACK').simple();
  }
}

const readsOf = (statement: StatementAnalysis): string[] =>
  statement.reads
    .filter(ref => ref.attnum > 0)
    .map(ref => `${ref.relationOid}.${ref.attnum}`)
    .sort();

async function check(text: string): Promise<boolean> {
  let described: Described[];
  let depends: string[];
  try {
    described = await describeStatement(text);
    depends = await dependencies(text);
  } catch {
    return false;
  }
  const analysis = analyzeWith(target.catalog, text);
  if (!analysis.ok) throw new Error(`${analysis.refusal.message}\n${text}`);
  const [statement] = analysis.statements;
  if (!statement) throw new Error(`no statement\n${text}`);
  const outputs = (statement.outputs ?? []).map(({ name, typeOid, wire }) => ({
    name,
    type: typeOid,
    table: wire?.relationOid ?? 0,
    column: wire?.attnum ?? 0,
  }));
  expect({ text, outputs }).toEqual({ text, outputs: described });
  expect({ text, reads: readsOf(statement) }).toEqual({ text, reads: depends });
  return true;
}

describe('generated queries', () => {
  it('read what PostgreSQL says they read, and give what it says they give', async () => {
    let accepted = 0;
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(1_000_000), { minLength: 30, maxLength: 120 }), async numbers => {
        tried++;
        if (await check(statementOf(new Draw(numbers)))) accepted++;
      }),
      { numRuns: 400, seed: 20_261_121, endOnFailure: true },
    );
    // Most of what is generated has to be valid SQL, or nothing is shown.
    expect(accepted / tried).toBeGreaterThan(0.7);
  }, 120_000);
});
