/** What CASCADE takes along in other places: views over what is dropped, keys to it, columns of its type, triggers and policies that call it. */
import { firstUserOid } from '../../catalog/lookup.ts';
import type { CatalogRelation } from '../../catalog/snapshot.ts';
import type { Collector } from '../collect.ts';
import { nameOf } from '../dml.ts';
import { domainsIn } from '../domain.ts';
import { run, triggerCondition } from '../own-code.ts';
import type { Pg } from '../parse.ts';
import { RefusalError } from '../refuse.ts';
import { type Analyzer, searchPathOf } from '../state.ts';
import { lookupType } from '../typename.ts';
import { arrayTypeOf } from '../types/coerce.ts';
import { expandView } from '../views.ts';
import type { Found } from './object.ts';

/** Relations and functions that go. Of anything else nobody knows what was made with it. */
type Dropped = { oids: ReadonlySet<number>; isKnown: boolean };

const touches = (out: Collector, { oids }: Dropped): boolean =>
  out.accesses.some(({ object }) => oids.has(object.oid)) || out.functions.some(({ oid }) => oids.has(oid));

/** What cannot be read may be over anything. */
function mayBeOver(read: () => Collector, dropped: Dropped): boolean {
  if (!dropped.isKnown) return true;
  try {
    return touches(read(), dropped);
  } catch (error) {
    if (error instanceof RefusalError) return true;
    throw error;
  }
}

function reading(a: Analyzer, relation: CatalogRelation, work: (inner: Analyzer) => void): () => Collector {
  return () => {
    const { searchPath, temporarySchema } = a.catalog.header;
    const path = searchPathOf(a.catalog, searchPath, temporarySchema);
    const inner = a.nested({ origin: 'view', path, oid: relation.oid });
    work(inner);
    return inner.out;
  };
}

/** Policies, checks and expressions of indexes go with what they are made of; a policy that goes may have been the one that kept rows from people. */
function ofCode(a: Analyzer, relation: CatalogRelation, dropped: Dropped): void {
  const isOver = (text: string) =>
    mayBeOver(
      reading(a, relation, inner => run(inner, relation, text)),
      dropped,
    );
  if (!(relation.code ?? []).some(({ text }) => isOver(text))) return;
  a.out.relation('define', 'alter', relation);
  if (relation.rowSecurity) a.out.hazard('row_security', nameOf(relation));
}

function ofColumns(a: Analyzer, relation: CatalogRelation, dropped: Dropped): void {
  for (const { generated, defaultText } of relation.columns) {
    const text = generated ?? defaultText;
    if (
      text === null ||
      !mayBeOver(
        reading(a, relation, inner => run(inner, relation, text)),
        dropped,
      )
    )
      continue;
    a.out.relation('define', 'alter', relation);
    if (generated !== null) a.out.hazard('drop_column', nameOf(relation));
  }
}

function ofTriggers(a: Analyzer, relation: CatalogRelation, dropped: Dropped): void {
  for (const { functionOid, definition } of relation.triggers) {
    const isOver =
      dropped.oids.has(functionOid) ||
      (definition !== null &&
        mayBeOver(
          reading(a, relation, inner => triggerCondition(inner, relation, definition)),
          dropped,
        ));
    if (!isOver) continue;
    a.out.relation('define', 'alter', relation);
    a.out.hazard('trigger_disable', nameOf(relation));
  }
}

function ofView(a: Analyzer, view: CatalogRelation, dropped: Dropped): void {
  if (view.definition === null || !mayBeOver(() => expandView(a, view).out, dropped)) return;
  a.out.relation('drop', 'drop', view);
  a.out.hazard('drop', nameOf(view));
}

/** Everything that is made with relations or functions, other than what is dropped with them. */
function madeWith(a: Analyzer, dropped: Dropped): void {
  for (const relation of a.catalog.userRelations()) {
    if (dropped.oids.has(relation.oid) || relation.extension !== null) continue;
    ofView(a, relation, dropped);
    ofCode(a, relation, dropped);
    ofColumns(a, relation, dropped);
    ofTriggers(a, relation, dropped);
  }
}

function keysTo(a: Analyzer, oids: ReadonlySet<number>): void {
  for (const { referencedOid, relationOid } of a.catalog.header.foreignKeys) {
    const child = oids.has(referencedOid) && !oids.has(relationOid) ? a.catalog.relation(relationOid) : null;
    if (child) a.out.relation('define', 'alter', child);
  }
}

/** Views, keys and policies that cannot be without these relations, other than what is dropped with them. */
export function ofRelations(a: Analyzer, oids: ReadonlySet<number>): void {
  keysTo(a, oids);
  madeWith(a, { oids, isKnown: true });
}

