/** What real tools and people send every day resolves, to the very columns the server describes: refusing it is what makes people switch a proxy off. */
import fs from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { analyzeWith, type Described, describedBy, describedType, type TestCatalog, testCatalog } from './testing.ts';

const folder = new URL('./everyday/', import.meta.url);
const readText = (name: string): string => fs.readFileSync(new URL(name, folder), 'utf8');

const statementsOf = (name: string): string[] =>
  readText(name)
    .split(/\n\s*\n/)
    .slice(1)
    .map(text => text.trim())
    .filter(text => text !== '');

let target: TestCatalog;
beforeAll(async () => {
  target = await testCatalog({ sql: readText('world.sql') });
});
afterAll(() => target.close());

/** Whether the server describes it by columns at all. */
const isDescribed = (text: string): boolean =>
  /^(--.*\n|\/\*.*\*\/|\s)*(select|with|values|table|insert|update|delete|merge)\b/i.test(text);

/** What is wrong with the analysis, if anything. */
function problemOf(text: string, server: Described[] | undefined): string | null {
  const analysis = analyzeWith(target.catalog, text);
  if (!analysis.ok) return `${text}\nis refused: ${analysis.refusal.message}`;
  const opaque = analysis.statements.flatMap(({ accesses }) => accesses.filter(({ action }) => action === 'opaque'));
  if (opaque.length > 0) return `${text}\nis opaque: ${opaque.map(access => access.object.name).join()}`;
  if (server === undefined) return null;
  const outputs = (analysis.statements[0]?.outputs ?? []).map(({ name, typeOid, wire }, index) => ({
    name: name?.slice(0, 63) ?? server[index]?.name,
    type: describedType(target, typeOid) || server[index]?.type,
    table: wire?.relationOid ?? 0,
    column: wire?.attnum ?? 0,
  }));
  const [mine, theirs] = [JSON.stringify(outputs), JSON.stringify(server)];
  return mine === theirs ? null : `${text}\ngives ${mine}\nnot   ${theirs}`;
}

it.each([
  ['reports.sql', 120],
  ['applications.sql', 60],
  ['tools.sql', 100],
  ['migrations.sql', 0],
  ['mappers.sql', 50],
])('%s', async (name, comparedMin) => {
  const problems: string[] = [];
  let compared = 0;
  for (const text of statementsOf(name)) {
    const server = isDescribed(text) ? await describedBy(target, text) : undefined;
    if (server === null) continue;
    if (server !== undefined) compared++;
    const problem = problemOf(text, server);
    if (problem !== null) problems.push(problem);
  }
  expect(problems).toEqual([]);
  expect(compared).toBeGreaterThanOrEqual(comparedMin);
});
