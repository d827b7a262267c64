/** Column references, constants, conditionals and constructors. */

import { type Catalog, firstUserOid } from '../../catalog/lookup.ts';
import { argumentNamed } from '../arguments.ts';
import { expression } from '../expression.ts';
import { dotted, stringsOf } from '../names.ts';
import { aliasOf, columnHint } from '../near-names.ts';
import type { Pg } from '../parse.ts';
import { undefinedNear, unresolved } from '../refuse.ts';
import { columnOf, findColumn, findItem, type Scope, wholeRow } from '../scope.ts';
import { testedBounds } from '../sifting.ts';
import type { Analyzer } from '../state.ts';
import { arrayTypeOf, baseTypeOf, commonType, elementTypeOf, isComposite } from '../types/coerce.ts';
import { oid, untyped } from '../types/oid.ts';
import { changed, conjunction, constant, derive, disjunction, negation, testsOf, type Value } from '../value.ts';
import { coerce } from './cast.ts';
import { commonDocument } from './document.ts';
import { clashes } from './gate.ts';
import { widest } from './magnitude.ts';
import { callFunctionNamed } from './notation.ts';
import { compare } from './operator.ts';

export const noteRead = (a: Analyzer, value: Value): Value => {
  const [own] = value.origins;
  if (value.wire && value.wire.attnum !== 0 && own) a.out.read(own);
  return value;
};

const readRow = (a: Analyzer, row: Value): Value => {
  for (const field of row.fields ?? []) noteRead(a, field.value);
  return row;
};

/** transformColumnRef: a column, else a whole row, else a function's argument, else functional notation. */
export function columnRef(a: Analyzer, scope: Scope, node: Pg.ColumnRef): Value {
  const nodes = node.fields ?? [];
  const last = nodes[nodes.length - 1];
  const star = last !== undefined && 'A_Star' in last;
  const names = stringsOf(star ? nodes.slice(0, -1) : nodes);
  const value = star ? rowNamed(a, scope, names, node.location) : named(a, scope, names, node.location);
  return value ?? missing(scope, names, node.location);
}

function named(a: Analyzer, scope: Scope, names: readonly string[], location?: number): Value | null {
  const [first = '', second] = names;
  if (second === undefined) {
    const column = findColumn(a, scope, first, location);
    if (column) return noteRead(a, column);
    const argument = argumentNamed(a, names);
    if (argument) return argument;
    const item = findItem(scope, null, first, location);
    return item ? readRow(a, wholeRow(item)) : null;
  }
  return columnOfItem(a, scope, names, location) ?? argumentNamed(a, names) ?? rowNamed(a, scope, names, location);
}

function columnOfItem(a: Analyzer, scope: Scope, names: readonly string[], location?: number): Value | null {
  const local = withoutDatabase(a, names);
  if (local.length < 2 || local.length > 3) return null;
  const name = local[local.length - 1] ?? '';
  const item = findItem(scope, local.length === 3 ? (local[0] ?? null) : null, local[local.length - 2] ?? '', location);
  if (!item) return null;
  const column = columnOf(a, item, name, location);
  if (column) return noteRead(a, column);
  const row = readRow(a, wholeRow(item));
  return callFunctionNamed(a, name, row, location) ?? noSuchColumn(columnHint(scope, name, item), names, location);
}

const noSuchColumn = (hint: string | undefined, names: readonly string[], location?: number): never =>
  undefinedNear(
    { code: 'undefined_column', construct: 'ColumnRef', hint },
    `column ${dotted(names.slice(-2))} does not exist`,
    location,
  );

const withoutDatabase = (a: Analyzer, names: readonly string[]): readonly string[] =>
  names.length === 4 && names[0] === a.catalog.header.database ? names.slice(1) : names;

