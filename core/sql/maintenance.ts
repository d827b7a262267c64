/** VACUUM, ANALYZE, CLUSTER, REINDEX, CHECKPOINT and TRUNCATE. */

import type { CatalogRelation } from '../catalog/snapshot.ts';
import { nameOf } from './dml.ts';
import { elsewhere } from './extent.ts';
import { isOn } from './option.ts';
import { ownCode } from './own-code.ts';
import type { Pg } from './parse.ts';
import { unresolved } from './refuse.ts';
import { relationFields, relationFor } from './relation.ts';
import type { Analyzer } from './state.ts';
import { nothing, type Outcome } from './statement.ts';
import { writeTo } from './write.ts';

const hasOption = (options: readonly Pg.Node[] | undefined, name: string): boolean =>
  (options ?? []).some(option => 'DefElem' in option && option.DefElem.defname === name && isOn(option.DefElem));

/** Of a schema, or of the whole database. */
const tablesIn = (a: Analyzer, schema: string | null): readonly CatalogRelation[] =>
  [...a.catalog.userRelations()].filter(
    each =>
      (each.kind === 'r' || each.kind === 'p' || each.kind === 'm') && (schema === null || each.schema === schema),
  );

export function vacuumStatement(a: Analyzer, node: Pg.VacuumStmt): Outcome {
  const verb = node.is_vacuumcmd ? 'vacuum' : 'analyze';
  const names: string[] = [];
  for (const target of node.rels ?? []) {
    if (!('VacuumRelation' in target) || !target.VacuumRelation.relation) return unresolved('VACUUM');
    const relation = relationFor(a, target.VacuumRelation.relation);
    const heirs = target.VacuumRelation.relation.inh ? elsewhere(a, relation) : [];
    for (const each of [relation, ...heirs]) {
      a.out.relation('maintain', verb, each);
      ownCode(a, each, 'maintain');
      names.push(nameOf(each));
    }
  }
  if (names.length === 0) {
    a.out.object('maintain', verb, 'database', a.catalog.header.database);
    for (const table of tablesIn(a, null)) ownCode(a, table, 'maintain');
  }
  if (hasOption(node.options, 'full'))
    for (const name of names.length > 0 ? names : ['*']) a.out.hazard('vacuum_full', name);
  return nothing('maintenance');
}

export function clusterStatement(a: Analyzer, node: Pg.ClusterStmt): Outcome {
  const relation = node.relation ? relationFor(a, node.relation) : null;
  for (const each of relation ? [relation, ...elsewhere(a, relation)] : []) {
    a.out.relation('maintain', 'cluster', each);
    a.out.hazard('rewrite_table', nameOf(each));
    ownCode(a, each, 'maintain');
  }
  if (!relation) a.out.object('maintain', 'cluster', 'database', a.catalog.header.database);
  if (!relation) a.out.hazard('rewrite_table', '*');
  for (const table of relation ? [relation] : tablesIn(a, null)) {
    if (!relation) ownCode(a, table, 'maintain');
    ordered(a, table, node.indexname || null);
  }
  return nothing('maintenance');
}

/** Its rows are put in the order of the index, and read in it from then on. Which index it is without a name is not known. */
function ordered(a: Analyzer, table: CatalogRelation, indexName: string | null): void {
  const indexes = [...a.catalog.userRelations()].filter(
    ({ kind, name, parents }) =>
      (kind === 'i' || kind === 'I') && parents.includes(table.oid) && (indexName === null || name === indexName),
  );
  const fields = indexes.length === 0 && indexName === null ? [] : relationFields(a, table);
  const named = new Set(indexes.flatMap(({ columns }) => columns.map(({ name }) => name)));
  // An expression has a name of its own, so that any column may be in it.
  const isPlain = indexes.length > 0 && [...named].every(name => fields.some(field => field.name === name));
  for (const field of fields) if (!isPlain || named.has(field.name)) a.out.usedAs(field.value, 'order');
}

/** An index is built over its table. */
const indexed = (a: Analyzer, relation: CatalogRelation): readonly CatalogRelation[] =>
  relation.kind === 'i' || relation.kind === 'I'
    ? relation.parents.flatMap(oid => a.catalog.relation(oid) ?? [])
    : [relation];

export function reindexStatement(a: Analyzer, node: Pg.ReindexStmt): Outcome {
  const relation = node.relation ? relationFor(a, node.relation) : null;
  if (relation) {
    for (const each of [relation, ...elsewhere(a, relation)]) {
      a.out.relation('maintain', 'reindex', each);
      a.out.hazard('rewrite_table', nameOf(each));
    }
    for (const table of indexed(a, relation)) ownCode(a, table, 'maintain');
  }
  const name = relation ? nameOf(relation) : (node.name ?? a.catalog.header.database);
  if (!relation) {
    const kind = node.kind === 'REINDEX_OBJECT_SCHEMA' ? 'schema' : 'database';
    a.out.object('maintain', 'reindex', kind, name, kind === 'schema' ? { schema: name } : {});
    for (const table of tablesIn(a, kind === 'schema' ? name : null)) ownCode(a, table, 'maintain');
  }
  a.out.hazard('rewrite_table', name);
  return nothing('maintenance');
}

export function checkpointStatement(a: Analyzer): Outcome {
  a.out.object('maintain', 'other', 'other', 'checkpoint');
  a.out.hazard('backend_control', 'checkpoint');
  return nothing('maintenance');
}

/** CASCADE empties every table with a foreign key to one of these, however it was declared. */
function truncateReferencing(a: Analyzer, relationOid: number, seen: Set<number>): void {
  if (seen.has(relationOid)) return;
  seen.add(relationOid);
  for (const key of a.catalog.header.foreignKeys) {
    const child = key.referencedOid === relationOid ? a.catalog.relation(key.relationOid) : null;
    if (!child) continue;
    a.out.relation('write', 'truncate', child);
    a.out.hazard('truncate', nameOf(child));
    truncateReferencing(a, child.oid, seen);
  }
}

export function truncateStatement(a: Analyzer, node: Pg.TruncateStmt): Outcome {
  for (const target of node.relations ?? []) {
    if (!('RangeVar' in target)) return unresolved('TRUNCATE');
    const relation = relationFor(a, target.RangeVar);
    writeTo(a, relation, 'truncate', 'truncate');
    const heirs = target.RangeVar.inh ? elsewhere(a, relation) : [];
    for (const each of [relation, ...heirs]) a.out.hazard('truncate', nameOf(each), target.RangeVar.location);
    if (node.behavior !== 'DROP_CASCADE') continue;
    a.out.hazard('cascade', nameOf(relation));
    truncateReferencing(a, relation.oid, new Set());
  }
  return nothing('maintenance');
}
