/** Everything that is not a query or DML. */
import { type Pg, tagOf } from './parse.ts';
import { unresolved } from './refuse.ts';
import type { Analyzer } from './state.ts';
import type { Outcome } from './statement.ts';

export function utility(a: Analyzer, node: Pg.Node): Outcome {
  a.step(tagOf(node));
  return unresolved(tagOf(node));
}
