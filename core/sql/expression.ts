/** One dispatcher for everything that can stand where a value can. A node type without a reader is refused by name. */

import {
  arrayExpr,
  boolExpr,
  booleanTest,
  caseExpr,
  coalesceExpr,
  columnRef,
  constantNode,
  minMaxExpr,
  nullTest,
  sqlValueFunction,
} from './expr/basic.ts';
import { funcCall } from './expr/call.ts';
import { collateClause, typeCast } from './expr/cast.ts';
import { jsonReaders } from './expr/json.ts';
import { aExpr } from './expr/operator.ts';
import { indirection, rowExpr } from './expr/row.ts';
import { special } from './expr/special.ts';
import { subLink } from './expr/sublink.ts';
import { xmlExpr, xmlSerialize } from './expr/xml.ts';
import { stringsOf } from './names.ts';
import { type Pg, tagOf } from './parse.ts';
import { unresolved } from './refuse.ts';
import type { Scope } from './scope.ts';
import type { Analyzer } from './state.ts';
import type { Value } from './value.ts';

export type Reader = (a: Analyzer, scope: Scope, node: Pg.Node) => Value | null;

/** The constructs ordinary statements are made of, most frequent first. */
function common(a: Analyzer, scope: Scope, node: Pg.Node): Value | null {
  if ('ColumnRef' in node) return columnRef(a, scope, node.ColumnRef);
  if ('A_Const' in node) return constantNode(node.A_Const);
  if ('ParamRef' in node) return a.parameter(node.ParamRef.number ?? 0);
  if ('A_Expr' in node) return aExpr(a, scope, node.A_Expr);
  if ('FuncCall' in node) return funcCall(a, scope, node.FuncCall);
  if ('TypeCast' in node) return typeCast(a, scope, node.TypeCast);
  if ('BoolExpr' in node) return boolExpr(a, scope, node.BoolExpr);
  if ('NullTest' in node) return nullTest(a, scope, node.NullTest);
  if ('BooleanTest' in node) return booleanTest(a, scope, node.BooleanTest);
  if ('CaseExpr' in node) return caseExpr(a, scope, node.CaseExpr);
  if ('CoalesceExpr' in node) return coalesceExpr(a, scope, node.CoalesceExpr);
  if ('MinMaxExpr' in node) return minMaxExpr(a, scope, node.MinMaxExpr);
  if ('SubLink' in node) return subLink(a, scope, node.SubLink);
  if ('A_ArrayExpr' in node) return arrayExpr(a, scope, node.A_ArrayExpr);
  if ('RowExpr' in node) return rowExpr(a, scope, node.RowExpr);
  if ('A_Indirection' in node) return indirection(a, scope, node.A_Indirection);
  if ('CollateClause' in node) return collateClause(a, scope, node.CollateClause);
  if ('SQLValueFunction' in node) return sqlValueFunction(node.SQLValueFunction);
  if ('XmlExpr' in node) return xmlExpr(a, scope, node.XmlExpr);
  if ('XmlSerialize' in node) return xmlSerialize(a, scope, node.XmlSerialize);
  return null;
}

export function expression(a: Analyzer, scope: Scope, node: Pg.Node): Value {
  const tag = tagOf(node);
  a.step(tag);
  checkVersion(a, tag, node);
  return (
    common(a, scope, node) ??
    special(a, scope, node) ??
    jsonReaders(a, scope, node) ??
    unresolved(tag, locationOf(node))
  );
}

/**
 * Constructs that older servers read as something else: words that are ordinary names there (a column `system_user`, a
 * function `json_value`) are syntax to the parser of PostgreSQL 18.
 */
const since: Readonly<Record<string, number>> = {
  JsonObjectConstructor: 160000,
  JsonArrayConstructor: 160000,
  JsonArrayQueryConstructor: 160000,
  JsonObjectAgg: 160000,
  JsonArrayAgg: 160000,
  JsonIsPredicate: 160000,
  JsonParseExpr: 170000,
  JsonScalarExpr: 170000,
  JsonSerializeExpr: 170000,
  JsonFuncExpr: 170000,
  MergeSupportFunc: 170000,
};

/** Functions the parser makes of such words. */
const functionsSince: Readonly<Record<string, number>> = { system_user: 160000, json_object: 160000 };

function checkVersion(a: Analyzer, tag: string, node: Pg.Node): void {
  const version = since[tag] ?? ('FuncCall' in node ? functionVersion(a, node.FuncCall) : undefined);
  if (version !== undefined && a.catalog.header.serverVersion < version)
    unresolved(tag, locationOf(node), 'this server reads the statement differently from the parser');
}

function functionVersion(a: Analyzer, node: Pg.FuncCall): number | undefined {
  const names = stringsOf(node.funcname);
  const [schema, name = ''] = names;
  if (names.length !== 2 || schema !== 'pg_catalog') return undefined;
  // The function json_object is as old as jsonb: unless somebody made another, it is the same one.
  if (name === 'json_object' && a.catalog.functionsNamed(name).every(fn => fn.schema === schema)) return undefined;
  return functionsSince[name];
}

/** Byte offset of any node that has one. */
export function locationOf(node: Pg.Node): number | undefined {
  const body = Object.values(node)[0] as { location?: number } | undefined;
  return body?.location;
}
