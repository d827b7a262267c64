import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Analysis } from './analysis.ts';
import { templateOf } from './template.ts';
import { analyzeWith, type TestCatalog, testCatalog } from './testing.ts';

let target: TestCatalog;
beforeAll(async () => {
  target = await testCatalog();
});
afterAll(() => target.close());

/** What may differ between texts of one template: literals and offsets. */
const comparable = (analysis: Analysis): unknown => {
  if (!analysis.ok) return { ...analysis, literals: [], refusal: { ...analysis.refusal, position: null } };
  const statements = analysis.statements.map(statement => ({
    ...statement,
    start: 0,
    length: 0,
    hazards: statement.hazards.map(hazard => ({ ...hazard, position: null })),
  }));
  return { ...analysis, literals: [], statements };
};

describe('templates', () => {
  it.each([
    ['SELECT * FROM t WHERE id = 5', 'SELECT * FROM t WHERE id = ?', ['5']],
    ['SELECT a1, 2 FROM t1', 'SELECT a1, ? FROM t1', ['2']],
    ['SELECT 1.5, 10, 1e5, 0x1f, 1_0', 'SELECT 1.5, ?, 1e5, 0x1f, 1_0', ['10']],
    ['SELECT 1234567890, 123456789', 'SELECT 1234567890, ?', ['123456789']],
    ['SELECT -5+-6', 'SELECT -?+-?', ['5', '6']],
  ])('of %s', (text, key, literals) => {
    expect(templateOf(text)).toEqual({ key, literals });
  });

  it.each([
    "SELECT 'x'",
    'SELECT "x"',
    'SELECT 1 -- 2',
    'SELECT 1 /* 2 */',
    'SELECT $1',
    'SELECT ä',
    'SELECT a[1]',
    'SELECT 1::int',
    'x\\y',
  ])('of %s there are none', text => {
    expect(templateOf(text)).toBeNull();
  });

  it('stand for every text they fit, where the analysis says so', () => {
    const pieces = fc.constantFrom(
      ...`SELECT id FROM patients WHERE|id = #|AND cost > #|, # AS x|ORDER BY #|ORDER BY id|LIMIT #|OFFSET #|GROUP BY #|GROUP BY id, #|UPDATE visits SET cost = #|
DELETE FROM visits WHERE|INSERT INTO lab.scratch (id) VALUES|(#)|, (#, #)|SELECT|count(*)|balance * #|FROM patients|, visits|JOIN visits USING (id)|nextval(#)|
patient(#)|numeric(#, #)|CAST(id AS numeric(#, #))|IN (#, #)|BETWEEN # AND #|CASE WHEN id = # THEN # ELSE # END|FETCH FIRST # ROWS ONLY|SET statement_timeout = #|
EXPLAIN (ANALYZE #) SELECT #|WITH t AS (SELECT #) SELECT * FROM t|UNION SELECT #|TABLESAMPLE system (#)|OVER (ORDER BY # ROWS # PRECEDING)|= #;|- #|HAVING # = #|DISTINCT ON (#)|
make_interval(days => #)|substr(name, #, #)|round(balance, #)|WINDOW w AS (ORDER BY #)|GROUPING SETS ((#), (id))`
        .split('|')
        .map(piece => piece.trim()),
    );
    let stood = 0;
    fc.assert(
      fc.property(
        fc.array(pieces, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(999_999_999), { minLength: 24, maxLength: 24 }),
        (parts, numbers) => {
          const fill = (offset: number): string => {
            let at = offset;
            return parts.join(' ').replaceAll('#', () => String(numbers[(at++ % 12) + offset] ?? 0));
          };
          const [one, other] = [fill(0), fill(12)];
          const template = templateOf(one);
          expect(template?.key).toBe(templateOf(other)?.key);
          const analysis = analyzeWith(target.catalog, one);
          if (!analysis.ok || !analysis.literalFree || !template) return;
          stood++;
          expect(comparable(analyzeWith(target.catalog, other))).toEqual(comparable(analysis));
        },
      ),
      { numRuns: 4000, seed: 4 },
    );
    expect(stood).toBeGreaterThan(50);
  });

  it.each([
    ['SELECT id FROM patients WHERE id = 1', true],
    ['SELECT id FROM patients ORDER BY 1', false],
    ['SELECT city, count(*) FROM patients GROUP BY 1', false],
    ['SELECT nextval(16400)', false],
    ['SET statement_timeout = 0', false],
    ['SELECT 1; SELECT 2', false],
    ['UPDATE visits SET cost = 5 WHERE id = 6', true],
  ])('%s may stand for others: %s', (text, expected) => {
    const analysis = analyzeWith(target.catalog, text);
    expect(analysis.ok && analysis.literalFree).toBe(expected);
  });
});
