/** SELECT, VALUES, TABLE and set operations: what comes out of each column and what decides which rows. */
import { isGrouping, isLimiting, isRestricting } from './bounded.ts';
import { noteCrossJoin } from './cross-join.ts';
import { withScope } from './cte.ts';
import { dataModifying } from './dml.ts';
import { unified } from './expr/basic.ts';
import { coerce } from './expr/cast.ts';
import { isOrderedUnseen } from './expr/gathered.ts';
import { expression } from './expression.ts';
import { from } from './from.ts';
import { lockRows } from './locking.ts';
import type { Pg } from './parse.ts';
import { undefinedName, unresolved } from './refuse.ts';
import { type Item, Scope } from './scope.ts';
import { settingPinnedBy } from './setting.ts';
import type { Analyzer } from './state.ts';
import { type Target, targetList, targetOf } from './target.ts';
import { commonType } from './types/coerce.ts';
import { oid, untyped } from './types/oid.ts';
import { changed, constant, derive, type Field, pureOver, unionOrigins, type Value } from './value.ts';
import { windowUses } from './window.ts';

export type Query = {
  columns: readonly Field[];
  /** Its conditions compare the table that the statement around it changes with something else. */
  bounds: boolean;
  /** Its conditions, or LIMIT, leave less than everything. */
  restricted: boolean;
  /** RowDescription says nothing about where columns of a set operation come from. */
  wires: boolean;
};

/** Any statement that gives rows where a query is expected. */
export function query(a: Analyzer, parent: Scope | null, node: Pg.Node): Query {
  if ('SelectStmt' in node) return selectStmt(a, parent, node.SelectStmt, { keepUnknown: false });
  const modified = dataModifying(a, parent, node);
  return modified ?? unresolved('query');
}

export type SelectOptions = {
  /** Literals keep their unknown type, for the set operation or INSERT around. */
  keepUnknown: boolean;
  /** All rows together become one value, which is all that is seen of them. */
  isGathered?: boolean;
  /** Nobody asks how much its conditions leave: then it is not looked into. */
  onlyColumns?: boolean;
};

export function selectStmt(a: Analyzer, parent: Scope | null, node: Pg.SelectStmt, options: SelectOptions): Query {
  a.step('SelectStmt');
  const outer = withScope(a, parent, node.withClause);
  if (node.valuesLists) return valuesList(a, outer, node, options);
  if (node.op && node.op !== 'SETOP_NONE') return setOperation(a, outer, node, options);
  return plainSelect(a, outer, node, options);
}

function plainSelect(a: Analyzer, outer: Scope | null, node: Pg.SelectStmt, options: SelectOptions): Query {
  const scope = new Scope(outer);
  from(a, scope, node.fromClause);
  a.pinnedSetting = settingPinnedBy(node);
  const targets = targetList(a, scope, node.targetList);
  a.pinnedSetting = null;
  const where = node.whereClause ? condition(a, scope, node.whereClause) : null;
  noteCrossJoin(a, scope, node);
  for (const item of node.groupClause ?? []) groupItem(a, scope, targets, item);
  const having = node.havingClause ? condition(a, scope, node.havingClause) : null;
  for (const window of node.windowClause ?? []) if ('WindowDef' in window) windowUses(a, scope, window.WindowDef);
  distinctUses(a, scope, targets, node.distinctClause);
  const isWhole = !node.limitCount && !node.limitOffset && !node.distinctClause;
  orderAndLimit(a, scope, targets, { node, isGathered: options.isGathered === true && isWhole });
  lockRows(a, scope, node.lockingClause);
  const columns = targets.map(target => ({ name: target.name, value: settled(a, target.value, options) }));
  return {
    columns,
    bounds: where?.bounds ?? false,
    restricted:
      options.onlyColumns === true ||
      isRestricting(a, { scope, node: node.whereClause, value: where }) ||
      isGrouping(a, { scope, node: node.havingClause, value: having }) ||
      isLimiting(node.limitCount),
    wires: true,
  };
}

/** A condition over rows: recorded as such, returned for what it restricts. */
export function condition(a: Analyzer, scope: Scope, node: Pg.Node): Value {
  const value = coerce(a, expression(a, scope, node), oid.bool, 'implicit');
  a.out.predicate(value);
  return value;
}

/** Untyped literals end up as text. */
const settled = (a: Analyzer, value: Value, options: SelectOptions): Value =>
  value.type === oid.unknown && !options.keepUnknown ? coerce(a, value, oid.text, 'implicit') : value;

function groupItem(a: Analyzer, scope: Scope, targets: readonly Target[], node: Pg.Node): void {
  if ('GroupingSet' in node) {
    for (const item of node.GroupingSet.content ?? []) groupItem(a, scope, targets, item);
    return;
  }
  if ('RowExpr' in node && node.RowExpr.row_format === 'COERCE_IMPLICIT_CAST') {
    for (const item of node.RowExpr.args ?? []) groupItem(a, scope, targets, item);
    return;
  }
  a.out.usedAs(targetOf(a, scope, targets, node, 'GROUP BY'), 'group');
}

function distinctUses(
  a: Analyzer,
  scope: Scope,
  targets: readonly Target[],
  clause: readonly Pg.Node[] | undefined,
): void {
  if (!clause) return;
  // Plain DISTINCT is a list of one empty node.
  const on = clause.filter(node => Object.keys(node).length > 0);
  if (on.length === 0) for (const target of targets) a.out.usedAs(target.value, 'distinct');
  else for (const node of on) a.out.usedAs(targetOf(a, scope, targets, node, 'DISTINCT ON'), 'distinct');
}

