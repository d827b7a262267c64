/** Tables in one FROM that no condition ties together: every row of one meets every row of the other. */
import { stringOf, stringsOf } from './names.ts';
import type { Pg } from './parse.ts';
import type { Item, Scope } from './scope.ts';
import type { Analyzer } from './state.ts';

const isStored = (item: Item): boolean => item.relation !== null && 'rpmf'.includes(item.relation.kind);

/** A place behind the items stands for everything fixed from outside: the row of an outer query, a constant. */
const outside = (items: readonly Item[]): number => items.length;

/** Items a column reference may mean: by alias, or by having a column of that name. */
function addNamed(items: readonly Item[], { fields = [] }: Pg.ColumnRef, found: Set<number>): void {
  const last = fields.at(-1);
  const count = last !== undefined && 'String' in last ? fields.length : fields.length - 1;
  const alias = count > 1 ? stringOf(fields[count - 2]) : null;
  const name = count === 1 ? stringOf(fields[0]) : null;
  let isFound = false;
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index] as Item;
    const isMeant = name === null ? alias !== null && item.name === alias : item.name === name || hasColumn(item, name);
    if (!isMeant) continue;
    found.add(index);
    isFound = true;
  }
  if (!isFound) found.add(outside(items));
}

function hasColumn({ columns }: Item, name: string): boolean {
  for (const column of columns) if (column.name === name) return true;
  return false;
}

/** Items that a part of a condition mentions, subqueries in it included. */
function mentioned(items: readonly Item[], value: unknown, found: Set<number>): void {
  if (Array.isArray(value)) {
    for (const part of value) mentioned(items, part, found);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const key in value) {
    const inner = (value as Readonly<Record<string, unknown>>)[key];
    if (typeof inner !== 'object') continue;
    if (key === 'ColumnRef') addNamed(items, inner as Pg.ColumnRef, found);
    else mentioned(items, inner, found);
  }
}

function addConjuncts(node: Pg.Node | undefined, parts: Pg.Node[]): void {
  if (!node) return;
  if ('BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR')
    for (const part of node.BoolExpr.args ?? []) addConjuncts(part, parts);
  else parts.push(node);
}

/** Conditions on the joins inside FROM. */
function addJoinConditions(node: Pg.Node | undefined, parts: Pg.Node[]): void {
  if (!node || !('JoinExpr' in node)) return;
  addConjuncts(node.JoinExpr.quals, parts);
  addJoinConditions(node.JoinExpr.larg, parts);
  addJoinConditions(node.JoinExpr.rarg, parts);
}

/** Joins by name tie their sides together whatever the names are. */
const joinsByName = (node: Pg.Node | undefined): boolean =>
  node !== undefined &&
  'JoinExpr' in node &&
  (node.JoinExpr.isNatural === true ||
    node.JoinExpr.usingClause !== undefined ||
    joinsByName(node.JoinExpr.larg) ||
    joinsByName(node.JoinExpr.rarg));

/** `column = constant` leaves few rows of the table to meet others. */
function pins(node: Pg.Node): boolean {
  if (!('A_Expr' in node) || (node.A_Expr.kind !== 'AEXPR_OP' && node.A_Expr.kind !== 'AEXPR_IN')) return false;
  if (stringsOf(node.A_Expr.name).at(-1) !== '=') return false;
  const isColumn = (side: Pg.Node | undefined): boolean => side !== undefined && 'ColumnRef' in side;
  return isColumn(node.A_Expr.lexpr) !== isColumn(node.A_Expr.rexpr);
}

export function noteCrossJoin(a: Analyzer, scope: Scope, node: Pg.SelectStmt): void {
  const clause = node.fromClause ?? [];
  if (a.origin === 'view' || scope.items.length < 2 || clause.some(joinsByName)) return;
  const parts: Pg.Node[] = [];
  addConjuncts(node.whereClause, parts);
  for (const each of clause) addJoinConditions(each, parts);
  const parents = Array.from({ length: outside(scope.items) + 1 }, (_, index) => index);
  const find = (index: number): number => {
    const parent = parents[index] ?? index;
    return parent === index ? index : find(parent);
  };
  const found = new Set<number>();
  for (const part of parts) {
    found.clear();
    mentioned(scope.items, part, found);
    if (found.size === 1 && pins(part)) found.add(outside(scope.items));
    let first: number | null = null;
    for (const index of found) {
      if (first === null) first = index;
      else parents[find(index)] = find(first);
    }
  }
  const stored = scope.items.filter(isStored);
  const groups = new Set(stored.map(item => find(scope.items.indexOf(item))));
  if (groups.size > 1) a.out.hazard('cross_join', stored.map(({ name }) => name ?? '').join(', '));
}
