/** What a column is an argument of is said in the words of the text, for whoever is told that it may not be. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { analyzeWith, type TestCatalog, testCatalog } from './testing.ts';

let target: TestCatalog;
beforeAll(async () => {
  target = await testCatalog();
});
afterAll(() => target.close());

it.each([
  ['SELECT repeat(ssn, 1000000) FROM patients', '`repeat`'],
  ['SELECT ssn::int FROM patients', 'a cast to `integer`'],
  ['SELECT CAST(ssn AS date) FROM patients', 'a cast to `date`'],
  ['SELECT 1 / length(ssn) FROM patients', '`/`'],
  ['SELECT regexp_split_to_table(ssn, ssn) FROM patients', '`regexp_split_to_table`'],
  ['SELECT sum(length(ssn)::float8) FROM patients', '`sum`'],
  ['EXPLAIN (ANALYZE) SELECT ssn FROM patients WHERE ssn = name', '`EXPLAIN ANALYZE`'],
  ['EXPLAIN (ANALYZE) SELECT ssn FROM patients ORDER BY id', '`EXPLAIN ANALYZE`'],
])('of %s', (text, within) => {
  const analysis = analyzeWith(target.catalog, text);
  const uses = analysis.ok ? analysis.statements.flatMap(statement => statement.uses) : [];
  expect(uses.flatMap(use => use.within ?? [])).toContain(within);
});
