/** A_Expr: operators and the constructs that stand for them (IN, BETWEEN, LIKE, ANY/ALL, IS DISTINCT FROM, NULLIF). */
import { expression } from '../expression.ts';
import { keyJoins } from '../key-join.ts';
import { dotted, qualified, stringsOf } from '../names.ts';
import type { Pg } from '../parse.ts';
import { undefinedName, unresolved } from '../refuse.ts';
import type { Scope } from '../scope.ts';
import { comparedBounds } from '../sifting.ts';
import type { Analyzer } from '../state.ts';
import { typeName } from '../typename.ts';
import { arrayTypeOf, commonType, elementTypeOf } from '../types/coerce.ts';
import { oid, untyped } from '../types/oid.ts';
import { type ResolvedOperator, resolveOperator } from '../types/resolve.ts';
import { changed, comparison, conjunction, constant, derive, disjunction, negation, type Value } from '../value.ts';
import { applyOperator } from './apply.ts';
import { expressions, isGiven } from './basic.ts';
import { cast, coerce } from './cast.ts';

function resolved(a: Analyzer, names: readonly string[], types: readonly number[]): ResolvedOperator {
  const { name, schema: written } = qualified(names);
  const schema = a.schemaNamed(written);
  const key = `op ${schema ?? ''}.${name} ${types[0]} ${types[1]} ${schema === null ? a.path.key : ''}`;
  const known = a.catalog.memo.get(key) as ResolvedOperator | undefined;
  if (known) return known;
  const shape = { schema, name, path: a.path.functions, types, named: [], variadic: false };
  const found = resolveOperator(a.catalog, shape);
  a.catalog.memo.set(key, found);
  return found;
}

const comparing: ReadonlySet<string> = new Set([
  '=',
  '<>',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '~~',
  '!~~',
  '~~*',
  '!~~*',
  '~',
  '!~',
]);

/** One operator over its operands, as a condition where it compares. */
export function compare(a: Analyzer, names: readonly string[], operands: readonly Value[], location?: number): Value {
  const rows = rowwise(a, names, operands, location);
  if (rows) return rows;
  const types = operands.map(operand => operand.type);
  const found = resolved(a, names, types);
  if (found.kind === 'none') return undefinedOperator(a, names, types, location);
  const operators = found.kind === 'operator' ? [found.operator] : found.operators;
  const value = applyOperator(a, operators, operands, { result: found.result, location });
  const [left, right] = operands;
  if (!left || !right || value.type !== oid.bool) return value;
  const { name } = qualified(names);
  const compared = comparison(value, left, right, comparing.has(name) && name === '=');
  const tests = keyJoins(a.catalog, compared.tests);
  return tests === compared.tests ? compared : changed(compared, { tests });
}

function undefinedOperator(a: Analyzer, names: readonly string[], types: readonly number[], location?: number): never {
  const shown = types.map(type => typeName(a, type));
  const text =
    shown.length === 1 ? `${dotted(names)} ${shown[0] ?? ''}` : `${shown[0] ?? ''} ${dotted(names)} ${shown[1] ?? ''}`;
  const construct = shown.length === 1 ? 'prefix operator' : 'A_Expr';
  return undefinedName('undefined_function', construct, `operator does not exist: ${text}`, location);
}

/** ROW(a, b) = ROW(c, d) compares column by column. */
function rowwise(a: Analyzer, names: readonly string[], operands: readonly Value[], location?: number): Value | null {
  const [left, right] = operands;
  if (left?.type !== oid.record || right?.type !== oid.record || !left.fields || !right.fields) return null;
  if (left.fields.length !== right.fields.length || left.fields.length === 0) return null;
  const parts = left.fields.map((field, index) =>
    compare(a, names, [field.value, right.fields?.[index]?.value ?? constant(untyped)], location),
  );
  return conjunction(parts);
}

export function aExpr(a: Analyzer, scope: Scope, node: Pg.A_Expr): Value {
  const value = operation(a, scope, node);
  if (!value.bounds && !value.restricts) return value;
  const { bounds, restricts } = comparedBounds(a, scope, { node, value });
  return bounds === value.bounds && restricts === value.restricts ? value : changed(value, { bounds, restricts });
}

function operation(a: Analyzer, scope: Scope, node: Pg.A_Expr): Value {
  const names = stringsOf(node.name);
  const location = node.location;
  switch (node.kind) {
    case 'AEXPR_OP':
      return ofSubquery(a, scope, node) ?? compare(a, names, operandsOf(a, scope, node), location);
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
    case 'AEXPR_SIMILAR':
      return compare(a, names, operandsOf(a, scope, node), location);
    case 'AEXPR_DISTINCT':
    case 'AEXPR_NOT_DISTINCT':
      return compare(a, names, operandsOf(a, scope, node), location);
    case 'AEXPR_NULLIF':
      return nullIf(a, names, operandsOf(a, scope, node), location);
    case 'AEXPR_IN':
      return inList(a, scope, node, names);
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL':
      return anyOrAll(a, scope, node, names);
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM':
      return between(a, scope, node);
    default:
      return unresolved(node.kind ?? 'A_Expr', location);
  }
}

