/** MERGE: a join of target and source whose rows are updated, deleted, inserted or left alone. */
import type { CatalogRelation } from '../catalog/snapshot.ts';
import { type Condition, isBounded } from './bounded.ts';
import { withScope } from './cte.ts';
import { type Assignments, assign, dmlTarget, setClause, targetField } from './dml.ts';
import { expression } from './expression.ts';
import { fromItem } from './from.ts';
import type { Pg } from './parse.ts';
import { unresolved } from './refuse.ts';
import { relationFields } from './relation.ts';
import { returning } from './returning.ts';
import { type Item, Scope } from './scope.ts';
import { condition, type Query } from './select.ts';
import type { Analyzer } from './state.ts';
import { changed, unionOrigins } from './value.ts';
import { unbounded, writeTo } from './write.ts';

type Merge = {
  relation: CatalogRelation;
  target: Item;
  /** Both sides in sight. */
  both: Scope;
  /** The source alone, for rows that match nothing. */
  source: Scope;
  join: Condition;
  assignments: Assignments;
};

export function merge(a: Analyzer, parent: Scope | null, node: Pg.MergeStmt): Query {
  const outer = withScope(a, parent, node.withClause);
  const { relation, item } = dmlTarget(a, node.relation);
  if (!node.sourceRelation) return unresolved('MERGE');
  const source = new Scope(outer);
  source.items.push(...fromItem(a, source, node.sourceRelation));
  const both = new Scope(outer);
  both.items.push(item, ...source.items);
  a.out.relation('read', 'select', relation);
  const join = node.joinCondition ? condition(a, both, node.joinCondition) : null;
  const state: Merge = {
    relation,
    target: item,
    both,
    source,
    join: { scope: both, node: node.joinCondition, value: join },
    assignments: new Map(),
  };
  for (const clause of node.mergeWhenClauses ?? []) {
    if (!('MergeWhenClause' in clause)) return unresolved('MERGE');
    when(a, state, clause.MergeWhenClause);
  }
  return returning(a, both, { relation, item, assignments: state.assignments }, node.returningClause);
}

/** Rows the source does not match are all the others. */
const joins = (node: Pg.MergeWhenClause, state: Merge): Condition[] =>
  node.matchKind === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE' ? [] : [state.join];

function when(a: Analyzer, state: Merge, node: Pg.MergeWhenClause): void {
  const scope = node.matchKind === 'MERGE_WHEN_NOT_MATCHED_BY_TARGET' ? state.source : state.both;
  const where = node.condition ? condition(a, scope, node.condition) : null;
  const { relation } = state;
  const bounded = isBounded(a, [...joins(node, state), { scope, node: node.condition, value: where }]);
  switch (node.commandType) {
    case 'CMD_UPDATE':
      writeTo(a, relation, 'update', 'update');
      if (!bounded) unbounded(a, 'unbounded_update', relation);
      collect(state, setClause(a, scope, relation, node.targetList));
      return;
    case 'CMD_DELETE':
      writeTo(a, relation, 'delete', 'delete');
      if (!bounded) unbounded(a, 'unbounded_delete', relation);
      return;
    case 'CMD_INSERT':
      writeTo(a, relation, 'insert', 'insert');
      collect(state, inserted(a, state, node));
      return;
    case 'CMD_NOTHING':
      return;
    default:
      unresolved(node.commandType ?? 'MERGE');
  }
}

function collect(state: Merge, assigned: Assignments): void {
  for (const [name, value] of assigned) {
    const before = state.assignments.get(name);
    const origins = before ? unionOrigins([before.origins, value.origins]) : value.origins;
    state.assignments.set(name, changed(value, { origins }));
  }
}

function inserted(a: Analyzer, state: Merge, node: Pg.MergeWhenClause): Assignments {
  const { relation, source } = state;
  const targets = node.targetList
    ? node.targetList.map(target =>
        'ResTarget' in target
          ? targetField(a, relation, target.ResTarget.name ?? '', target.ResTarget.location)
          : unresolved('MERGE'),
      )
    : relationFields(a, relation);
  const assigned: Assignments = new Map();
  for (const [index, value] of (node.values ?? []).entries()) {
    const target = targets[index];
    if (!target) return unresolved('MERGE', undefined, 'INSERT has more expressions than target columns');
    const stored = assign(a, relation, target, 'SetToDefault' in value ? null : expression(a, source, value));
    if (stored) assigned.set(target.name, stored);
  }
  return assigned;
}
