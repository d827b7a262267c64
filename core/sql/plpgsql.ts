/**
 * PL/pgSQL bodies, as far as they are static: every statement in them counts, whatever the control flow; variables hold whatever
 * any assignment puts into them. Dynamic SQL is opaque unless its text is a literal.
 */
import type { CatalogFunction } from '../catalog/snapshot.ts';
import { coerce } from './expr/cast.ts';
import { defaultTextLimits } from './guard.ts';
import { type Pg, parseText } from './parse.ts';
import { calledWith, intoRow, mentioned, returnedRow, rowOf, rowOfRelation } from './plpgsql-reach.ts';
import { assignment, place, stored } from './plpgsql-target.ts';
import {
  type Datum,
  type Expr,
  exprOf,
  exprsOf,
  type Node,
  nodeOf,
  nodesOf,
  readTree,
  type Tree,
} from './plpgsql-tree.ts';
import { Variables } from './plpgsql-variables.ts';
import { unresolved } from './refuse.ts';
import { type Query, selectStmt } from './select.ts';
import type { Analyzer } from './state.ts';
import { statement } from './statement.ts';
import { oid } from './types/oid.ts';
import { changed, constant, type Field, marks, pureOver, unionOrigins, type Value } from './value.ts';

/** Readings after which variables must have settled. */
const roundsMax = 12;

/** Expressions, and assignments that start with their target. */
const expressionMode = 2;

type Body = {
  a: Analyzer;
  tree: Tree;
  variables: Variables;
  /** What RETURN gives, by position. */
  results: Field[];
  returned: boolean;
};

export function plpgsqlBody(a: Analyzer, fn: CatalogFunction): Query | null {
  const tree = readTree(a.catalog, fn);
  const variables = new Variables(a, tree.datums);
  for (const [index, name] of (a.arguments?.names ?? []).entries())
    for (const own of [name, `$${index + 1}`])
      if (own !== '' && variables.get(own)) variables.set(own, a.arguments?.values[index] ?? constant(0));
  if (a.triggerRelation) for (const name of ['new', 'old']) variables.set(name, rowOfRelation(a, a.triggerRelation));
  a.variables = variables;
  const body: Body = { a, tree, variables, results: [], returned: false };
  for (let round = 0; round < roundsMax; round++) {
    const before = variables.changes;
    for (const datum of tree.datums) declare(body, datum);
    run(body, tree.body);
    if (variables.changes === before) return finished(body, fn);
  }
  return unresolved(`function ${fn.name}`);
}

function declare(body: Body, datum: Datum): void {
  for (const initial of datum.initial) assignDatum(body, datum, evaluate(body, initial));
  if (datum.cursor) body.variables.assign(datum.name, rowOf(queryOf(body, datum.cursor)));
}

/** Output arguments are the result where RETURN does not name one. */
function finished(body: Body, fn: CatalogFunction): Query | null {
  const outputs = fn.allArguments.filter(argument => 'obt'.includes(argument.mode));
  if (outputs.length > 0 && !body.returned)
    for (const [index, { name }] of outputs.entries()) {
      const value = body.variables.get(name);
      if (value) give(body, index, name, value);
    }
  return body.results.length > 0 ? { columns: body.results, bounds: false, restricted: false, wires: false } : null;
}

function give(body: Body, index: number, name: string, value: Value): void {
  const known = body.results[index];
  const merged = known
    ? changed(known.value, {
        origins: unionOrigins([known.value.origins, value.origins]),
        kind: pureOver([known.value, value]),
        ...marks([known.value, value]),
        magnitude: null,
        document: null,
      })
    : changed(value, { wire: null });
  body.results[index] = { name: known?.name ?? name, value: merged };
}

function giveRow(body: Body, columns: readonly Field[]): void {
  body.returned = true;
  for (const [index, column] of columns.entries()) give(body, index, column.name, column.value);
}

function giveValue(body: Body, value: Value): void {
  returnedRow(body.a, value);
  giveRow(body, value.fields ?? [{ name: 'return', value }]);
}

