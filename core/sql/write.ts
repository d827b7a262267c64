/** What writing to a relation means besides the write: views pass it on, rules replace it, its own code, triggers, cascades, partitions add to it. */

import { isSystemSchema } from '../catalog/lookup.ts';
import type { CatalogRelation } from '../catalog/snapshot.ts';
import type { AccessVerb, ColumnRef } from './analysis.ts';
import { elsewhere } from './extent.ts';
import { hasOwnCode, ownCode } from './own-code.ts';
import { notePartition } from './partition.ts';
import { unresolved } from './refuse.ts';
import { ruleActions } from './rules.ts';
import { standardFlows } from './standard.ts';
import type { Analyzer } from './state.ts';
import { triggerEffects } from './triggers.ts';
import { expandView } from './views.ts';

export type WriteEvent = 'insert' | 'update' | 'delete' | 'truncate';

const cascadeMax = 200;

/** Partitions are many, keys to one alone few. */
function isReferenced(a: Analyzer, { oid }: CatalogRelation): boolean {
  const known = a.catalog.memo.get('referenced') as ReadonlySet<number> | undefined;
  const referenced = known ?? new Set(a.catalog.header.foreignKeys.map(({ referencedOid }) => referencedOid));
  if (!known) a.catalog.memo.set('referenced', referenced);
  return referenced.has(oid);
}

/** Rows of other tables that go, or lose their reference, with rows of this one. */
function cascades(a: Analyzer, relation: CatalogRelation, event: WriteEvent, seen: Set<number>): void {
  if (event !== 'delete' || seen.has(relation.oid) || seen.size > cascadeMax || !isReferenced(a, relation)) return;
  seen.add(relation.oid);
  for (const key of a.catalog.header.foreignKeys) {
    if (key.referencedOid !== relation.oid || !'cnd'.includes(key.onDelete)) continue;
    const child = a.catalog.relation(key.relationOid);
    if (!child) continue;
    follows(a, child, key.onDelete === 'c' ? 'delete' : 'update');
    if (key.onDelete === 'c') cascades(a, child, event, seen);
  }
}

function follows(a: Analyzer, child: CatalogRelation, event: 'delete' | 'update'): void {
  a.out.relation('write', event, child);
  a.out.hazard('cascade', `${child.schema}.${child.name}`);
  ownCode(a, child, event);
  triggerEffects(a, child, event);
}

/** Keys of other tables that change with this column. */
export function keyChanged(a: Analyzer, column: ColumnRef, seen: Set<number> = new Set()): void {
  if (seen.has(column.relationOid) || seen.size > cascadeMax) return;
  seen.add(column.relationOid);
  for (const key of a.catalog.header.foreignKeys) {
    const place = key.referencedColumns.indexOf(column.attnum);
    if (key.referencedOid !== column.relationOid || place < 0 || !'cnd'.includes(key.onUpdate)) continue;
    const child = a.catalog.relation(key.relationOid);
    if (!child) continue;
    follows(a, child, 'update');
    const attnum = key.columns[place];
    const changed = child.columns.find(each => each.attnum === attnum);
    if (changed && key.onUpdate === 'c')
      a.out.flows.push({
        target: { schema: child.schema, relation: child.name, column: changed.name },
        origins: [column],
        follows: true,
      });
    if (changed) keyChanged(a, a.catalog.columnRef(child, changed), seen);
  }
}

/** The tables whose rows are, or may be, rows of this one: partitions and heirs. A new row of an heir is put there by name alone. */
function below(a: Analyzer, relation: CatalogRelation, event: WriteEvent): CatalogRelation[] {
  if (event === 'insert' && relation.kind !== 'p') return [];
  return a.catalog.children(relation.oid).flatMap(oid => {
    const child = a.catalog.relation(oid);
    return child ? [child, ...below(a, child, event)] : [];
  });
}

