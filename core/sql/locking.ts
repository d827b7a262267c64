/** FOR UPDATE and its weaker forms: locks on every row read. */
import { stringOf } from './names.ts';
import type { Pg } from './parse.ts';
import type { Scope } from './scope.ts';
import type { Analyzer } from './state.ts';

export function lockRows(a: Analyzer, scope: Scope, clauses: readonly Pg.Node[] | undefined): void {
  for (const clause of clauses ?? []) {
    if (!('LockingClause' in clause)) continue;
    const names = (clause.LockingClause.lockedRels ?? []).map(node =>
      'RangeVar' in node ? (node.RangeVar.relname ?? '') : stringOf(node),
    );
    for (const item of scope.items) {
      if (!item.relation || (names.length > 0 && !names.includes(item.name ?? ''))) continue;
      a.out.relation('lock', 'lock', item.relation);
      a.out.hazard('row_lock', `${item.relation.schema}.${item.relation.name}`);
    }
    // Locking a subquery's rows locks the tables inside: they have been recorded as read already.
    if (scope.items.length > 0) a.out.hazard('row_lock', names.join(', ') || 'query');
  }
}