function rowNamed(a: Analyzer, scope: Scope, names: readonly string[], location?: number): Value | null {
  const local = withoutDatabase(a, names);
  if (local.length > 2) return null;
  const name = local[local.length - 1] ?? '';
  const item = findItem(scope, local.length === 2 ? (local[0] ?? null) : null, name, location);
  if (item) return readRow(a, wholeRow(item));
  return local.length === 1 ? findColumn(a, scope, name, location) : null;
}

function missing(scope: Scope, names: readonly string[], location?: number): never {
  const [name = ''] = names;
  const construct = 'ColumnRef';
  if (names.length === 1) {
    const hint = columnHint(scope, name, null);
    undefinedNear({ code: 'undefined_column', construct, hint }, `column "${name}" does not exist`, location);
  }
  const [table = ''] = names.slice(-2);
  const alias = aliasOf(scope, names.length === 3 ? name : null, table);
  const problem = alias === null ? 'missing' : 'invalid reference to';
  const hint = alias === null ? undefined : `Perhaps you meant to reference the table alias "${alias}".`;
  const message = `${problem} FROM-clause entry for table "${table}"`;
  return undefinedNear({ code: 'undefined_table', construct, hint }, message, location);
}

export function constantNode(node: Pg.A_Const): Value {
  if (node.isnull) return constant(oid.unknown, { kind: 'null' });
  if (node.sval) return constant(oid.unknown, { kind: 'text', text: node.sval.sval ?? '' });
  if (node.boolval) return constant(oid.bool, { kind: 'boolean', value: node.boolval.boolval === true });
  if (node.bsval) return constant(oid.bit, { kind: 'bits', text: node.bsval.bsval ?? '' });
  if (node.fval) return numberConstant(node.fval.fval ?? '0');
  return constant(oid.int4, { kind: 'number', text: String(node.ival?.ival ?? 0) });
}

/** What does not fit int4 as it stands arrives as text: int8 if it fits that, numeric otherwise (make_const). */
function numberConstant(text: string): Value {
  return constant(typeOfNumber(text), { kind: 'number', text });
}

/** A sign before it is part of the constant (doNegate). */
const whole = /^-?(?:[0-9][0-9_]*|0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+)$/;

function typeOfNumber(text: string): number {
  if (!whole.test(text)) return oid.numeric;
  const isNegative = text.startsWith('-');
  const size = BigInt(text.slice(isNegative ? 1 : 0).replaceAll('_', ''));
  const fits = (bits: bigint): boolean => size <= (isNegative ? 2n ** bits : 2n ** bits - 1n);
  return fits(31n) ? oid.int4 : fits(63n) ? oid.int8 : oid.numeric;
}

export function boolExpr(a: Analyzer, scope: Scope, node: Pg.BoolExpr): Value {
  const args = (node.args ?? []).map(argument => coerce(a, expression(a, scope, argument), oid.bool, 'implicit'));
  if (node.boolop === 'NOT_EXPR') return args[0] ? negation(args[0]) : unresolved('BoolExpr', node.location);
  return node.boolop === 'OR_EXPR' ? disjunction(args) : conjunction(args);
}

/** The type several values settle on, and the values as that type. */
export function unified(a: Analyzer, values: readonly Value[], location?: number): { type: number; values: Value[] } {
  const type =
    commonType(
      a.catalog,
      values.map(value => value.type),
    ) ?? untyped;
  return { type, values: values.map(value => coerce(a, value, type, 'implicit', location)) };
}

