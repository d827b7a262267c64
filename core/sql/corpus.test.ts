/** The attack and compatibility corpus, where it is present: introspection of real clients resolves, and nothing crashes. */
import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyzeWith, describedBy, describedType, type TestCatalog, testCatalog } from './testing.ts';

const folder = new URL('../../../shared/corpus/', import.meta.url);
const shop = new URL('shop.sql', folder);

type Step = { q?: string; parse?: { sql?: string } };
type Case = { id: string; group: string; sql?: string; steps?: Step[] };

const casesOf = (): Case[] =>
  fs
    .readFileSync(new URL('corpus-dev.jsonl', folder), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Case);

const textsOf = (each: Case): string[] =>
  each.sql === undefined
    ? (each.steps ?? []).flatMap(step => step.q ?? step.parse?.sql ?? []).filter(text => !text.includes('{{'))
    : [each.sql];

let target: TestCatalog;

describe.runIf(fs.existsSync(shop))('the corpus', () => {
  beforeAll(async () => {
    target = await testCatalog({ file: shop.pathname });
  });
  afterAll(() => target.close());

  it('has introspection that all resolves, to the very columns the server describes', async () => {
    const problems: string[] = [];
    let compared = 0;
    for (const each of casesOf().filter(({ id }) => id.startsWith('benign_introspection')))
      for (const text of textsOf(each)) {
        const server = await describedBy(target, text);
        if (server === null || text.startsWith('SHOW')) continue;
        const analysis = analyzeWith(target.catalog, text);
        if (!analysis.ok) {
          problems.push(`${each.id}: ${analysis.refusal.message}`);
          continue;
        }
        const opaque = analysis.statements.flatMap(({ accesses }) =>
          accesses.filter(({ action }) => action === 'opaque'),
        );
        if (opaque.length > 0) problems.push(`${each.id}: ${opaque.map(access => access.object.name).join()}`);
        const outputs = (analysis.statements[0]?.outputs ?? []).map(({ name, typeOid, wire }) => ({
          name: name?.slice(0, 63) ?? null,
          type: describedType(target, typeOid),
          table: wire?.relationOid ?? 0,
          column: wire?.attnum ?? 0,
        }));
        if (JSON.stringify(outputs) !== JSON.stringify(server))
          problems.push(`${each.id}: ${JSON.stringify(outputs)} is not ${JSON.stringify(server)}`);
        compared++;
      }
    expect(problems).toEqual([]);
    expect(compared).toBeGreaterThan(35);
  });

  it('is analysed or refused, never more', () => {
    for (const each of casesOf())
      for (const text of textsOf(each)) {
        const analysis = analyzeWith(target.catalog, text);
        expect(analysis.ok || analysis.refusal.code.length > 0, each.id).toBe(true);
      }
  });
});
