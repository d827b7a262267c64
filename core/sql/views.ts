/** Views by their definitions: read once per catalog, then known. */
import type { CatalogRelation } from '../catalog/snapshot.ts';
import type { Collector } from './collect.ts';
import { defaultTextLimits } from './guard.ts';
import { parseText } from './parse.ts';
import { RefusalError, unresolved } from './refuse.ts';
import { query } from './select.ts';
import { type Analyzer, searchPathOf } from './state.ts';
import type { Field } from './value.ts';

export type Expansion = { columns: readonly Field[]; out: Collector };

export function expandView(a: Analyzer, relation: CatalogRelation): Expansion {
  const key = `view ${relation.oid} ${a.callPath.key}`;
  const known = a.catalog.memo.get(key) as Expansion | RefusalError | undefined;
  if (known instanceof RefusalError) throw known;
  if (known) return known;
  try {
    const expansion = read(a, relation);
    a.catalog.memo.set(key, expansion);
    return expansion;
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    const name = `${relation.schema}.${relation.name}`;
    const refusal = new RefusalError('unresolved', 'view', `view ${name} cannot be resolved: ${error.message}`);
    a.catalog.memo.set(key, refusal);
    throw refusal;
  }
}

function read(a: Analyzer, relation: CatalogRelation): Expansion {
  if (a.expanding.includes(relation.oid)) unresolved('view', undefined, 'the view refers to itself');
  const parsed = parseText(relation.definition ?? '', defaultTextLimits);
  const node = parsed.ok ? parsed.statements[0]?.stmt : undefined;
  if (!node) return unresolved('view', undefined, 'its definition does not parse');
  const { searchPath, temporarySchema } = a.catalog.header;
  const path = searchPathOf(a.catalog, searchPath, temporarySchema);
  const inner = a.nested({ origin: 'view', path, oid: relation.oid });
  const { columns } = query(inner, null, node);
  return { columns, out: inner.out };
}
