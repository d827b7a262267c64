/** Tables in one FROM that no condition ties together: every row of one meets every row of the other. */
import { stringsOf } from './names.ts';
import type { Pg } from './parse.ts';
import type { Item, Scope } from './scope.ts';
import type { Analyzer } from './state.ts';

const isStored = (item: Item): boolean => item.relation !== null && 'rpmf'.includes(item.relation.kind);

/** Items a column reference may mean: by alias, or by having a column of that name. */
function itemsNamed(items: readonly Item[], names: readonly string[]): number[] {
  const [first = ''] = names;
  const found: number[] = [];
  for (const [index, item] of items.entries()) {
    const named = names.length > 1 && item.name === names[names.length - 2];
    const has = names.length === 1 && (item.name === first || item.columns.some(column => column.name === first));
    if (named || has) found.push(index);
  }
  return found;
}

/** Stands for everything fixed from outside: the row of an outer query, a constant. */
const outside = -1;

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
    if (key === 'ColumnRef') {
      const fields = (inner as Pg.ColumnRef).fields?.filter(field => 'String' in field);
      const named = itemsNamed(items, stringsOf(fields));
      for (const index of named) found.add(index);
      if (named.length === 0) found.add(outside);
    } else mentioned(items, inner, found);
  }
}

function* conjuncts(node: Pg.Node | undefined): Iterable<Pg.Node> {
  if (!node) return;
  if ('BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR')
    for (const part of node.BoolExpr.args ?? []) yield* conjuncts(part);
  else yield node;
}

/** Conditions on the joins inside FROM. */
function* joinConditions(nodes: readonly Pg.Node[]): Iterable<Pg.Node> {
  for (const node of nodes) {
    if (!('JoinExpr' in node)) continue;
    yield* conjuncts(node.JoinExpr.quals);
    yield* joinConditions([node.JoinExpr.larg, node.JoinExpr.rarg].filter(side => side !== undefined));
  }
}

/** Joins by name tie their sides together whatever the names are. */
const joinsByName = (nodes: readonly Pg.Node[]): boolean =>
  nodes.some(
    node =>
      'JoinExpr' in node &&
      (node.JoinExpr.isNatural === true ||
        node.JoinExpr.usingClause !== undefined ||
        joinsByName([node.JoinExpr.larg, node.JoinExpr.rarg].filter(side => side !== undefined))),
  );

/** `column = constant` leaves few rows of the table to meet others. */
function pins(node: Pg.Node): boolean {
  if (!('A_Expr' in node) || (node.A_Expr.kind !== 'AEXPR_OP' && node.A_Expr.kind !== 'AEXPR_IN')) return false;
  if (stringsOf(node.A_Expr.name).at(-1) !== '=') return false;
  const isColumn = (side: Pg.Node | undefined): boolean => side !== undefined && 'ColumnRef' in side;
  return isColumn(node.A_Expr.lexpr) !== isColumn(node.A_Expr.rexpr);
}

export function noteCrossJoin(a: Analyzer, scope: Scope, node: Pg.SelectStmt): void {
  const clause = node.fromClause ?? [];
  if (a.origin === 'view' || scope.items.length < 2 || joinsByName(clause)) return;
  const group = new Map<number, number>([outside, ...scope.items.keys()].map(index => [index, index]));
  const find = (index: number): number => {
    const parent = group.get(index) ?? index;
    return parent === index ? index : find(parent);
  };
  for (const part of [...conjuncts(node.whereClause), ...joinConditions(clause)]) {
    const found = new Set<number>();
    mentioned(scope.items, part, found);
    if (found.size === 1 && pins(part)) found.add(outside);
    const [first, ...rest] = found;
    if (first === undefined) continue;
    for (const other of rest) group.set(find(other), find(first));
  }
  const stored = scope.items.map((item, index) => ({ item, index })).filter(({ item }) => isStored(item));
  const groups = new Set(stored.map(({ index }) => find(index)));
  if (groups.size > 1) a.out.hazard('cross_join', stored.map(({ item }) => item.name ?? '').join(', '));
}
