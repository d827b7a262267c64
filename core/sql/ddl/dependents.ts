/** What CASCADE takes along in other places: views over what is dropped, keys to it, columns of its type, triggers that call it. */
import type { CatalogRelation } from '../../catalog/snapshot.ts';
import { nameOf } from '../dml.ts';
import type { Pg } from '../parse.ts';
import { RefusalError } from '../refuse.ts';
import type { Analyzer } from '../state.ts';
import { lookupType } from '../typename.ts';
import { arrayTypeOf } from '../types/coerce.ts';
import { expandView } from '../views.ts';
import type { Found } from './object.ts';

/** A view that cannot be read may be over anything. */
function readsAny(a: Analyzer, view: CatalogRelation, oids: ReadonlySet<number>): boolean {
  try {
    const { out } = expandView(a, view);
    return out.accesses.some(({ object }) => oids.has(object.oid));
  } catch (error) {
    if (error instanceof RefusalError) return true;
    throw error;
  }
}

/** Views and keys that cannot be without these relations, other than what is dropped with them. */
export function ofRelations(a: Analyzer, oids: ReadonlySet<number>): void {
  for (const { referencedOid, relationOid } of a.catalog.header.foreignKeys) {
    const child = oids.has(referencedOid) && !oids.has(relationOid) ? a.catalog.relation(relationOid) : null;
    if (child) a.out.relation('define', 'alter', child);
  }
  for (const view of a.catalog.userRelations())
    if (view.definition !== null && !oids.has(view.oid) && readsAny(a, view, oids)) {
      a.out.relation('drop', 'drop', view);
      a.out.hazard('drop', nameOf(view));
    }
}

/** Partitions go with their table, heirs with CASCADE. */
export function heirs(a: Analyzer, oids: ReadonlySet<number>): void {
  for (const relation of a.catalog.userRelations())
    if (!oids.has(relation.oid) && a.catalog.ancestors(relation).some(({ oid }) => oids.has(oid)))
      a.out.relation('drop', 'drop', relation);
}

function ofSchema(a: Analyzer, name: string): void {
  const inside = [...a.catalog.userRelations()].filter(({ schema }) => schema === name);
  const oids = new Set(inside.map(({ oid }) => oid));
  ofRelations(a, oids);
  heirs(a, oids);
}

function ofType(a: Analyzer, { schema, name }: Found): void {
  const type = lookupType(a, schema, name);
  if (!type) return;
  const oids = new Set([type.oid, arrayTypeOf(a.catalog, type.oid)]);
  for (const relation of a.catalog.userRelations()) {
    if (relation.kind === 'i' || relation.kind === 'I' || relation.oid === type.relationOid) continue;
    if (!relation.columns.some(column => oids.has(column.typeOid))) continue;
    a.out.relation('define', 'alter', relation);
    a.out.hazard('drop_column', nameOf(relation));
  }
}

function ofFunction(a: Analyzer, { schema, name }: Found): void {
  const oids = new Set(
    a.catalog.functionsNamed(name).flatMap(fn => (schema === null || fn.schema === schema ? [fn.oid] : [])),
  );
  for (const relation of a.catalog.userRelations())
    if (relation.triggers.some(trigger => oids.has(trigger.functionOid))) {
      a.out.relation('define', 'alter', relation);
      a.out.hazard('trigger_disable', nameOf(relation));
    }
}

export function dependents(a: Analyzer, type: Pg.DropStmt['removeType'], found: Found): void {
  switch (type) {
    case 'OBJECT_TABLE':
    case 'OBJECT_VIEW':
    case 'OBJECT_MATVIEW':
    case 'OBJECT_FOREIGN_TABLE':
      if (!found.relation) return;
      ofRelations(a, new Set([found.relation.oid]));
      heirs(a, new Set([found.relation.oid]));
      return;
    case 'OBJECT_SCHEMA':
      ofSchema(a, found.name);
      return;
    case 'OBJECT_TYPE':
    case 'OBJECT_DOMAIN':
      ofType(a, found);
      return;
    case 'OBJECT_FUNCTION':
    case 'OBJECT_PROCEDURE':
    case 'OBJECT_ROUTINE':
      ofFunction(a, found);
      return;
    default:
  }
}