/** Conditions of a CASE decide which branch counts, and which may raise. */
export function caseExpr(a: Analyzer, scope: Scope, node: Pg.CaseExpr): Value {
  const subject = node.arg ? expression(a, scope, node.arg) : null;
  const conditions: Value[] = subject ? [subject] : [];
  const results: Value[] = [];
  for (const arm of node.args ?? []) {
    if (!('CaseWhen' in arm) || !arm.CaseWhen.expr || !arm.CaseWhen.result)
      return unresolved('CaseExpr', node.location);
    const when = expression(a, scope, arm.CaseWhen.expr);
    conditions.push(subject ? equals(a, subject, when, node.location) : when);
    results.push(expression(a, scope, arm.CaseWhen.result));
  }
  const fallback = node.defresult ? expression(a, scope, node.defresult) : constant(oid.unknown);
  for (const condition of conditions) a.out.usedAs(condition, 'case');
  // Of ELSE, or the NULL that stands for it, the type counts first (transformCaseExpr).
  const { type, values: coerced } = unified(a, [fallback, ...results], node.location);
  if (node.defresult) results.push(fallback);
  const values = [...coerced.slice(1), ...coerced.slice(0, 1)];
  const all = [...conditions, ...values];
  // Which result is computed, the conditions decide alone.
  if (all.some(each => each.mayRaise)) for (const each of conditions) a.out.usedAs(each, 'function_argument');
  const magnitude = widest(a.catalog, values.slice(0, results.length), type);
  const value = derive(all, { type, magnitude, document: commonDocument(values.slice(0, results.length)) });
  const parts = results.map((result, index) => ({
    result,
    when: node.defresult && index === results.length - 1 ? null : (conditions[index + (subject ? 1 : 0)] ?? null),
  }));
  return changed(value, {
    // A condition that is NULL is one that does not hold.
    gated: values.some(each => each.gated),
    restricts: parts.every(part => holdsWhere(part, 'restricts')),
    bounds: parts.every(part => holdsWhere(part, 'bounds')),
    oneSided: true,
  });
}

/** Of one result of CASE, as a condition: it never holds, or restricts, or is asked for only where something that does holds. */
const holdsWhere = ({ result, when }: { result: Value; when: Value | null }, what: 'restricts' | 'bounds'): boolean =>
  isNever(result) || result[what] || when?.[what] === true;

const isNever = ({ literal }: Value): boolean =>
  literal?.kind === 'null' || (literal?.kind === 'boolean' && !literal.value);

/** Evaluated one after the other until one is not null. */
export function coalesceExpr(a: Analyzer, scope: Scope, node: Pg.CoalesceExpr): Value {
  const { type, values } = unified(a, expressions(a, scope, node.args), node.location);
  const last = values.findLastIndex(each => each.mayRaise);
  // Those that come before it decide by being NULL whether it is computed.
  for (const each of values.slice(0, Math.max(last, 0))) noteNullness(a, each);
  const value = derive(values, {
    type,
    magnitude: widest(a.catalog, values, type),
    document: commonDocument(values),
  });
  return values.some(isGiven) ? changed(value, { gated: false }) : value;
}

const noteNullness = (a: Analyzer, value: Value): void =>
  a.out.usedAs(value, value.kind === 'column' && !value.gated ? 'predicate_null' : 'function_argument');

/** Written out, and not NULL. */
export const isGiven = ({ literal }: Value): boolean =>
  literal !== null && literal.kind !== 'null' && literal.kind !== 'parameter';

export function minMaxExpr(a: Analyzer, scope: Scope, node: Pg.MinMaxExpr): Value {
  const { type, values } = unified(a, expressions(a, scope, node.args), node.location);
  const faulty = !comparesAlways(a.catalog, type) || clashes(values);
  return derive(values, { type, faulty, magnitude: widest(a.catalog, values, type) });
}

/** Rows may differ in their columns, and users' own types are compared by users' own code. */
export function comparesAlways(catalog: Catalog, type: number): boolean {
  const base = baseTypeOf(catalog, type);
  const element = elementTypeOf(catalog, base);
  if (element !== 0) return comparesAlways(catalog, element);
  if (catalog.type(base)?.kind === 'e') return true;
  return base !== untyped && base !== oid.record && base !== oid.recordArray && base < firstUserOid;
}

export const expressions = (a: Analyzer, scope: Scope, nodes: readonly Pg.Node[] | undefined): Value[] =>
  (nodes ?? []).map(node => expression(a, scope, node));

