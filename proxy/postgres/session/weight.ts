/** About how much memory it takes to remember what was found out about a statement: far more than its text where it has many columns. */
import type { StatementAnalysis } from '#core/sql/analysis.ts';
import type { Ruling } from './ruling.ts';

const baseBytes = 2_000;
const itemBytes = 200;

export function weightOfAnalysis({ outputs, reads, uses, functions, accesses }: StatementAnalysis): number {
  const items = (outputs?.length ?? 0) + reads.length + uses.length + functions.length + accesses.length;
  return baseBytes + itemBytes * items;
}

const partBytes = 100;

export function weightOfRuling({ key, fragment, statements, analysis }: Ruling): number {
  const parts = analysis.ok ? 0 : partBytes * (analysis.refusal.parts?.length ?? 0);
  return statements.reduce(
    (sum, each) => sum + weightOfAnalysis(each.analysis),
    key.length + 2 * fragment.length + parts,
  );
}
