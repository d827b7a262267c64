/** FOR UPDATE and its weaker forms: locks on every row read. */
import type { CatalogRelation } from '../catalog/snapshot.ts';
import { elsewhere } from './extent.ts';
import { stringOf } from './names.ts';
import type { Pg } from './parse.ts';
import type { Scope } from './scope.ts';
import type { Analyzer } from './state.ts';

const isTable = ({ kind }: CatalogRelation): boolean => kind === 'r' || kind === 'p';

export function lockRows(a: Analyzer, scope: Scope, clauses: readonly Pg.Node[] | undefined): void {
  for (const clause of clauses ?? []) {
    if (!('LockingClause' in clause)) continue;
    const names = (clause.LockingClause.lockedRels ?? []).map(node =>
      'RangeVar' in node ? (node.RangeVar.relname ?? '') : stringOf(node),
    );
    const items = scope.items.filter(({ name }) => names.length === 0 || names.includes(name ?? ''));
    for (const { relation } of items)
      for (const locked of relation ? [relation, ...elsewhere(a, relation)] : []) {
        a.out.relation('lock', 'lock', locked);
        a.out.hazard('row_lock', `${locked.schema}.${locked.name}`);
      }
    // Locking rows of a subquery or view locks those of the tables inside, which have been recorded as read.
    const isPlain = items.length > 0 && items.every(({ relation }) => relation && isTable(relation));
    if (scope.items.length > 0 && !isPlain) a.out.hazard('row_lock', names.join(', ') || 'query');
  }
}
