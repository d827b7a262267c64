/**
 * Non-interference, as a test of the analysis: two databases that differ in secret columns alone answer a query alike unless the
 * analysis names a secret, as an origin of the output that differs or as a use that may change anything.
 */

import fs from 'node:fs';
import fc from 'fast-check';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { targetDatabase } from '#db/testing.ts';
import type { ColumnRef, StatementAnalysis } from './analysis.ts';
import { Draw, statementOf } from './query-testing.ts';
import { analyzeWith, type TestCatalog, testCatalog } from './testing.ts';

const secret = new Set([
  'patients.ssn',
  'patients.email',
  'patients.balance',
  'patients.profile',
  'visits.note',
  'scratch.note',
]);
const isSecret = (ref: ColumnRef): boolean => secret.has(`${ref.relation}.${ref.column}`);

/** Rows whose secrets are made from the salt, everything else from the row number. */
const rowsFor = (salt: string, shift: number): string => `
INSERT INTO patients (id, email, name, ssn, born, balance, city, tags, profile)
  SELECT g, '${salt}' || g || '@example.com', 'Name ' || g, (100 + g * ${shift}) || '-' || '${salt}' || '-' || g, date '1980-01-01' + g,
    g * ${shift} % 17, CASE g % 3 WHEN 0 THEN 'Lisbon' ELSE 'Austin' END, ARRAY['t' || g], jsonb_build_object('a', '${salt}' || g, 'n', g * ${shift})
  FROM generate_series(1, 7) g;
INSERT INTO visits (id, patient_id, doctor, note, cost)
  SELECT g, g % 7 + 1, 'Dr ' || g % 2, CASE WHEN g % 4 > 0 THEN '${salt}' || (g * ${shift} % 5) END, g * 10 FROM generate_series(1, 9) g;
INSERT INTO lab.scratch (id, note, extra) SELECT g, '${salt}' || g, '{"a": 1}' FROM generate_series(1, 3) g;
INSERT INTO readings (id, patient_id, value, raw) SELECT g * 40, g, g, '{"b": 2}' FROM generate_series(1, 5) g;
REFRESH MATERIALIZED VIEW spenders;`;

/** One plan for every query, so that nothing but the data decides the order of rows. */
const onePlan = ['hashjoin', 'mergejoin', 'hashagg', 'bitmapscan', 'indexscan', 'indexonlyscan', 'memoize', 'material']
  .map(method => `SET enable_${method} = off;`)
  .join(' ');

let target: TestCatalog;
const databases: postgres.Sql[] = [];

beforeAll(async () => {
  target = await testCatalog();
  const schema = fs.readFileSync(new URL('./testing.sql', import.meta.url), 'utf8');
  for (const [salt, shift] of [
    ['alpha', 7],
    ['omega', 11],
  ] as const) {
    const database = await targetDatabase({ sql: `${schema}\n${rowsFor(salt, shift)}` });
    const sql = postgres(database.url, { max: 1, onnotice: () => undefined, fetch_types: false });
    await sql.unsafe(`${onePlan} SET statement_timeout = '2s'`).simple();
    databases.push(sql);
  }
});
afterAll(async () => {
  await Promise.all([target, ...databases].map(each => ('close' in each ? each.close() : each.end({ timeout: 5 }))));
});

type Answer = { error: string } | { rows: (string | null)[][] };

async function answer(sql: postgres.Sql, text: string): Promise<Answer> {
  try {
    const rows = (await sql.unsafe(text).raw()) as unknown as (Buffer | null)[][];
    return { rows: Array.from(rows, row => (row ?? []).map(cell => cell?.toString('utf8') ?? null)) };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    // Invalid whatever the data: nothing was compared.
    if (code?.startsWith('42') || code === '0A000' || code === '57014') return { error: 'invalid' };
    return { error: `${code} ${message}` };
  }
}

/** Indexes of the columns that differ; null when rows or errors do. */
function differences(one: Answer, other: Answer): number[] | null {
  if ('error' in one || 'error' in other) return JSON.stringify(one) === JSON.stringify(other) ? [] : null;
  if (one.rows.length !== other.rows.length) return null;
  const found = new Set<number>();
  for (const [index, row] of one.rows.entries())
    for (const [column, cell] of row.entries()) if (cell !== other.rows[index]?.[column]) found.add(column);
  return [...found];
}

/** Nullness is the same in both databases. */
const usesSecret = (statement: StatementAnalysis): boolean =>
  statement.uses.some(use => isSecret(use.column) && use.context !== 'predicate_null' && !use.viaView);

async function check(text: string): Promise<'invalid' | 'same' | 'differs'> {
  const [one, other] = await Promise.all(databases.map(sql => answer(sql, text)));
  if (!one || !other || ('error' in one && one.error === 'invalid') || ('error' in other && other.error === 'invalid'))
    return 'invalid';
  const found = differences(one, other);
  if (found?.length === 0) return 'same';
  const analysis = analyzeWith(target.catalog, text);
  if (!analysis.ok) return 'same';
  const [statement] = analysis.statements;
  if (!statement || usesSecret(statement)) return 'differs';
  if (found === null)
    throw new Error(
      `rows or errors differ, and no use says so: ${JSON.stringify([one, other]).slice(0, 500)}\n${text}`,
    );
  for (const column of found)
    if (!statement.outputs?.[column]?.origins.some(isSecret))
      throw new Error(`column ${column} differs, and no origin says so\n${text}`);
  return 'differs';
}

describe('two databases that differ in secrets alone', () => {
  it('answer alike unless the analysis says why not', async () => {
    const counts = { invalid: 0, same: 0, differs: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(1_000_000), { minLength: 30, maxLength: 150 }), async numbers => {
        counts[await check(statementOf(new Draw(numbers, true)))]++;
      }),
      { numRuns: 500, seed: 2026, endOnFailure: true },
    );
    expect(counts.differs).toBeGreaterThan(40);
    expect(counts.invalid).toBeLessThan(250);
  }, 180_000);
});