function parsed(query: string): Pg.Node {
  const result = parseText(query, defaultTextLimits);
  const node = result.ok ? result.statements[0]?.stmt : undefined;
  if (!result.ok || !node || result.statements.length !== 1)
    return unresolved('plpgsql', undefined, 'a statement does not parse');
  return node;
}

/** An expression may be followed by FROM, WHERE and so on: it is the rest of a SELECT. */
function evaluate(body: Body, expr: Expr): Value {
  const query = expr.parseMode > expressionMode ? assignment(expr.query).source : expr.query;
  const node = parsed(expr.parseMode === 0 ? query : `SELECT ${query}`);
  if (!('SelectStmt' in node)) return unresolved('plpgsql');
  const [column] = selectStmt(body.a, null, node.SelectStmt, { keepUnknown: true }).columns;
  return column ? changed(column.value, { wire: null }) : constant(oid.unknown);
}

function decides(body: Body, value: unknown): void {
  const expr = exprOf(value);
  if (expr) body.a.out.predicate(coerce(body.a, evaluate(body, expr), oid.bool, 'implicit'));
}

const queryOf = (body: Body, expr: Expr): readonly Field[] =>
  statement(body.a, parsed(expr.parseMode === 0 ? expr.query : `SELECT ${expr.query}`)).columns ?? [];

/** Text that is put together while running: nobody can tell what it does. */
function dynamic(body: Body, value: unknown, params: unknown): readonly Field[] | null {
  const expr = exprOf(value);
  if (!expr) return unresolved('EXECUTE');
  for (const param of exprsOf(params)) body.a.out.usedAs(evaluate(body, param), 'function_argument');
  const text = evaluate(body, expr);
  if (text.literal?.kind === 'text') return statement(body.a, parsed(text.literal.text)).columns ?? [];
  body.a.out.usedAs(text, 'function_argument');
  body.a.out.hazard('dynamic_sql', body.a.arguments?.function ?? 'EXECUTE');
  body.a.out.object('opaque', 'call', 'other', 'EXECUTE');
  body.a.catalogChanges();
  return null;
}

const nameAt = (body: Body, index: unknown): Datum | null =>
  typeof index === 'number' || index === undefined ? (body.tree.datums[index ?? 0] ?? null) : null;

function assignDatum(body: Body, datum: Datum | null, given: Value): void {
  if (!datum) return;
  if (datum.kind === 'field') {
    const record = body.tree.datums[datum.parent];
    if (record) {
      const field = body.variables.get(record.name)?.fields?.find(({ name }) => name === datum.name);
      const value = stored(body.a, field?.value, given);
      body.variables.assignField(record.name, datum.name, value);
      if (record.name === 'new') intoRow(body.a, datum.name, value);
    }
  } else body.variables.assign(datum.name, stored(body.a, body.variables.get(datum.name), given));
}

/** INTO and FOR targets: a record takes the row, a list of variables its columns. */
function assignRow(body: Body, target: unknown, columns: readonly Field[]): void {
  const node = nodeOf(target);
  if (!node) return;
  if (node.tag === 'row') {
    const fields = Array.isArray(node.body.fields) ? (node.body.fields as { name?: string; varno?: number }[]) : [];
    for (const [index, field] of fields.entries()) {
      const column = columns[index];
      if (column) assignDatum(body, body.tree.datums[field.varno ?? 0] ?? null, column.value);
    }
    return;
  }
  const name = typeof node.body.refname === 'string' ? node.body.refname : '';
  const [only] = columns;
  const known = body.variables.get(name);
  // Of a type that the parser does not know, but no row.
  if (known && only && !known.fields && known.type !== oid.record && columns.length === 1)
    body.variables.assign(name, stored(body.a, known, only.value));
  else body.variables.assign(name, columns.length === 1 && only?.value.fields ? only.value : rowOf(columns));
}

function run(body: Body, nodes: readonly Node[]): void {
  for (const node of nodes) {
    body.a.step(node.tag);
    const reader = readers[node.tag] ?? (() => unresolved(`PL/pgSQL ${node.tag}`));
    reader(body, node.body);
  }
}

