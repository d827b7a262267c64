/** JOIN: both sides, the condition, and the columns that USING and NATURAL merge into one. */

import { coerce } from './expr/cast.ts';
import { compare } from './expr/operator.ts';
import { fromItem, item, renamed, siblingScope } from './from.ts';
import { stringsOf } from './names.ts';
import type { Pg } from './parse.ts';
import { undefinedName, unresolved } from './refuse.ts';
import { checkUnique, type Item, type Scope } from './scope.ts';
import { condition } from './select.ts';
import type { Analyzer } from './state.ts';
import { commonType } from './types/coerce.ts';
import { untyped } from './types/oid.ts';
import { derive, type Field, type Value } from './value.ts';

/** The columns a side offers to `*`, USING and unqualified names. */
function columnsOf(items: readonly Item[]): readonly Field[] {
  const columns: Field[] = [];
  for (const side of items) if (side.columnsVisible) for (const column of side.columns) columns.push(column);
  return columns;
}

/** The right side may refer to the left one when it is LATERAL. */
function rightSide(a: Analyzer, scope: Scope, left: readonly Item[], node: Pg.Node): Item[] {
  for (const side of left) side.lateralOnly = true;
  scope.items.push(...left);
  const right = fromItem(a, scope, node);
  scope.items.splice(scope.items.length - left.length, left.length);
  return right;
}

function namesInCommon(left: readonly Field[], right: readonly Field[]): string[] {
  return left.map(field => field.name).filter(name => right.some(field => field.name === name));
}

function single(fields: readonly Field[], name: string, side: string): Value {
  const found = fields.filter(field => field.name === name);
  const [only] = found;
  if (!only)
    undefinedName(
      'undefined_column',
      'USING',
      `column "${name}" specified in USING clause does not exist in ${side} table`,
    );
  if (found.length > 1)
    undefinedName('ambiguous_column', 'USING', `common column name "${name}" appears more than once in ${side} table`);
  return only.value;
}

/** What is brought to the common type is no longer the column itself (buildMergedJoinVar, parse_clause.c). */
function brought(a: Analyzer, value: Value, type: { oid: number; typmod: number }): Value {
  if (value.type === type.oid && value.typmod === type.typmod) return value;
  const coerced = coerce(a, value, type.oid, 'implicit');
  return coerced === value ? derive([value], { type: type.oid, typmod: type.typmod }) : coerced;
}

/** The merged column is the side that always has a value; of a full join, whichever has one. */
function mergedColumn(a: Analyzer, node: Pg.JoinExpr, left: Value, right: Value): Value {
  const type = commonType(a.catalog, [left.type, right.type]) ?? untyped;
  const isAlike = left.type === right.type && left.typmod === right.typmod;
  const one = brought(a, left, { oid: type, typmod: isAlike ? left.typmod : -1 });
  const other = brought(a, right, { oid: type, typmod: isAlike ? left.typmod : -1 });
  if (node.jointype === 'JOIN_RIGHT') return other;
  if (node.jointype === 'JOIN_FULL') return derive([one, other], { type });
  return node.jointype === 'JOIN_INNER' && one !== left && other === right ? other : one;
}

const note = (a: Analyzer, value: Value): void => {
  const [own] = value.origins;
  if (value.wire && value.wire.attnum !== 0 && own) a.out.read(own);
};

function mergedFields(
  a: Analyzer,
  node: Pg.JoinExpr,
  names: readonly string[],
  sides: [readonly Field[], readonly Field[]],
) {
  return names.map(name => {
    const left = single(sides[0], name, 'left');
    const right = single(sides[1], name, 'right');
    note(a, left);
    note(a, right);
    a.out.predicate(compare(a, ['='], [left, right]));
    return { name, value: mergedColumn(a, node, left, right) };
  });
}

export function joinItems(a: Analyzer, scope: Scope, node: Pg.JoinExpr): Item[] {
  if (!node.larg || !node.rarg) return unresolved('JoinExpr');
  const left = fromItem(a, scope, node.larg);
  const right = rightSide(a, scope, left, node.rarg);
  const both = [...left, ...right];
  for (const side of both) side.lateralOnly = false;
  const inner = siblingScope(scope, left);
  checkUnique(inner, right);
  inner.items.push(...right);
  const leftColumns = columnsOf(left);
  const rightColumns = columnsOf(right);
  const names = node.isNatural ? namesInCommon(leftColumns, rightColumns) : stringsOf(node.usingClause);
  const merged = mergedFields(a, node, names, [leftColumns, rightColumns]);
  if (node.quals) condition(a, inner, node.quals);
  const rest = (fields: readonly Field[]): Field[] => fields.filter(field => !names.includes(field.name));
  const columns = [...merged, ...rest(leftColumns), ...rest(rightColumns)];
  return [...visibleSides(node, both), ...usingAlias(node, merged), result(node, columns)];
}

/** An alias of the join hides the tables in it; otherwise they can be named, but their columns only through the join. */
function visibleSides(node: Pg.JoinExpr, sides: readonly Item[]): readonly Item[] {
  if (node.alias) return [];
  for (const side of sides) side.columnsVisible = false;
  return sides;
}

const usingAlias = (node: Pg.JoinExpr, merged: readonly Field[]): Item[] =>
  node.join_using_alias
    ? [item({ name: node.join_using_alias.aliasname ?? null, columns: merged, columnsVisible: false })]
    : [];

const result = (node: Pg.JoinExpr, columns: readonly Field[]): Item =>
  item({
    name: node.alias?.aliasname ?? null,
    rowVisible: node.alias !== undefined,
    columns: renamed(columns, node.alias),
  });
