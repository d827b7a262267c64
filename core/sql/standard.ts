/** Defaults of columns: expressions that may read other tables through functions, so that what is put in by itself holds their values. */
import type { CatalogColumn, CatalogRelation } from '../catalog/snapshot.ts';
import type { ColumnRef } from './analysis.ts';
import { parseExpression } from './domain.ts';
import { expression } from './expression.ts';
import { RefusalError } from './refuse.ts';
import { Scope } from './scope.ts';
import { type Analyzer, searchPathOf } from './state.ts';
import { constant, noOrigins, type Value } from './value.ts';

const nothing: ReadonlyMap<number, readonly ColumnRef[]> = new Map();

/** What a default, as the catalog prints it, puts into a new row. */
export function standardValue(a: Analyzer, relation: CatalogRelation, text: string): Value {
  const node = parseExpression(text);
  if (!node) return constant(0);
  const { searchPath, temporarySchema } = a.catalog.header;
  const path = searchPathOf(a.catalog, searchPath, temporarySchema);
  const inner = a.nested({ origin: 'view', path, oid: relation.oid });
  try {
    return expression(inner, new Scope(null), node);
  } catch (error) {
    // What cannot be read is opaque as code of the table's own (`ownCode`).
    if (!(error instanceof RefusalError)) throw error;
    return constant(0);
  }
}

const textOf = (a: Analyzer, column: CatalogColumn): string | null =>
  column.generated === null ? (column.defaultText ?? a.catalog.type(column.typeOid)?.defaultText ?? null) : null;

function find(a: Analyzer, relation: CatalogRelation): ReadonlyMap<number, readonly ColumnRef[]> {
  const found = new Map<number, readonly ColumnRef[]>();
  for (const column of relation.columns) {
    const text = textOf(a, column);
    const { origins } = text === null ? constant(0) : standardValue(a, relation, text);
    if (origins.length > 0) found.set(column.attnum, origins);
  }
  return found.size === 0 ? nothing : found;
}

/** What the defaults of a table's columns are made of, by column number; those made of nothing are left out. */
function standardOrigins(a: Analyzer, relation: CatalogRelation): ReadonlyMap<number, readonly ColumnRef[]> {
  if (a.expanding.includes(relation.oid) || relation.columns.every(column => textOf(a, column) === null))
    return nothing;
  const key = `standard ${relation.oid} ${a.callPath.key}`;
  const known = a.catalog.memo.get(key) as ReadonlyMap<number, readonly ColumnRef[]> | undefined;
  const found = known ?? find(a, relation);
  if (!known && a.expanding.length === 0 && relation.oid > 0) a.catalog.memo.set(key, found);
  return found;
}

export const standardOf = (a: Analyzer, relation: CatalogRelation, column: CatalogColumn): readonly ColumnRef[] =>
  standardOrigins(a, relation).get(column.attnum) ?? noOrigins;

/** A new row is given them where the statement gives nothing: which columns that are is not told apart. */
export function standardFlows(a: Analyzer, relation: CatalogRelation): void {
  for (const [attnum, origins] of standardOrigins(a, relation)) {
    const column = relation.columns.find(candidate => candidate.attnum === attnum);
    if (!column) continue;
    for (const ref of origins) a.out.use(ref, 'source');
    a.out.flows.push({ target: { schema: relation.schema, relation: relation.name, column: column.name }, origins });
  }
}
