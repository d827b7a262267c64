/** nextval() and setval(): writes to a sequence that stand in an expression. */
import type { CatalogFunction } from '../catalog/snapshot.ts';
import { lookupRelation } from './relation.ts';
import { splitIdentifiers } from './search-path.ts';
import type { Analyzer } from './state.ts';
import type { Value } from './value.ts';

/** A regclass literal as schema and name. */
function splitName(text: string): { schema: string | null; name: string } | null {
  const parts = splitIdentifiers(text, '.') ?? [];
  const name = parts.at(-1);
  if (name === undefined || parts.length > 2) return null;
  return { schema: parts.length === 2 ? (parts[0] ?? null) : null, name };
}

export function sequenceCall(a: Analyzer, fn: CatalogFunction, args: readonly Value[]): void {
  if (fn.schema !== 'pg_catalog' || (fn.name !== 'nextval' && fn.name !== 'setval')) return;
  const literal = args[0]?.literal;
  if (literal?.kind === 'number') a.out.positional = true;
  const named = literal?.kind === 'text' ? splitName(literal.text) : null;
  const sequence = named ? lookupRelation(a, named.schema, named.name) : null;
  if (sequence) a.out.relation('write', 'update', sequence);
  else a.out.object('write', 'update', 'sequence', named?.name ?? '*', { schema: named?.schema ?? null });
}