/** `(a, b) < (SELECT c, d …)` compares with all columns of the one row: the server finds out only then (transformAExprOp in parse_expr.c). */
function ofSubquery(a: Analyzer, scope: Scope, { lexpr, rexpr, name }: Pg.A_Expr): Value | null {
  if (!lexpr || !rexpr || !('RowExpr' in lexpr) || !('SubLink' in rexpr) || !name) return null;
  if (rexpr.SubLink.subLinkType !== 'EXPR_SUBLINK') return null;
  const subLinkType = 'ROWCOMPARE_SUBLINK';
  return expression(a, scope, { SubLink: { ...rexpr.SubLink, subLinkType, testexpr: lexpr, operName: name } });
}

const operandsOf = (a: Analyzer, scope: Scope, node: Pg.A_Expr): Value[] =>
  [node.lexpr, node.rexpr].filter(side => side !== undefined).map(side => expression(a, scope, side));

function nullIf(a: Analyzer, names: readonly string[], operands: readonly Value[], location?: number): Value {
  const [left] = operands;
  const test = compare(a, names, operands, location);
  return derive([...(left ? [left] : []), test], {
    type: left?.type === oid.unknown ? oid.text : (left?.type ?? untyped),
    faulty: test.kind === 'derived',
    gated: true,
  });
}

function inList(a: Analyzer, scope: Scope, node: Pg.A_Expr, names: readonly string[]): Value {
  if (!node.lexpr || !node.rexpr) return unresolved('AEXPR_IN', node.location);
  const left = expression(a, scope, node.lexpr);
  const items =
    'List' in node.rexpr ? expressions(a, scope, node.rexpr.List.items) : [expression(a, scope, node.rexpr)];
  const type = left.type === oid.record ? null : commonType(a.catalog, [left.type, ...items.map(item => item.type)]);
  // `x <> …` written as NOT IN combines with AND, `=` with OR; a list restricts as one comparison does.
  const tests = dedupe(items).map(item =>
    compare(
      a,
      names,
      [left, type === null || type === untyped ? item : coerce(a, item, type, 'implicit', node.location)],
      node.location,
    ),
  );
  const whole = names[names.length - 1] === '=' ? disjunction(tests) : conjunction(tests);
  return changed(whole, { gated: hidden([left, whole], items) });
}

/** Beside a list without NULL it is NULL where what is compared is; otherwise what matches decides. */
const hidden = ([left, whole]: readonly [Value, Value], given: readonly Value[]): boolean =>
  left.gated || (whole.origins.length > 0 && !given.every(isGiven));

/** A thousand literals of one type test the same thing. */
function dedupe(items: readonly Value[]): readonly Value[] {
  const seen = new Set<number>();
  return items.filter(item => {
    if (item.literal === null || item.literal.kind === 'parameter' || item.mayRaise) return true;
    if (seen.has(item.type)) return false;
    seen.add(item.type);
    return true;
  });
}

function anyOrAll(a: Analyzer, scope: Scope, node: Pg.A_Expr, names: readonly string[]): Value {
  if (!node.lexpr || !node.rexpr) return unresolved('AEXPR_OP_ANY', node.location);
  const left = expression(a, scope, node.lexpr);
  const right = expression(a, scope, node.rexpr);
  const array = right.type === oid.unknown ? asArrayOf(a, right, left) : right;
  const element = elementTypeOf(a.catalog, array.type) || vectorElement(a, array.type);
  const item: Value = changed(array, {
    type: element,
    kind: array.kind === 'column' ? 'pure' : array.kind,
    literal: null,
  });
  const test = compare(a, names, [left, item], node.location);
  return { ...test, gated: test.origins.length > 0 };
}

/** oidvector and int2vector are arrays for this purpose too. */
const vectorElement = (a: Analyzer, type: number): number => a.catalog.type(type)?.elementOid || untyped;

const asArrayOf = (a: Analyzer, value: Value, element: Value): Value => {
  const type = element.type === oid.unknown ? oid.text : element.type;
  const array = arrayTypeOf(a.catalog, type);
  return array === 0 ? changed(value, { type: untyped }) : cast(a, value, { oid: array, typmod: -1 }, 'implicit');
};

function between(a: Analyzer, scope: Scope, node: Pg.A_Expr): Value {
  const bounds = node.rexpr && 'List' in node.rexpr ? expressions(a, scope, node.rexpr.List.items) : [];
  const [low, high] = bounds;
  if (!node.lexpr || !low || !high) return unresolved('AEXPR_BETWEEN', node.location);
  const value = expression(a, scope, node.lexpr);
  const above = compare(a, ['>='], [value, low], node.location);
  const below = compare(a, ['<='], [value, high], node.location);
  const inside = conjunction([above, below]);
  const both = changed(inside, { gated: hidden([value, inside], bounds) });
  return node.kind === 'AEXPR_NOT_BETWEEN' || node.kind === 'AEXPR_NOT_BETWEEN_SYM' ? negation(both) : both;
}
