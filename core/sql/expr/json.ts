/** SQL/JSON constructors, predicates and query functions. */
import { checkType } from '../domain.ts';
import { expression } from '../expression.ts';
import type { Pg } from '../parse.ts';
import { unresolved } from '../refuse.ts';
import type { Scope } from '../scope.ts';
import { query } from '../select.ts';
import type { Analyzer } from '../state.ts';
import { typeOfName } from '../typename.ts';
import { oid } from '../types/oid.ts';
import { changed, derive, type Value } from '../value.ts';
import { windowUses } from '../window.ts';

function outputType(a: Analyzer, output: Pg.JsonOutput | undefined, fallback: number): number {
  if (!output?.typeName) return fallback;
  const { oid: type } = typeOfName(a, output.typeName);
  checkType(a, type);
  return type;
}

/** Anything that reads or converts JSON may object to what it finds. */
function faultyOver(a: Analyzer, values: readonly Value[], type: number): Value {
  for (const value of values) a.out.usedAs(value, 'function_argument');
  return derive(values, { type, faulty: true });
}

export function jsonValue(a: Analyzer, scope: Scope, node: Pg.JsonValueExpr | undefined): Value {
  const inner = node?.raw_expr ?? node?.formatted_expr;
  return inner ? expression(a, scope, inner) : unresolved('JsonValueExpr');
}

const keyValue = (a: Analyzer, scope: Scope, node: Pg.JsonKeyValue): Value[] => [
  node.key ? expression(a, scope, node.key) : unresolved('JsonKeyValue'),
  jsonValue(a, scope, node.value),
];

const keyValueNode = (a: Analyzer, scope: Scope, node: Pg.Node): Value[] =>
  'JsonKeyValue' in node ? keyValue(a, scope, node.JsonKeyValue) : unresolved('JsonKeyValue');

const behaviors = (a: Analyzer, scope: Scope, nodes: readonly (Pg.JsonBehavior | undefined)[]): Value[] =>
  nodes.flatMap(node => (node?.expr ? [expression(a, scope, node.expr)] : []));

export const passedValues = (a: Analyzer, scope: Scope, nodes: readonly Pg.Node[] | undefined): Value[] =>
  (nodes ?? []).map(node =>
    'JsonArgument' in node ? jsonValue(a, scope, node.JsonArgument.val) : unresolved('JsonArgument'),
  );

const functionTypes: Readonly<Record<string, number>> = {
  JSON_EXISTS_OP: oid.bool,
  JSON_QUERY_OP: oid.jsonb,
  JSON_VALUE_OP: oid.text,
};

function queryFunction(a: Analyzer, scope: Scope, node: Pg.JsonFuncExpr): Value {
  const values = [
    jsonValue(a, scope, node.context_item),
    ...(node.pathspec ? [expression(a, scope, node.pathspec)] : []),
    ...passedValues(a, scope, node.passing),
    ...behaviors(a, scope, [node.on_empty, node.on_error]),
  ];
  return faultyOver(a, values, outputType(a, node.output, functionTypes[node.op ?? ''] ?? oid.jsonb));
}

function aggregated(
  a: Analyzer,
  scope: Scope,
  values: readonly Value[],
  node: Pg.JsonAggConstructor | undefined,
): Value {
  for (const order of node?.agg_order ?? [])
    if ('SortBy' in order && order.SortBy.node) a.out.usedAs(expression(a, scope, order.SortBy.node), 'order');
  if (node?.agg_filter) a.out.predicate(expression(a, scope, node.agg_filter));
  if (node?.over) windowUses(a, scope, node.over);
  for (const value of values) a.out.usedAs(value, 'aggregate');
  const value = derive(values, { type: outputType(a, node?.output, oid.json), mayRaise: true });
  return value.kind === 'pure' ? changed(value, { kind: 'aggregate' }) : value;
}

/** `FORMAT JSON`: text is read as JSON, which it may not be. */
const isFormatted = (format: Pg.JsonFormat | undefined): boolean =>
  format?.format_type !== undefined && format.format_type !== 'JS_FORMAT_DEFAULT';

const isRead = (node: Pg.Node): boolean => 'JsonValueExpr' in node && isFormatted(node.JsonValueExpr.format);

function arrayOfQuery(a: Analyzer, scope: Scope, node: Pg.JsonArrayQueryConstructor): Value {
  if (!node.query) return unresolved('JsonArrayQueryConstructor', node.location);
  const [column] = query(a, scope, node.query).columns;
  const values = column ? [column.value] : [];
  if (node.output?.typeName || isFormatted(node.format))
    return faultyOver(a, values, outputType(a, node.output, oid.json));
  return derive(values, { type: oid.json, mayRaise: true });
}

export function jsonReaders(a: Analyzer, scope: Scope, node: Pg.Node): Value | null {
  if ('JsonFuncExpr' in node) return queryFunction(a, scope, node.JsonFuncExpr);
  if ('JsonObjectConstructor' in node) {
    const { exprs, output } = node.JsonObjectConstructor;
    const values = (exprs ?? []).flatMap(pair => keyValueNode(a, scope, pair));
    return faultyOver(a, values, outputType(a, output, oid.json));
  }
  if ('JsonArrayConstructor' in node) {
    const { exprs, output } = node.JsonArrayConstructor;
    const values = (exprs ?? []).map(item => expression(a, scope, item));
    if (output?.typeName || (exprs ?? []).some(isRead)) return faultyOver(a, values, outputType(a, output, oid.json));
    return derive(values, { type: oid.json, mayRaise: true });
  }
  if ('JsonArrayQueryConstructor' in node) return arrayOfQuery(a, scope, node.JsonArrayQueryConstructor);
  if ('JsonObjectAgg' in node) {
    const pair = node.JsonObjectAgg.arg ? keyValue(a, scope, node.JsonObjectAgg.arg) : [];
    return aggregated(a, scope, pair, aggregateOf(node.JsonObjectAgg));
  }
  if ('JsonArrayAgg' in node)
    return aggregated(a, scope, [jsonValue(a, scope, node.JsonArrayAgg.arg)], aggregateOf(node.JsonArrayAgg));
  return jsonConversions(a, scope, node);
}

/** The field is called `constructor`, which every object has one of: only its own counts. */
const aggregateOf = (node: object): Pg.JsonAggConstructor | undefined =>
  Object.hasOwn(node, 'constructor')
    ? ((node as { constructor: unknown }).constructor as Pg.JsonAggConstructor)
    : undefined;

function jsonConversions(a: Analyzer, scope: Scope, node: Pg.Node): Value | null {
  if ('JsonParseExpr' in node) {
    const { expr, output } = node.JsonParseExpr;
    return faultyOver(a, [jsonValue(a, scope, expr)], outputType(a, output, oid.json));
  }
  if ('JsonScalarExpr' in node && node.JsonScalarExpr.expr) {
    const value = expression(a, scope, node.JsonScalarExpr.expr);
    return derive([value], { type: outputType(a, node.JsonScalarExpr.output, oid.json), mayRaise: true });
  }
  if ('JsonSerializeExpr' in node) {
    const { expr, output } = node.JsonSerializeExpr;
    return faultyOver(a, [jsonValue(a, scope, expr)], outputType(a, output, oid.text));
  }
  if ('JsonIsPredicate' in node && node.JsonIsPredicate.expr)
    return derive([expression(a, scope, node.JsonIsPredicate.expr)], { type: oid.bool });
  if ('JsonValueExpr' in node) return jsonValue(a, scope, node.JsonValueExpr);
  return null;
}