type Reader = (body: Body, node: Readonly<Record<string, unknown>>) => void;

const block: Reader = (body, node) => {
  run(body, nodesOf(node.body));
  const handlers = nodeOf(node.exceptions);
  if (handlers) body.variables.assign('sqlerrm', mentioned(body.a));
  for (const handler of nodesOf(handlers?.body.exc_list)) run(body, nodesOf(handler.body.action));
};

const branches: Reader = (body, node) => {
  decides(body, node.cond);
  run(body, nodesOf(node.then_body));
  for (const branch of nodesOf(node.elsif_list)) {
    decides(body, branch.body.cond);
    run(body, nodesOf(branch.body.stmts));
  }
  run(body, nodesOf(node.else_body));
};

const cases: Reader = (body, node) => {
  const subject = exprOf(node.t_expr);
  if (subject) {
    const value = evaluate(body, subject);
    body.a.out.usedAs(value, 'case');
    assignDatum(body, nameAt(body, node.t_varno), value);
  }
  for (const branch of nodesOf(node.case_when_list)) {
    decides(body, branch.body.expr);
    run(body, nodesOf(branch.body.stmts));
  }
  run(body, nodesOf(node.else_stmts));
};

const loop: Reader = (body, node) => {
  decides(body, node.cond);
  run(body, nodesOf(node.body));
};

const integerLoop: Reader = (body, node) => {
  for (const bound of [node.lower, node.upper, node.step]) {
    const expr = exprOf(bound);
    if (!expr) continue;
    const value = evaluate(body, expr);
    body.a.out.usedAs(value, 'limit');
    const variable = nodeOf(node.var);
    if (variable && typeof variable.body.refname === 'string') body.variables.assign(variable.body.refname, value);
  }
  run(body, nodesOf(node.body));
};

const queryLoop: Reader = (body, node) => {
  const expr = exprOf(node.query);
  if (expr) assignRow(body, node.var, queryOf(body, expr));
  run(body, nodesOf(node.body));
};

const dynamicLoop: Reader = (body, node) => {
  const columns = dynamic(body, node.query, node.params);
  if (columns) assignRow(body, node.var, columns);
  run(body, nodesOf(node.body));
};

/** FOR … IN cursor: the cursor's own query, with its arguments. */
const cursorLoop: Reader = (body, node) => {
  bindCursor(body, node);
  assignRow(body, node.var, fetchable(body, node));
  run(body, nodesOf(node.body));
};

/** A cursor's arguments are variables of its query. */
function bindCursor(body: Body, node: Readonly<Record<string, unknown>>): void {
  const given = exprOf(node.argquery);
  if (!given) return;
  const names = body.tree.datums[nameAt(body, node.curvar)?.argumentRow ?? -1]?.members ?? [];
  for (const [index, { value }] of queryOf(body, given).entries()) {
    const name = names[index] ?? unresolved('OPEN');
    body.variables.assign(name, stored(body.a, body.variables.get(name), value));
  }
}

/** The columns of a cursor; one that was opened elsewhere may have any. */
function fetchable(body: Body, node: Readonly<Record<string, unknown>>): readonly Field[] {
  const cursor = nameAt(body, node.curvar);
  const fields = cursor ? body.variables.get(cursor.name)?.fields : null;
  return fields ?? unresolved('FETCH', undefined, 'a cursor that is opened elsewhere may hold anything');
}

const arrayLoop: Reader = (body, node) => {
  const expr = exprOf(node.expr);
  if (expr) assignDatum(body, nameAt(body, node.varno), evaluate(body, expr));
  run(body, nodesOf(node.body));
};

const returns: Reader = (body, node) => {
  const expr = exprOf(node.expr);
  if (expr) giveValue(body, evaluate(body, expr));
  else if (typeof node.retvarno === 'number') giveVariable(body, node.retvarno);
};

function giveVariable(body: Body, index: number): void {
  const datum = body.tree.datums[index];
  if (!datum) return;
  if (datum.kind === 'row') {
    giveRow(
      body,
      datum.members.map(name => ({ name, value: body.variables.get(name) ?? constant(0) })),
    );
    return;
  }
  const value = body.variables.get(datum.name);
  if (value) giveValue(body, value);
}

