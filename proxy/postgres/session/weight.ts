/** About how much memory it takes to remember what was found out about a statement: far more than its text where it has many columns. */
import type { StatementAnalysis } from '#core/sql/analysis.ts';
import type { Ruling } from './ruling.ts';

const baseBytes = 2_000;
const itemBytes = 200;

export function weightOfAnalysis({ outputs, reads, uses, functions, accesses }: StatementAnalysis): number {
  const items = (outputs?.length ?? 0) + reads.length + uses.length + functions.length + accesses.length;
  return baseBytes + itemBytes * items;
}

export const weightOfRuling = ({ key, fragment, statements }: Ruling): number =>
  statements.reduce((sum, { analysis }) => sum + weightOfAnalysis(analysis), key.length + 2 * fragment.length);