export function arrayExpr(a: Analyzer, scope: Scope, node: Pg.A_ArrayExpr): Value {
  const { type, values } = unified(a, expressions(a, scope, node.elements), node.location);
  const isNested =
    elementTypeOf(a.catalog, type) !== 0 && (node.elements ?? []).every(element => 'A_ArrayExpr' in element);
  // Arrays in an array have to be of one length: those that are not written out may not be.
  const faulty = !isNested && values.some(value => elementTypeOf(a.catalog, value.type) !== 0);
  if (faulty) for (const value of values) a.out.usedAs(value, 'function_argument');
  const isFlat = elementTypeOf(a.catalog, type) === 0 && !isComposite(a.catalog, type) && type !== oid.record;
  const document = isFlat ? 'list' : null;
  return derive(values, { type: isNested ? type : arrayTypeOf(a.catalog, type) || untyped, faulty, document });
}

/** Of columns and of what is written out, as `ROW(email, phone)` and `num_nulls(email, phone)` look at them. */
export const areBare = (values: readonly Value[]): boolean =>
  values.every(value => value.kind === 'constant' || (value.kind === 'column' && !value.gated));

const isWholeRow = ({ fields, wire }: Value): boolean =>
  fields !== null && (wire !== null || areBare(fields.map(({ value }) => value)));

/** IS NULL of a bare column or row tells only that: it is a use of its own and nothing of the value remains. */
export function nullTest(a: Analyzer, scope: Scope, node: Pg.NullTest): Value {
  if (!node.arg) return unresolved('NullTest', node.location);
  const value = expression(a, scope, node.arg);
  const given = nullBounds(a, value, node.nulltesttype === 'IS_NOT_NULL');
  const bounds = testedBounds(a, scope, { node: node.arg, given, isExact: false });
  if (value.kind !== 'column' && !isWholeRow(value)) {
    const test = derive([value], { type: oid.bool });
    return { ...test, tests: testsOf(value), ...bounds };
  }
  a.out.usedAs(value, 'predicate_null');
  return changed(constant(oid.bool), { mayRaise: value.mayRaise, ...bounds });
}

/** NOT NULL columns are never null: testing that restricts nothing. */
function nullBounds(a: Analyzer, value: Value, negated: boolean): { restricts: boolean; bounds: boolean } {
  const [own] = value.origins;
  const column = own && a.catalog.relation(own.relationOid)?.columns.find(candidate => candidate.attnum === own.attnum);
  const restricts = own !== undefined && !(negated && column?.notNull === true);
  return { restricts, bounds: restricts && value.target };
}

export function booleanTest(a: Analyzer, scope: Scope, node: Pg.BooleanTest): Value {
  if (!node.arg) return unresolved('BooleanTest', node.location);
  const value = coerce(a, expression(a, scope, node.arg), oid.bool, 'implicit', node.location);
  return negation(value);
}

const valueFunctionTypes: Readonly<Record<string, number>> = {
  SVFOP_CURRENT_DATE: oid.date,
  SVFOP_CURRENT_TIME: oid.timetz,
  SVFOP_CURRENT_TIME_N: oid.timetz,
  SVFOP_CURRENT_TIMESTAMP: oid.timestamptz,
  SVFOP_CURRENT_TIMESTAMP_N: oid.timestamptz,
  SVFOP_LOCALTIME: oid.time,
  SVFOP_LOCALTIME_N: oid.time,
  SVFOP_LOCALTIMESTAMP: oid.timestamp,
  SVFOP_LOCALTIMESTAMP_N: oid.timestamp,
};

export const sqlValueFunction = (node: Pg.SQLValueFunction): Value =>
  constant(valueFunctionTypes[node.op ?? ''] ?? oid.name);

export const equals = (a: Analyzer, left: Value, right: Value, location?: number): Value =>
  compare(a, ['='], [left, right], location);
