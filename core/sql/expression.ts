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

type Body<T extends string> = Extract<Pg.Node, Record<T, unknown>>[T & keyof Extract<Pg.Node, Record<T, unknown>>];
type Readers = { [T in string]?: (a: Analyzer, scope: Scope, body: never, node: Pg.Node) => Value };

const reader = <T extends string>(
  tag: T,
  read: (a: Analyzer, scope: Scope, body: Body<T>, node: Pg.Node) => Value,
): Readers => ({ [tag]: read as Readers[string] });

/** Made at the first use: the readers and this dispatcher need each other. */
const makeReaders = (): Readers => ({
  ...reader('ColumnRef', columnRef),
  ...reader('A_Const', (_a, _scope, node) => constantNode(node)),
  ...reader('ParamRef', (a, _scope, node) => a.parameter(node.number ?? 0)),
  ...reader('A_Expr', aExpr),
  ...reader('FuncCall', funcCall),
  ...reader('TypeCast', typeCast),
  ...reader('BoolExpr', boolExpr),
  ...reader('NullTest', nullTest),
  ...reader('BooleanTest', booleanTest),
  ...reader('CaseExpr', caseExpr),
  ...reader('CoalesceExpr', coalesceExpr),
  ...reader('MinMaxExpr', minMaxExpr),
  ...reader('SubLink', subLink),
  ...reader('A_ArrayExpr', arrayExpr),
  ...reader('RowExpr', rowExpr),
  ...reader('A_Indirection', indirection),
  ...reader('CollateClause', collateClause),
  ...reader('SQLValueFunction', (_a, _scope, node) => sqlValueFunction(node)),
  ...reader('XmlExpr', xmlExpr),
  ...reader('XmlSerialize', xmlSerialize),
});

let readers: Readers | null = null;

export function expression(a: Analyzer, scope: Scope, node: Pg.Node): Value {
  const tag = tagOf(node);
  a.step(tag);
  checkVersion(a, tag, node);
  readers ??= makeReaders();
  const read = Object.hasOwn(readers, tag) ? readers[tag] : undefined;
  if (read) return read(a, scope, (node as unknown as Record<string, never>)[tag] as never, node);
  return special(a, scope, node) ?? jsonReaders(a, scope, node) ?? unresolved(tag, locationOf(node));
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

/** From here on a server reads what the parser does. */
const latest = 170000;

function checkVersion(a: Analyzer, tag: string, node: Pg.Node): void {
  if (a.catalog.header.serverVersion >= latest) return;
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
