/** Conditions that a foreign key makes true of every row: what it refers to is there, as long as nothing is left out of it. */
import type { CatalogRelation } from '../catalog/snapshot.ts';
import type { ColumnRef } from './analysis.ts';
import { stringOf } from './names.ts';
import type { Pg } from './parse.ts';
import { lookupRelation } from './relation.ts';
import { findItem, type Scope } from './scope.ts';
import { columnAt } from './sifting.ts';
import { namedColumn, operatorOf, selectOf, sidesOf } from './spared.ts';
import type { Analyzer } from './state.ts';

type Place = Pick<ColumnRef, 'relationOid' | 'attnum'>;

const isPlace = (one: Place, relationOid: number, attnum: number | undefined): boolean =>
  one.relationOid === relationOid && one.attnum === attnum;

/** Whether the one always finds itself in the other. */
function isReference(a: Analyzer, from: Place, to: Place): boolean {
  const column = a.catalog.relation(from.relationOid)?.columns.find(({ attnum }) => attnum === from.attnum);
  if (column?.notNull !== true) return false;
  return a.catalog.header.foreignKeys.some(
    key =>
      key.columns.length === 1 &&
      isPlace(from, key.relationOid, key.columns[0]) &&
      isPlace(to, key.referencedOid, key.referencedColumns[0]),
  );
}

/** A column of the table that the statement changes. */
function targetPlace(a: Analyzer, scope: Scope, node: Pg.Node | undefined): Place | null {
  const value = node && 'ColumnRef' in node ? columnAt(a, scope, node.ColumnRef) : null;
  const [origin, ...more] = value?.target === true && value.kind === 'column' ? value.origins : [];
  return origin !== undefined && more.length === 0 ? origin : null;
}

/** A column of the only other table there is, which is read as a whole. */
function otherPlace(a: Analyzer, scope: Scope, node: Pg.Node | undefined): Place | null {
  const [other, ...more] = scope.items.filter(item => item.target !== true);
  if (!other?.relation || more.length > 0 || !node || !('ColumnRef' in node)) return null;
  const value = columnAt(a, scope, node.ColumnRef);
  const [origin] = value?.target === false && value.origins.length === 1 ? value.origins : [];
  return origin?.relationOid === other.relation.oid ? origin : null;
}

/** `USING orders o WHERE items.order_id = o.id`. */
export function isKept(a: Analyzer, scope: Scope, [left, right]: readonly [Pg.Node, Pg.Node]): boolean {
  const from = targetPlace(a, scope, left) ?? targetPlace(a, scope, right);
  const to = otherPlace(a, scope, left) ?? otherPlace(a, scope, right);
  return from !== null && to !== null && isReference(a, from, to);
}

type Whole = { select: Pg.SelectStmt; relation: CatalogRelation; name: string };

/** A query of one table in which nothing but WHERE leaves something out. */
function wholeTable(a: Analyzer, scope: Scope, link: Pg.SubLink): Whole | null {
  const select = selectOf(link);
  const [table, ...others] = select?.fromClause ?? [];
  if (select?.op !== 'SETOP_NONE' || others.length > 0 || !table || !('RangeVar' in table)) return null;
  if (select.withClause || select.limitCount || select.limitOffset || select.havingClause || select.lockingClause)
    return null;
  const { schemaname = null, relname = '', alias, inh } = table.RangeVar;
  if (inh !== true || alias?.colnames || (schemaname === null && scope.cte(relname))) return null;
  const relation = lookupRelation(a, schemaname, relname);
  return relation ? { select, relation, name: alias?.aliasname ?? relname } : null;
}

function placeIn({ relation, name }: Whole, node: Pg.Node | undefined): Place | null {
  const column = namedColumn(node);
  if (!column || (column.qualifier !== null && column.qualifier !== name)) return null;
  const found = relation.columns.find(each => each.name === column.name);
  return found ? { relationOid: relation.oid, attnum: found.attnum } : null;
}

/** `order_id IN (SELECT id FROM orders)`. */
function isListed(a: Analyzer, scope: Scope, link: Pg.SubLink): boolean {
  const whole = wholeTable(a, scope, link);
  const [target, ...others] = whole?.select.targetList ?? [];
  if (!whole || whole.select.whereClause || others.length > 0 || !target || !('ResTarget' in target)) return false;
  const [from, to] = [targetPlace(a, scope, link.testexpr), placeIn(whole, target.ResTarget.val)];
  return from !== null && to !== null && isReference(a, from, to);
}

/** A name that the inner table takes is not one of the outer one. */
function outerPlace(a: Analyzer, scope: Scope, { whole, node }: { whole: Whole; node: Pg.Node | null }): Place | null {
  const column = namedColumn(node ?? undefined);
  if (!node || !column || column.qualifier === whole.name) return null;
  if (column.qualifier === null && whole.relation.columns.some(({ name }) => name === column.name)) return null;
  if (column.qualifier !== null && findItem(scope, null, column.qualifier) === null) return null;
  return targetPlace(a, scope, node);
}

/** `EXISTS (SELECT FROM orders o WHERE o.id = order_id)`. */
function isThere(a: Analyzer, scope: Scope, link: Pg.SubLink): boolean {
  const whole = wholeTable(a, scope, link);
  const where = whole?.select.whereClause;
  if (!whole || whole.select.groupClause || !where || !('A_Expr' in where) || operatorOf(where) !== '=') return false;
  const { lexpr = null, rexpr = null } = where.A_Expr;
  return [
    [lexpr, rexpr],
    [rexpr, lexpr],
  ].some(([inner = null, outer = null]) => {
    const from = outerPlace(a, scope, { whole, node: outer });
    const to = placeIn(whole, inner ?? undefined);
    return from !== null && to !== null && sidesOf(where).every(side => side !== null) && isReference(a, from, to);
  });
}

/** `IN`, or `= ANY`. */
const isEqual = ({ operName }: Pg.SubLink): boolean => !operName || stringOf(operName.at(-1)) === '=';

export function isKeptIn(a: Analyzer, scope: Scope, link: Pg.SubLink): boolean {
  if (link.subLinkType === 'EXISTS_SUBLINK') return isThere(a, scope, link);
  return link.subLinkType === 'ANY_SUBLINK' && isEqual(link) && isListed(a, scope, link);
}
