/** What psql and pg_dump ask of the system catalogs, recorded from the tools themselves: all of it resolves, as the server says. */
import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatementAnalysis } from './analysis.ts';
import { analyzeWith, describedBy, describedType, type TestCatalog, testCatalog } from './testing.ts';

const recorded = JSON.parse(
  fs.readFileSync(new URL('./recorded-introspection.json', import.meta.url), 'utf8'),
) as Record<string, string[]>;

let target: TestCatalog;
beforeAll(async () => {
  target = await testCatalog();
});
afterAll(() => target.close());

describe.each(Object.entries(recorded))('%s', (_, texts) => {
  it('resolves to the columns the server describes, with nothing unknown in it', async () => {
    const prepared = new Map<string, StatementAnalysis>();
    const problems: string[] = [];
    let compared = 0;
    for (const text of texts) {
      const analysis = analyzeWith(target.catalog, text, { prepared });
      const server = await describedBy(target, text);
      if (!analysis.ok) {
        if (server !== null) problems.push(`${analysis.refusal.message}: ${text.slice(0, 200)}`);
        continue;
      }
      for (const { effects, accesses } of analysis.statements) {
        for (const effect of effects) if (effect.type === 'prepare') prepared.set(effect.name, effect.analysis);
        const unknown = accesses.filter(({ action }) => action === 'opaque' || action === 'call');
        if (unknown.length > 0)
          problems.push(`${unknown.map(access => access.object.name).join()}: ${text.slice(0, 200)}`);
      }
      const [statement] = analysis.statements;
      if (server === null || statement?.kind !== 'select') continue;
      compared++;
      const outputs = (statement.outputs ?? []).map(({ name, typeOid, wire }) => ({
        name: name?.slice(0, 63) ?? null,
        type: describedType(target, typeOid),
        table: wire?.relationOid ?? 0,
        column: wire?.attnum ?? 0,
      }));
      if (JSON.stringify(outputs) !== JSON.stringify(server))
        problems.push(`described otherwise: ${text.slice(0, 200)}`);
    }
    expect(problems).toEqual([]);
    expect(compared).toBeGreaterThan(texts.length / 3);
  });
});