function orderAndLimit(
  a: Analyzer,
  scope: Scope,
  targets: readonly Target[],
  { node, isGathered }: { node: Pg.SelectStmt; isGathered: boolean },
): void {
  const values = targets.map(target => target.value);
  for (const item of node.sortClause ?? []) {
    if (!('SortBy' in item) || !item.SortBy.node) continue;
    const value = targetOf(a, scope, targets, item.SortBy.node, 'ORDER BY');
    if (!isGathered || !isOrderedUnseen(a, item.SortBy, value, values)) a.out.usedAs(value, 'order');
  }
  for (const limit of [node.limitCount, node.limitOffset]) {
    if (!limit) continue;
    a.out.usedAs(coerce(a, expression(a, scope, limit), oid.int8, 'implicit'), 'limit');
  }
}

function valuesList(a: Analyzer, outer: Scope | null, node: Pg.SelectStmt, options: SelectOptions): Query {
  const scope = new Scope(outer);
  const rows = (node.valuesLists ?? []).map(row =>
    'List' in row ? (row.List.items ?? []).map(item => expression(a, scope, item)) : unresolved('VALUES'),
  );
  for (const value of rows.flat()) a.out.computed(value);
  const width = rows[0]?.length ?? 0;
  const columns: Field[] = [];
  for (let index = 0; index < width; index++) {
    const cells = rows.map(row => row[index] ?? constant(oid.unknown));
    const merged = options.keepUnknown ? kept(a, cells) : mergedCells(a, cells);
    columns.push({ name: `column${index + 1}`, value: merged });
  }
  orderOutputs(a, outer, columns, node);
  return { columns, bounds: false, restricted: true, wires: false };
}

const mergedCells = (a: Analyzer, cells: readonly Value[]): Value => {
  const { type, values } = unified(a, cells);
  const [only] = values;
  return values.length === 1 && only ? changed(only, { wire: null }) : derive(values, { type });
};

/** For INSERT … VALUES: one row keeps what each value is. */
const kept = (a: Analyzer, cells: readonly Value[]): Value => {
  const [only] = cells;
  return cells.length === 1 && only ? only : mergedCells(a, cells);
};

function setOperation(a: Analyzer, outer: Scope | null, node: Pg.SelectStmt, options: SelectOptions): Query {
  if (!node.larg || !node.rarg) return unresolved('set operation');
  const { onlyColumns } = options;
  const left = selectStmt(a, outer, node.larg, { keepUnknown: true, onlyColumns });
  const right = selectStmt(a, outer, node.rarg, { keepUnknown: true, onlyColumns });
  if (left.columns.length !== right.columns.length)
    return undefinedName(
      'syntax_error',
      'set operation',
      `each ${setName(node)} query must have the same number of columns`,
      firstTarget(node.rarg),
    );
  const comparesRows = !(node.op === 'SETOP_UNION' && node.all);
  const columns = left.columns.map((column, index) => {
    const other = right.columns[index]?.value ?? column.value;
    if (comparesRows) for (const value of [column.value, other]) a.out.usedAs(value, 'set_operation');
    return { name: column.name, value: settled(a, merged(a, column.value, other), options) };
  });
  orderOutputs(a, outer, columns, node);
  return { columns, bounds: false, restricted: left.restricted && right.restricted, wires: false };
}

function firstTarget({ targetList: [target] = [] }: Pg.SelectStmt): number | undefined {
  return target && 'ResTarget' in target ? target.ResTarget.location : undefined;
}

const setName = (node: Pg.SelectStmt): string => (node.op ?? '').replace('SETOP_', '');

function merged(a: Analyzer, left: Value, right: Value): Value {
  const both = [left, right];
  if (both.every(value => value.type === oid.unknown)) return changed(left, { literal: null });
  const type = commonType(a.catalog, [left.type, right.type]) ?? untyped;
  const values = both.map(value => coerce(a, value, type, 'implicit'));
  return changed(derive(values, { type }), {
    kind: pureOver(values),
    origins: unionOrigins(values.map(value => value.origins)),
    fields: mergedFields(left, right),
  });
}

/** Rows of equal shape keep their fields apart. */
function mergedFields(left: Value, right: Value): readonly Field[] | null {
  if (!left.fields || !right.fields || left.fields.length !== right.fields.length) return null;
  return left.fields.map((field, index) => {
    const other = right.fields?.[index]?.value ?? field.value;
    return { name: field.name, value: derive([field.value, other], { type: field.value.type }) };
  });
}

/** ORDER BY after a set operation or VALUES can only name outputs. */
function orderOutputs(a: Analyzer, outer: Scope | null, columns: readonly Field[], node: Pg.SelectStmt): void {
  if (!node.sortClause && !node.limitCount && !node.limitOffset) return;
  const scope = new Scope(outer);
  scope.items.push(outputItem(columns));
  const targets = columns.map(column => ({ name: column.name, value: column.value, node: null }));
  orderAndLimit(a, scope, targets, { node, isGathered: false });
}

const outputItem = (columns: readonly Field[]): Item => ({
  name: null,
  schema: null,
  columns,
  relation: null,
  rowType: 0,
  scalar: false,
  rowVisible: false,
  columnsVisible: true,
  lateralOnly: false,
});
