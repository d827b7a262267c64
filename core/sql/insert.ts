/** INSERT and ON CONFLICT. */
import type { CatalogRelation } from '../catalog/snapshot.ts';
import { withScope } from './cte.ts';
import { type Assignments, assign, dmlTarget, setClause, targetField } from './dml.ts';
import { expression } from './expression.ts';
import { item as itemOf } from './from.ts';
import type { Pg } from './parse.ts';
import { undefinedName, unresolved } from './refuse.ts';
import { relationFields } from './relation.ts';
import { returning } from './returning.ts';
import { type Item, Scope } from './scope.ts';
import { condition, type Query, selectStmt } from './select.ts';
import type { Analyzer } from './state.ts';
import { oid } from './types/oid.ts';
import { changed, constant, type Field, unionOrigins, type Value } from './value.ts';
import { unbounded, writeTo } from './write.ts';

/** Columns the values go to: those listed, else the first ones of the relation. */
function targetColumns(a: Analyzer, relation: CatalogRelation, node: Pg.InsertStmt): readonly Field[] {
  if (!node.cols) return relationFields(a, relation);
  return node.cols.map(column => {
    if (!('ResTarget' in column)) return unresolved('INSERT');
    return targetField(a, relation, column.ResTarget.name ?? '', column.ResTarget.location);
  });
}

/** Per target column what goes in; null for DEFAULT. */
function sources(a: Analyzer, outer: Scope | null, node: Pg.InsertStmt): readonly (Value | null)[] {
  if (!node.selectStmt) return [];
  if (!('SelectStmt' in node.selectStmt)) return unresolved('INSERT');
  const select = node.selectStmt.SelectStmt;
  if (!select.valuesLists || select.sortClause || select.limitCount || select.limitOffset || select.withClause)
    return selectStmt(a, outer, select, { keepUnknown: true }).columns.map(column =>
      changed(column.value, { literal: null }),
    );
  const scope = new Scope(outer);
  const rows = select.valuesLists.map(row => ('List' in row ? (row.List.items ?? []) : unresolved('VALUES')));
  return columnsOfRows(a, scope, rows);
}

function columnsOfRows(a: Analyzer, scope: Scope, rows: readonly (readonly Pg.Node[])[]): (Value | null)[] {
  const width = Math.max(0, ...rows.map(row => row.length));
  const columns: (Value | null)[] = [];
  for (let index = 0; index < width; index++) {
    let merged: Value | null = null;
    for (const row of rows) {
      const node = row[index];
      if (!node || 'SetToDefault' in node) continue;
      const value = expression(a, scope, node);
      merged = merged === null ? value : joined(merged, value);
    }
    columns.push(merged);
  }
  return columns;
}

/** Cells of one column in several rows: what either is made of. */
const joined = (one: Value, other: Value): Value =>
  changed(other.origins.length > 0 ? other : one, {
    origins: unionOrigins([one.origins, other.origins]),
    type: one.type === oid.unknown ? other.type : one.type,
    kind: other.kind === 'derived' ? other.kind : one.origins.length > 0 ? one.kind : other.kind,
    literal: null,
    magnitude: null,
    document: null,
  });

export function insert(a: Analyzer, parent: Scope | null, node: Pg.InsertStmt): Query {
  const outer = withScope(a, parent, node.withClause);
  const { relation, item } = dmlTarget(a, node.relation);
  writeTo(a, relation, 'insert', 'insert');
  const columns = targetColumns(a, relation, node);
  const values = sources(a, outer, node);
  if (values.length > columns.length)
    return undefinedName('syntax_error', 'INSERT', 'INSERT has more expressions than target columns');
  const assignments: Assignments = new Map();
  for (const [index, value] of values.entries()) {
    const target = columns[index];
    const stored = target ? assign(a, relation, target, value) : null;
    if (target && stored) assignments.set(target.name, stored);
  }
  const scope = new Scope(outer);
  scope.items.push(item);
  if (node.onConflictClause) {
    onConflict(a, scope, { relation, item, assignments }, node.onConflictClause);
    if (meetsItself(node)) unbounded(a, 'unbounded_update', relation, node.relation?.location);
  }
  return returning(a, scope, { relation, item, assignments }, node.returningClause);
}

