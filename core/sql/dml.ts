/** UPDATE and DELETE, and the parts all writing statements share: targets, assignments, RETURNING. */
import type { CatalogRelation } from '../catalog/snapshot.ts';
import { isBounded } from './bounded.ts';
import { withScope } from './cte.ts';
import { cast } from './expr/cast.ts';
import { expression } from './expression.ts';
import { from, relationItem } from './from.ts';
import { insert } from './insert.ts';
import { merge } from './merge.ts';
import { heldAgainst } from './objections.ts';
import { ownCode } from './own-code.ts';
import type { Pg } from './parse.ts';
import { undefinedName, unresolved } from './refuse.ts';
import { relationFields, relationFor } from './relation.ts';
import { returning } from './returning.ts';
import { type Item, Scope } from './scope.ts';
import { condition, type Query } from './select.ts';
import { standardFlows } from './standard.ts';
import type { Analyzer } from './state.ts';
import { changed, type Field, type Value } from './value.ts';
import { keyChanged, unbounded, writeTo } from './write.ts';

/** Null when the node is not a data-modifying statement. */
export function dataModifying(a: Analyzer, parent: Scope | null, node: Pg.Node): Query | null {
  if ('InsertStmt' in node) return insert(a, parent, node.InsertStmt);
  if ('UpdateStmt' in node) return update(a, parent, node.UpdateStmt);
  if ('DeleteStmt' in node) return remove(a, parent, node.DeleteStmt);
  if ('MergeStmt' in node) return merge(a, parent, node.MergeStmt);
  return null;
}

/** Values put into columns, by column name. */
export type Assignments = Map<string, Value>;

export const nameOf = (relation: CatalogRelation): string => `${relation.schema}.${relation.name}`;

/** The column of the target that a SET or column list names, with everything it stands for. */
export function targetField(a: Analyzer, relation: CatalogRelation, name: string, location?: number): Field {
  const field = relationFields(a, relation).find(candidate => candidate.name === name);
  return (
    field ??
    undefinedName(
      'undefined_column',
      'ResTarget',
      `column "${name}" of relation "${relation.name}" does not exist`,
      location,
    )
  );
}

/** One value goes into one column: what it is made of follows it. */
export function assign(a: Analyzer, relation: CatalogRelation, target: Field, value: Value | null): Value | null {
  for (const ref of target.value.origins) a.out.use(ref, 'target');
  if (value === null) {
    for (const ref of target.value.origins) a.out.use(ref, 'default');
    return null;
  }
  const stored = cast(a, value, { oid: target.value.type, typmod: target.value.typmod }, 'assignment');
  a.out.copied(stored);
  if (stored.origins.length > 0) {
    const flow = { schema: relation.schema, relation: relation.name, column: target.name };
    a.out.flows.push({ target: flow, origins: stored.origins });
    flowBehind(a, relation, target, stored);
    heldAgainst(a, relation, { target: target.value, stored });
  }
  return stored;
}

/** Through a view the value lands in the column behind it. */
function flowBehind(a: Analyzer, relation: CatalogRelation, target: Field, stored: Value): void {
  if (relation.kind !== 'v') return;
  for (const ref of target.value.origins.slice(1))
    a.out.flows.push({
      target: { schema: ref.schema, relation: ref.relation, column: ref.column },
      origins: stored.origins,
    });
}

const isDefault = (node: Pg.Node): boolean => 'SetToDefault' in node;

/** `SET a = x, (b, c) = (…), d[1] = y, e.f = z`. An assignment to a part of a column keeps the rest of it. */
export function setClause(
  a: Analyzer,
  scope: Scope,
  relation: CatalogRelation,
  nodes: readonly Pg.Node[] | undefined,
): Assignments {
  const assignments: Assignments = new Map();
  for (const node of nodes ?? []) {
    if (!('ResTarget' in node) || !node.ResTarget.val) return unresolved('SET');
    const { name = '', val, indirection, location } = node.ResTarget;
    const target = targetField(a, relation, name, location);
    for (const step of indirection ?? [])
      if ('A_Indices' in step)
        for (const bound of [step.A_Indices.lidx, step.A_Indices.uidx])
          if (bound) a.out.usedAs(expression(a, scope, bound), 'source');
    const partial = (indirection?.length ?? 0) > 0;
    const value = isDefault(val) ? null : expression(a, scope, val);
    for (const ref of target.value.origins) {
      keyChanged(a, ref);
      const changed = isDefault(val) ? a.catalog.relation(ref.relationOid) : null;
      if (!changed) continue;
      ownCode(a, changed, 'insert');
      standardFlows(a, changed);
    }
    const stored = partial && value ? assignPart(a, relation, target, value) : assign(a, relation, target, value);
    if (stored) assignments.set(name, stored);
  }
  return assignments;
}

const assignPart = (a: Analyzer, relation: CatalogRelation, target: Field, value: Value): Value | null =>
  assign(a, relation, target, changed(value, { type: target.value.type }));

export function dmlTarget(a: Analyzer, node: Pg.RangeVar | undefined): { relation: CatalogRelation; item: Item } {
  if (!node) return unresolved('DML');
  const relation = relationFor(a, node);
  const item = relationItem(a, relation, node.alias);
  const columns = item.columns.map(({ name, value }) => ({ name, value: changed(value, { target: true }) }));
  return { relation, item: { ...item, columns, target: true } };
}

function update(a: Analyzer, parent: Scope | null, node: Pg.UpdateStmt): Query {
  const scope = new Scope(withScope(a, parent, node.withClause));
  const { relation, item } = dmlTarget(a, node.relation);
  writeTo(a, relation, 'update', 'update');
  scope.items.push(item);
  fromBeside(a, scope, node.fromClause);
  const assignments = setClause(a, scope, relation, node.targetList);
  const where = node.whereClause ? condition(a, scope, node.whereClause) : null;
  const restricted = isBounded(a, [{ scope, node: node.whereClause, value: where }]);
  if (!restricted) unbounded(a, 'unbounded_update', relation, node.relation?.location);
  return { ...returning(a, scope, { relation, item, assignments }, node.returningClause), restricted };
}

/** The target is not LATERAL-visible to FROM items, but its name is taken. */
function fromBeside(a: Analyzer, scope: Scope, clause: readonly Pg.Node[] | undefined): void {
  const [target] = scope.items;
  if (target) target.lateralOnly = true;
  from(a, scope, clause);
  if (target) target.lateralOnly = false;
}

function remove(a: Analyzer, parent: Scope | null, node: Pg.DeleteStmt): Query {
  const scope = new Scope(withScope(a, parent, node.withClause));
  const { relation, item } = dmlTarget(a, node.relation);
  writeTo(a, relation, 'delete', 'delete');
  scope.items.push(item);
  fromBeside(a, scope, node.usingClause);
  const where = node.whereClause ? condition(a, scope, node.whereClause) : null;
  const restricted = isBounded(a, [{ scope, node: node.whereClause, value: where }]);
  if (!restricted) unbounded(a, 'unbounded_delete', relation, node.relation?.location);
  return { ...returning(a, scope, { relation, item, assignments: new Map() }, node.returningClause), restricted };
}
