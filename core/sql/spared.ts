/** Conditions that leave a row of the table that a statement changes alone, whatever is in it: the last of its kind, or the first. */
import { stringOf, stringsOf } from './names.ts';
import { type Pg, tagOf } from './parse.ts';
import { lookupRelation } from './relation.ts';
import type { Item, Scope } from './scope.ts';
import type { Analyzer } from './state.ts';

/** Parts that all have to hold. Of their opposites nothing here is true. */
const conjuncts = (node: Pg.Node | undefined): readonly Pg.Node[] => {
  if (!node) return [];
  const isAnd = 'BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR';
  return isAnd ? (node.BoolExpr.args ?? []).flatMap(conjuncts) : [node];
};

type Column = { qualifier: string | null; name: string };

/** A column that is named, with its table or without. */
export const namedColumn = (node: Pg.Node | undefined): Column | null => {
  const names = node && 'ColumnRef' in node ? stringsOf(node.ColumnRef.fields) : [];
  const [name, qualifier = null, ...more] = [...names].reverse();
  return name === undefined || more.length > 0 ? null : { qualifier, name };
};

/** An operator of the server's own, or whatever is found under its name as for every other comparison. */
export const operatorOf = (node: Pg.Node): string =>
  'A_Expr' in node && node.A_Expr.kind === 'AEXPR_OP' && node.A_Expr.name?.length === 1
    ? stringOf(node.A_Expr.name[0])
    : '';

export const sidesOf = (node: Pg.Node): readonly [Column | null, Column | null] =>
  'A_Expr' in node ? [namedColumn(node.A_Expr.lexpr), namedColumn(node.A_Expr.rexpr)] : [null, null];

export const selectOf = (link: Pg.SubLink): Pg.SelectStmt | null =>
  link.subselect && 'SelectStmt' in link.subselect ? link.subselect.SelectStmt : null;

/** Once more the table that is changed. */
type Again = { select: Pg.SelectStmt; target: Item; name: string };

function again(a: Analyzer, scope: Scope, link: Pg.SubLink): Again | null {
  const select = selectOf(link);
  const [table, ...others] = select?.fromClause ?? [];
  const target = scope.items.find(item => item.target);
  if (select?.op !== 'SETOP_NONE' || select.withClause || !table || !('RangeVar' in table) || others.length > 0)
    return null;
  const { schemaname = null, relname = '', inh, alias } = table.RangeVar;
  if (!target?.relation || inh !== true || (schemaname === null && scope.cte(relname))) return null;
  const isSame = lookupRelation(a, schemaname, relname) === target.relation;
  return isSame ? { select, target, name: alias?.aliasname ?? relname } : null;
}

/** `b.id` beside `t.id`: the same column inside and out. */
function isAcross({ target, name }: Again, node: Pg.Node): boolean {
  const [left, right] = sidesOf(node);
  if (!left || !right || left.name !== right.name || target.name === name || target.name === null) return false;
  return (
    [left, right].some(side => side.qualifier === name) && [left, right].some(side => side.qualifier === target.name)
  );
}

/** Nothing but the least or the greatest value of this column. */
function isExtreme({ select, name }: Again, column: string): boolean {
  const { targetList = [], limitCount, limitOffset, havingClause } = select;
  const [target, ...others] = targetList;
  const call = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
  if (!call || !('FuncCall' in call) || others.length > 0 || limitCount || limitOffset || havingClause) return false;
  const { funcname, args = [], agg_filter, over } = call.FuncCall;
  const isPlain = !agg_filter && !over && funcname?.length === 1 && /^(min|max)$/.test(stringOf(funcname[0]));
  const of = namedColumn(args[0]);
  return isPlain && of?.name === column && (of.qualifier === null || of.qualifier === name);
}

function isTarget({ target }: Again, { qualifier, name }: Column): boolean {
  if (qualifier !== null) return qualifier === target.name;
  return name === 'ctid' || target.relation?.columns.some(column => column.name === name) === true;
}

/** `at < (SELECT max(at) FROM t b WHERE b.kind = t.kind)`: who has it is not before, after or other than itself. */
function sparesExtreme(a: Analyzer, scope: Scope, node: Pg.Node): boolean {
  if (!('A_Expr' in node) || !/^(<|>|<>)$/.test(operatorOf(node))) return false;
  const { lexpr, rexpr } = node.A_Expr;
  const column = namedColumn(lexpr);
  if (!column || !rexpr || !('SubLink' in rexpr) || rexpr.SubLink.subLinkType !== 'EXPR_SUBLINK') return false;
  const found = again(a, scope, rexpr.SubLink);
  if (!found || !isTarget(found, column) || !isExtreme(found, column.name) || found.select.groupClause) return false;
  // Each row is among those that are like it.
  return conjuncts(found.select.whereClause).every(part => operatorOf(part) === '=' && isAcross(found, part));
}

/** `EXISTS (SELECT … FROM t b WHERE b.id < t.id AND …)`: before the first there is none. */
function sparesFirst(a: Analyzer, scope: Scope, node: Pg.Node): boolean {
  if (!('SubLink' in node) || node.SubLink.subLinkType !== 'EXISTS_SUBLINK') return false;
  const found = again(a, scope, node.SubLink);
  if (!found || found.select.groupClause || found.select.havingClause) return false;
  // An aggregate gives a row of nothing, too.
  const isPlain = (found.select.targetList ?? []).every(
    each => 'ResTarget' in each && each.ResTarget.val && /^(A_Const|ColumnRef)$/.test(tagOf(each.ResTarget.val)),
  );
  return (
    isPlain &&
    conjuncts(found.select.whereClause).some(part => /^[<>]$/.test(operatorOf(part)) && isAcross(found, part))
  );
}

/** `id NOT IN (SELECT min(id) FROM t GROUP BY kind)`: of each kind one is left. */
function sparesEach(a: Analyzer, scope: Scope, node: Pg.Node): boolean {
  const [inner] = 'BoolExpr' in node && node.BoolExpr.boolop === 'NOT_EXPR' ? (node.BoolExpr.args ?? []) : [];
  if (!inner || !('SubLink' in inner)) return false;
  const { subLinkType, operName, testexpr } = inner.SubLink;
  const column = namedColumn(testexpr);
  const found = subLinkType === 'ANY_SUBLINK' && !operName && column ? again(a, scope, inner.SubLink) : null;
  return (
    found !== null &&
    column !== null &&
    isTarget(found, column) &&
    !found.select.whereClause &&
    isExtreme(found, column.name)
  );
}

/** Whether a row is left alone for certain, if there is any. */
export const sparesOne = (a: Analyzer, scope: Scope, node: Pg.Node): boolean =>
  conjuncts(node).some(
    part => sparesExtreme(a, scope, part) || sparesFirst(a, scope, part) || sparesEach(a, scope, part),
  );