/** All rows of the table itself are put into it once more: each is in conflict, and updated. */
function meetsItself({ relation, selectStmt, onConflictClause }: Pg.InsertStmt): boolean {
  if (onConflictClause?.action !== 'ONCONFLICT_UPDATE' || onConflictClause.whereClause) return false;
  const {
    fromClause = [],
    whereClause,
    limitCount,
  } = selectStmt && 'SelectStmt' in selectStmt ? selectStmt.SelectStmt : {};
  const isItself = (each: Pg.Node) => 'RangeVar' in each && each.RangeVar.relname === relation?.relname;
  return !whereClause && !limitCount && fromClause.some(isItself);
}

type Written = { relation: CatalogRelation; item: Item; assignments: Assignments };

/** Whether a row exists already is told by what happens next: the columns of the arbiter are used as in a comparison. */
function arbiter(a: Analyzer, scope: Scope, relation: CatalogRelation, node: Pg.InferClause): void {
  const uses = (name: string): void => {
    for (const ref of targetField(a, relation, name).value.origins) a.out.use(ref, 'conflict');
  };
  for (const element of node.indexElems ?? []) {
    if (!('IndexElem' in element)) unresolved('ON CONFLICT', node.location);
    if (element.IndexElem.name) uses(element.IndexElem.name);
    else if (element.IndexElem.expr) a.out.usedAs(expression(a, scope, element.IndexElem.expr), 'conflict');
  }
  if (node.conname) {
    // A unique constraint has an index of its name; its columns are the arbiter.
    const index = a.catalog.relationNamed(relation.schema, node.conname);
    const names = (index?.columns ?? relation.columns).map(column => column.name);
    for (const name of names) if (relation.columns.some(column => column.name === name)) uses(name);
  }
  if (node.whereClause) condition(a, scope, node.whereClause);
}

function onConflict(a: Analyzer, scope: Scope, target: Written, node: Pg.OnConflictClause): void {
  const { relation, item, assignments } = target;
  if (node.infer) arbiter(a, scope, relation, node.infer);
  else
    for (const field of item.columns)
      for (const ref of field.value.origins) if (isKey(a, relation, field)) a.out.use(ref, 'conflict');
  if (node.action !== 'ONCONFLICT_UPDATE') return;
  a.out.relation('write', 'update', relation);
  writeTo(a, relation, 'update', 'update');
  const inner = new Scope(scope.parent);
  inner.items.push(item, excluded(relation, item, assignments));
  for (const [name, value] of setClause(a, inner, relation, node.targetList)) {
    const before = assignments.get(name);
    assignments.set(name, before ? changed(value, { origins: unionOrigins([before.origins, value.origins]) }) : value);
  }
  if (node.whereClause) condition(a, inner, node.whereClause);
}

/** Without a conflict target any unique column may decide; which ones are is told by the unique indexes' columns. */
const isKey = (a: Analyzer, relation: CatalogRelation, field: Field): boolean => {
  for (const index of a.catalog.userRelations())
    if (
      index.kind === 'i' &&
      index.parents[0] === relation.oid &&
      index.columns.some(column => column.name === field.name)
    )
      return true;
  return false;
};

/** The row that was to be inserted. */
const excluded = (relation: CatalogRelation, target: Item, assignments: Assignments): Item =>
  itemOf({
    name: 'excluded',
    rowType: relation.rowTypeOid,
    columnsVisible: false,
    columns: target.columns.map(field => {
      const assigned = assignments.get(field.name);
      return {
        name: field.name,
        // A trigger may have put in another one.
        value: assigned
          ? changed(assigned, { wire: null, literal: null, magnitude: null, document: null })
          : constant(field.value.type),
      };
    }),
  });