const returnsQuery: Reader = (body, node) => {
  const expr = exprOf(node.query);
  const columns = expr ? queryOf(body, expr) : dynamic(body, node.dynquery, node.params);
  giveRow(body, columns ?? []);
};

/** Messages, and the texts of errors, go to the client. */
const raises: Reader = (body, node) => {
  const options = nodesOf(node.options).flatMap(option => exprOf(option.body.expr) ?? []);
  for (const expr of [...exprsOf(node.params), ...options])
    body.a.out.usedAs(evaluate(body, expr), 'function_argument');
};

const asserts: Reader = (body, node) => {
  decides(body, node.cond);
  const message = exprOf(node.message);
  if (message) body.a.out.usedAs(evaluate(body, message), 'function_argument');
};

const sql: Reader = (body, node) => {
  const expr = exprOf(node.sqlstmt) ?? exprOf(node.expr);
  if (!expr) return unresolved('plpgsql');
  const columns = queryOf(body, expr);
  if (node.target !== undefined) assignRow(body, node.target, columns);
};

const executes: Reader = (body, node) => {
  const columns = dynamic(body, node.query, node.params);
  if (columns && node.target !== undefined) assignRow(body, node.target, columns);
};

const opens: Reader = (body, node) => {
  bindCursor(body, node);
  const query = exprOf(node.query);
  const isDynamic = node.dynquery !== undefined;
  const columns = query ? queryOf(body, query) : isDynamic ? dynamic(body, node.dynquery, node.params) : null;
  const cursor = nameAt(body, node.curvar);
  if (cursor && columns) body.variables.assign(cursor.name, rowOf(columns));
};

const fetches: Reader = (body, node) => {
  if (node.target !== undefined) assignRow(body, node.target, fetchable(body, node));
};

/** What an error says may be about any value; counts and places are told by what was counted. */
const diagnoses: Reader = (body, node) => {
  if (node.is_stacked !== true) return;
  for (const item of nodesOf(node.diag_items)) assignDatum(body, nameAt(body, item.body.target), mentioned(body.a));
};

const calls: Reader = (body, node) => {
  const expr = exprOf(node.expr) ?? unresolved('CALL');
  const call = parsed(expr.query);
  const given = rowOf(statement(body.a, call).columns ?? []);
  for (const names of calledWith(call)) {
    body.variables.assignNamed(names, changed(given, { fields: null }));
    if (names.at(-2) === 'new') intoRow(body.a, names.at(-1) ?? '', given);
  }
};

const assigns: Reader = (body, node) => {
  const expr = exprOf(node.expr);
  if (!expr) return unresolved('plpgsql');
  assignDatum(body, nameAt(body, node.varno), evaluate(body, expr));
  if (expr.parseMode > expressionMode) place(body.a, assignment(expr.query).target);
};

const ends: Reader = body => body.a.out.object('session', 'transaction', 'other', 'transaction');
const ignores: Reader = () => undefined;

const readers: Readonly<Record<string, Reader>> = {
  stmt_block: block,
  stmt_assign: assigns,
  stmt_if: branches,
  stmt_case: cases,
  stmt_loop: loop,
  stmt_while: loop,
  stmt_fori: integerLoop,
  stmt_fors: queryLoop,
  stmt_forc: cursorLoop,
  stmt_dynfors: dynamicLoop,
  stmt_foreach_a: arrayLoop,
  stmt_exit: loop,
  stmt_return: returns,
  stmt_return_next: returns,
  stmt_return_query: returnsQuery,
  stmt_raise: raises,
  stmt_assert: asserts,
  stmt_execsql: sql,
  stmt_perform: sql,
  stmt_call: calls,
  stmt_dynexecute: executes,
  stmt_getdiag: diagnoses,
  stmt_open: opens,
  stmt_fetch: fetches,
  stmt_close: ignores,
  stmt_commit: ends,
  stmt_rollback: ends,
};
