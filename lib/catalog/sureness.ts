/** What speaks for a suggestion, from the column's name and from its values together. */
import 'server-only';
import { foundEvidence } from '#core/catalog/suggest-values.ts';
import type { suggestion } from '#db/schema/catalog.ts';
import type { SuggestionBasis } from './schema.ts';

type Row = Pick<typeof suggestion.$inferSelect, 'confidence' | 'evidence' | 'found' | 'foundConfidence'>;

export const evidenceOf = ({ evidence, found }: Row): string[] => [...evidence, ...foundEvidence(found)];

export function surenessOf(row: Row): { confidence: number; evidence: string[]; basis: SuggestionBasis[] } {
  const basis: SuggestionBasis[] = [];
  if (row.evidence.length > 0) basis.push('name');
  if (row.found.length > 0) basis.push('values');
  return { confidence: Math.max(row.confidence, row.foundConfidence), evidence: evidenceOf(row), basis };
}
