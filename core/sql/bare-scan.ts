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

/** Nothing in a node can be a query: those that could are few, and written with a name of their own. */
const hasSubquery = (node: Pg.Node | undefined): boolean => JSON.stringify(node ?? null).includes('"SubLink"');

export function isBareScan(a: Analyzer, node: Pg.Node, { accesses, outputs }: StatementAnalysis): boolean {
  if (!('SelectStmt' in node) || !isPlain(node.SelectStmt)) return false;
  const { targetList, whereClause, limitCount, limitOffset } = node.SelectStmt;
  if ([...(targetList ?? []), whereClause, limitCount, limitOffset].some(hasSubquery)) return false;
  const [only, ...others] = accesses.filter(({ object }) => object.kind === 'relation');
  const relation = only && others.length === 0 ? a.catalog.relation(only.object.oid) : null;
  if (relation?.kind !== 'r' || relation.rowSecurity) return false;
  // A column that is made of others is computed when it is read.
  return (outputs ?? []).every(
    ({ kind, origins }) => kind === 'constant' || (kind === 'column' && origins.length === 1),
  );
}
