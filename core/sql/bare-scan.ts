/** Queries that read one table and hand its columns on as they are: nothing keeps rows in memory, and no value is looked into. */
import type { StatementAnalysis } from './analysis.ts';
import type { Pg } from './parse.ts';
import type { Analyzer } from './state.ts';

/** What only a node of its own can do: sort, gather, join, lock, or run another query. */
const isPlain = (select: Pg.SelectStmt): boolean =>
  select.op === 'SETOP_NONE' &&
  select.fromClause?.length === 1 &&
  select.fromClause.every(each => 'RangeVar' in each) &&
  ![select.withClause, select.groupClause, select.havingClause, select.distinctClause, select.sortClause].some(
    Boolean,
  ) &&
  ![select.windowClause, select.valuesLists, select.lockingClause, select.intoClause].some(Boolean);

/** A query of its own, and what an aggregate or a window sorts: all of the rows are kept for that, with whatever else is asked of them. */
const keeping = ['"SubLink"', '"agg_order"', '"agg_distinct"', '"over"'];

/** In a node written as JSON: a quote within a text would have a backslash before it. */
function keepsRows(node: Pg.Node | undefined): boolean {
  const written = JSON.stringify(node ?? null);
  return keeping.some(word => written.includes(word));
}

export function isBareScan(a: Analyzer, node: Pg.Node, { accesses, outputs }: StatementAnalysis): boolean {
  if (!('SelectStmt' in node) || !isPlain(node.SelectStmt)) return false;
  const { targetList, whereClause, limitCount, limitOffset } = node.SelectStmt;
  if ([...(targetList ?? []), whereClause, limitCount, limitOffset].some(keepsRows)) return false;
  const [only, ...others] = accesses.filter(({ object }) => object.kind === 'relation');
  const relation = only && others.length === 0 ? a.catalog.relation(only.object.oid) : null;
  if (relation?.kind !== 'r' || relation.rowSecurity) return false;
  // A column that is made of others is computed when it is read.
  return (outputs ?? []).every(
    ({ kind, origins }) => kind === 'constant' || (kind === 'column' && origins.length === 1),
  );
}
