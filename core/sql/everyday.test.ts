/** What real tools and people send every day resolves, to the very columns the server describes: refusing it is what makes people switch a proxy off. */
import fs from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { analyzeWith, type TestCatalog, testCatalog } from './testing.ts';

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

type Described = { name: string; type: number; table: number; column: number };

/** One statement as the server describes it; null where this version does not take it, undefined for what it does not describe. */
async function described(text: string): Promise<Described[] | null | undefined> {
  if (!/^(--.*\n|\/\*.*\*\/|\s)*(select|with|values|table|insert|update|delete|merge)\b/i.test(text)) return undefined;
  try {
    const { columns } = await target.sql.unsafe(text).describe();
    return columns.map(column => {
      const { name, type, table, number } = column as unknown as Described & { number: number };
      // System columns have negative numbers; the driver reads them unsigned.
      return { name, type, table, column: (number << 16) >> 16 };
    });
  } catch {
    return null;
  }
}

/** RowDescription gives what a domain is made of. */
const baseType = (typeOid: number): number => {
  const type = target.catalog.type(typeOid);
  return type?.kind === 'd' ? type.baseOid : typeOid;
};

/** What is wrong with the analysis, if anything. */
function problemOf(text: string, server: Described[] | undefined): string | null {
  const analysis = analyzeWith(target.catalog, text);
  if (!analysis.ok) return `${text}\nis refused: ${analysis.refusal.message}`;
  const opaque = analysis.statements.flatMap(({ accesses }) => accesses.filter(({ action }) => action === 'opaque'));
  if (opaque.length > 0) return `${text}\nis opaque: ${opaque.map(access => access.object.name).join()}`;
  if (server === undefined) return null;
  const outputs = (analysis.statements[0]?.outputs ?? []).map(({ name, typeOid, wire }, index) => ({
    name: name?.slice(0, 63) ?? server[index]?.name,
    type: baseType(typeOid) || server[index]?.type,
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
])('%s', async (name, comparedMin) => {
  const problems: string[] = [];
  let compared = 0;
  for (const text of statementsOf(name)) {
    const server = await described(text);
    if (server === null) continue;
    if (server !== undefined) compared++;
    const problem = problemOf(text, server);
    if (problem !== null) problems.push(problem);
  }
  expect(problems).toEqual([]);
  expect(compared).toBeGreaterThanOrEqual(comparedMin);
});
