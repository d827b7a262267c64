/** OVER and WINDOW: partitions, orders and frames decide which rows a window function sees. */
import { expression } from './expression.ts';
import type { Pg } from './parse.ts';
import type { Scope } from './scope.ts';
import type { Analyzer } from './state.ts';

export function windowUses(a: Analyzer, scope: Scope, node: Pg.WindowDef): void {
  const use = (part: Pg.Node | undefined): void => {
    if (part) a.out.usedAs(expression(a, scope, part), 'window');
  };
  for (const part of node.partitionClause ?? []) use(part);
  for (const order of node.orderClause ?? []) if ('SortBy' in order) use(order.SortBy.node);
  use(node.startOffset);
  use(node.endOffset);
}
