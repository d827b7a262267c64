/** OVER and WINDOW: partitions, orders and frames decide which rows a window function sees. */
import { expression } from './expression.ts';
import type { Pg } from './parse.ts';
import type { Scope } from './scope.ts';
import type { Analyzer } from './state.ts';

export function windowUses(a: Analyzer, scope: Scope, node: Pg.WindowDef): void {
  const nodes = [
    ...(node.partitionClause ?? []),
    ...(node.orderClause ?? []).flatMap(order => ('SortBy' in order && order.SortBy.node ? [order.SortBy.node] : [])),
    ...[node.startOffset, node.endOffset].filter(offset => offset !== undefined),
  ];
  for (const part of nodes) a.out.usedAs(expression(a, scope, part), 'window');
}