/** Those below that are more than a part of the table: a thousand partitions are looked at once. */
function remarkable(a: Analyzer, relation: CatalogRelation, event: WriteEvent): readonly CatalogRelation[] {
  if (a.catalog.children(relation.oid).length === 0) return [];
  const key = `below ${relation.oid} ${event} ${a.callPath.key}`;
  const known = a.catalog.memo.get(key) as readonly CatalogRelation[] | undefined;
  if (known) return known;
  const found = below(a, relation, event).filter(
    child =>
      child.schema !== relation.schema ||
      child.triggers.length > 0 ||
      isReferenced(a, child) ||
      hasOwnCode(a, child, event),
  );
  if (a.expanding.length === 0 && relation.oid > 0) a.catalog.memo.set(key, found);
  return found;
}

/**
 * What is done to a table is done to those below it, which run code of their own. One that lies in another schema is written to in
 * its own right; the others are what the table consists of.
 */
function writeBelow(a: Analyzer, relation: CatalogRelation, verb: AccessVerb, event: WriteEvent): void {
  const known = new Set(relation.triggers.map(trigger => trigger.functionOid));
  for (const child of remarkable(a, relation, event)) {
    if (child.schema !== relation.schema) a.out.relation('write', verb, child);
    ownCode(a, child, event);
    // Those of a partitioned table are on each partition again.
    const own = child.triggers.filter(trigger => !known.has(trigger.functionOid));
    if (own.length > 0) triggerEffects(a, { ...child, triggers: own }, event);
    cascades(a, child, event, new Set());
  }
}

/** Rows of a partition or an heir are rows of the tables above it. */
function writeAbove(a: Analyzer, relation: CatalogRelation, verb: AccessVerb, event: WriteEvent): void {
  for (const { schema, name, oid, temporary } of a.catalog.ancestors(relation)) {
    a.out.object('write', verb, 'relation', name, { schema, oid, temporary });
    const ancestor = a.catalog.relation(oid);
    if (ancestor) cascades(a, ancestor, event, new Set());
  }
}

/** The one table behind a view that PostgreSQL updates through it. */
function behind(a: Analyzer, view: CatalogRelation): CatalogRelation | null {
  const direct = expandView(a, view).out.accesses.filter(
    access => access.action === 'read' && !access.viaView && access.object.kind === 'relation',
  );
  const [only] = direct;
  return direct.length === 1 && only ? a.catalog.relation(only.object.oid) : null;
}

/** Every row of the relation is changed: of what is behind a view as well, and of those that lie in other schemas. */
export function unbounded(
  a: Analyzer,
  code: 'unbounded_update' | 'unbounded_delete',
  relation: CatalogRelation,
  location?: number,
): void {
  for (const changed of [relation, ...elsewhere(a, relation)])
    a.out.hazard(code, `${changed.schema}.${changed.name}`, location ?? null);
  const base = relation.kind === 'v' && relation.definition !== null ? behind(a, relation) : null;
  if (base) unbounded(a, code, base, location);
}

export function writeTo(a: Analyzer, relation: CatalogRelation, verb: AccessVerb, event: WriteEvent): void {
  if (!'rpvf'.includes(relation.kind)) unresolved('DML', undefined, `cannot change relation "${relation.name}"`);
  a.out.relation('write', verb, relation);
  if (isSystemSchema(relation.schema)) {
    // Its rule turns an UPDATE into set_config(), with a name and value only running tells.
    if (relation.name === 'pg_settings') unresolved('pg_settings', undefined, 'settings are changed with SET');
    return;
  }
  if (event === 'update' || event === 'delete') notePartition(a, relation);
  ruleActions(a, relation, event);
  ownCode(a, relation, event);
  if (event === 'insert') standardFlows(a, relation);
  triggerEffects(a, relation, event);
  cascades(a, relation, event, new Set());
  writeBelow(a, relation, verb, event);
  writeAbove(a, relation, verb, event);
  if (relation.kind !== 'v') return;
  const base = behind(a, relation);
  if (base) writeTo(a, base, verb, event);
  else if (relation.triggers.length === 0 && relation.rules.length === 0)
    a.out.object('opaque', verb, 'relation', relation.name, { schema: relation.schema, oid: relation.oid });
}
