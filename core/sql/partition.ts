/** Where a row of a partitioned table lies is decided by its key: to tell the partition, or to read just one, is to test the key. */
import type { Catalog } from '../catalog/lookup.ts';
import type { CatalogColumn, CatalogRelation } from '../catalog/snapshot.ts';
import type { ColumnRef } from './analysis.ts';
import { relationFields } from './relation.ts';
import type { Analyzer } from './state.ts';

const isKey = (relation: CatalogRelation, column: CatalogColumn): boolean =>
  relation.partitionKey?.some(attnum => attnum === column.attnum || attnum === 0) ?? false;

/** The relation's columns by these names with everything they stand for: labels of parents count as its own. */
const originsOf = (a: Analyzer, relation: CatalogRelation, names: ReadonlySet<string>): readonly ColumnRef[] =>
  relationFields(a, relation)
    .filter(({ name }) => names.has(name))
    .flatMap(({ value }) => value.origins);

const keyNames = (relations: readonly CatalogRelation[]): ReadonlySet<string> =>
  new Set(relations.flatMap(each => each.columns.filter(column => isKey(each, column)).map(({ name }) => name)));

/** The relation and what is below it, as far as it is divided further. */
function divided(catalog: Catalog, relation: CatalogRelation): CatalogRelation[] {
  if (relation.kind !== 'p') return [];
  const below = catalog.children(relation.oid).flatMap(oid => catalog.relation(oid) ?? []);
  return [relation, ...below.flatMap(child => divided(catalog, child))];
}

/** What `tableoid` of its rows tells, and `ctid`, which counts them in each partition anew. */
export const dividedBy = (a: Analyzer, relation: CatalogRelation): readonly ColumnRef[] =>
  originsOf(a, relation, keyNames(divided(a.catalog, relation)));

/** What being in this very partition tells of a row. */
export const partitionedBy = (a: Analyzer, relation: CatalogRelation): readonly ColumnRef[] =>
  relation.kind === 'p' || relation.kind === 'r' || relation.kind === 'f'
    ? originsOf(a, relation, keyNames(a.catalog.ancestors(relation)))
    : [];

/** That a partition is read, counted or changed by itself. */
export function notePartition(a: Analyzer, relation: CatalogRelation): void {
  if (relation.parents.length === 0) return;
  for (const column of partitionedBy(a, relation)) a.out.use(column, 'predicate');
}