/** Its own policies may be about a column or constraint that goes. */
export function ofOwn(a: Analyzer, relation: CatalogRelation): void {
  ofRelations(a, new Set([relation.oid]));
  if (relation.rowSecurity && (relation.code ?? []).length > 0) a.out.hazard('row_security', nameOf(relation));
}

/** Partitions go with their table, heirs with CASCADE. */
export function heirs(a: Analyzer, oids: ReadonlySet<number>): void {
  for (const relation of a.catalog.userRelations())
    if (!oids.has(relation.oid) && a.catalog.ancestors(relation).some(({ oid }) => oids.has(oid)))
      a.out.relation('drop', 'drop', relation);
}

function ofSchema(a: Analyzer, name: string): void {
  const inside = [...a.catalog.userRelations()].filter(({ schema }) => schema === name);
  const functions = [...a.catalog.userFunctions()].filter(({ schema }) => schema === name);
  const oids = new Set([...inside, ...functions].map(({ oid }) => oid));
  ofRelations(a, oids);
  heirs(a, oids);
  for (const type of a.catalog.typesIn(name)) if (!oids.has(type.relationOid)) columnsOf(a, type.oid, oids);
}

/** Columns of the type go with it, wherever in theirs it is. */
function columnsOf(a: Analyzer, typeOid: number, besides: ReadonlySet<number>): void {
  const own = a.catalog.type(typeOid)?.relationOid;
  const oids = new Set([typeOid, arrayTypeOf(a.catalog, typeOid)]);
  const isOf = (each: number) => oids.has(each) || domainsIn(a, each).includes(typeOid);
  for (const relation of a.catalog.userRelations()) {
    if (relation.kind === 'i' || relation.kind === 'I' || relation.oid === own || besides.has(relation.oid)) continue;
    if (!relation.columns.some(column => column.typeOid >= firstUserOid && isOf(column.typeOid))) continue;
    a.out.relation('define', 'alter', relation);
    a.out.hazard('drop_column', nameOf(relation));
  }
}

/** Tables made `OF` a type have its attributes for columns, in their order. */
export function typedTables(a: Analyzer, type: CatalogRelation): readonly CatalogRelation[] {
  const names = ({ columns }: CatalogRelation) => columns.map(({ name }) => name).join('\n');
  return [...a.catalog.userRelations()].filter(
    relation => (relation.kind === 'r' || relation.kind === 'p') && names(relation) === names(type),
  );
}

function ofType(a: Analyzer, { schema, name }: Found): void {
  const type = lookupType(a, schema, name);
  if (!type) return;
  columnsOf(a, type.oid, new Set());
  const row = a.catalog.relation(type.relationOid);
  for (const table of row?.kind === 'c' ? typedTables(a, row) : []) {
    a.out.relation('drop', 'drop', table);
    a.out.hazard('drop', nameOf(table));
  }
  withPolicies(a);
}

function ofFunction(a: Analyzer, { schema, name }: Found): void {
  const oids = new Set(
    a.catalog.functionsNamed(name).flatMap(fn => (schema === null || fn.schema === schema ? [fn.oid] : [])),
  );
  madeWith(a, { oids, isKnown: true });
}

/** Which policies an operator, a cast or a type is in is not known. */
function withPolicies(a: Analyzer): void {
  for (const relation of a.catalog.userRelations())
    if (relation.rowSecurity) ofCode(a, relation, { oids: new Set(), isKnown: false });
}

/** A policy lets through what its functions say: whoever replaces one of them changes the policy. */
export function policiesWith(a: Analyzer, functions: ReadonlySet<number>): void {
  if (functions.size === 0) return;
  for (const relation of a.catalog.userRelations())
    if (relation.rowSecurity) ofCode(a, relation, { oids: functions, isKnown: true });
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
      if (found.relation.rowTypeOid !== 0) columnsOf(a, found.relation.rowTypeOid, new Set([found.relation.oid]));
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
    case 'OBJECT_AGGREGATE':
      ofFunction(a, found);
      return;
    case 'OBJECT_SEQUENCE':
      if (found.relation) ofRelations(a, new Set([found.relation.oid]));
      return;
    case 'OBJECT_INDEX':
      // A key needs an index of what it refers to.
      keysTo(a, new Set(found.relation?.parents));
      return;
    case 'OBJECT_TRIGGER':
    case 'OBJECT_POLICY':
    case 'OBJECT_RULE':
    case 'OBJECT_STATISTIC_EXT':
      return;
    default:
      withPolicies(a);
  }
}
