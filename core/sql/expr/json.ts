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
import { callBuiltIn } from './call.ts';

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

/** `FORMAT JSON`: text is read as JSON, which it may not be. */
const isFormatted = (format: Pg.JsonFormat | undefined): boolean =>
  format?.format_type !== undefined && format.format_type !== 'JS_FORMAT_DEFAULT';

/** One jsonb among what it is made of makes it jsonb, which not all JSON can be turned into (transformJsonConstructorOutput). */
const builtType = (a: Analyzer, output: Pg.JsonOutput | undefined, values: readonly Value[]): number =>
  outputType(a, output, values.some(value => value.type === oid.jsonb) ? oid.jsonb : oid.json);

type Built = {
  /** Behind `json_` or `jsonb_`. */
  name: string;
  values: readonly Value[];
  output: Pg.JsonOutput | undefined;
  /** Reads text as JSON, or looks for keys that are there twice. */
  isChecked: boolean;
  node: Pg.FuncCall;
};

/** A constructor is the function of that name, unless it checks or converts. */
function built(a: Analyzer, scope: Scope, { name, values, output, isChecked, node }: Built): Value {
  const type = builtType(a, output, values);
  const isPlain = !isChecked && !isFormatted(output?.returning?.format) && (type === oid.json || type === oid.jsonb);
  const prefix = type === oid.jsonb ? 'jsonb' : 'json';
  if (isPlain) return callBuiltIn(a, scope, { name: `${prefix}_${name}`, args: values, node });
  for (const order of node.agg_order ?? [])
    if ('SortBy' in order && order.SortBy.node) a.out.usedAs(expression(a, scope, order.SortBy.node), 'order');
  if (node.agg_filter) a.out.predicate(expression(a, scope, node.agg_filter));
  if (node.over) windowUses(a, scope, node.over);
  if (!name.endsWith('agg')) return faultyOver(a, values, type);
  for (const value of values) a.out.usedAs(value, 'aggregate');
  const value = derive(values, { type, mayRaise: true });
  return value.kind === 'pure' ? changed(value, { kind: 'aggregate' }) : value;
}

const aggregated = (node: Pg.JsonAggConstructor | undefined): Pick<Built, 'output' | 'node'> => ({
  output: node?.output,
  node: {
    ...(node?.agg_order && { agg_order: node.agg_order }),
    ...(node?.agg_filter && { agg_filter: node.agg_filter }),
    ...(node?.over && { over: node.over }),
  },
});

const isRead = (node: Pg.Node | undefined): boolean => {
  if (node === undefined) return false;
  if ('JsonKeyValue' in node) return isFormatted(node.JsonKeyValue.value?.format);
  return 'JsonValueExpr' in node && isFormatted(node.JsonValueExpr.format);
};

function arrayOfQuery(a: Analyzer, scope: Scope, node: Pg.JsonArrayQueryConstructor): Value {
  if (!node.query) return unresolved('JsonArrayQueryConstructor', node.location);
  const [column] = query(a, scope, node.query).columns;
  const values = column ? [column.value] : [];
  if (node.output?.typeName || isFormatted(node.format))
    return faultyOver(a, values, outputType(a, node.output, oid.json));
  return derive(values, { type: builtType(a, undefined, values), mayRaise: true });
}

export function jsonReaders(a: Analyzer, scope: Scope, node: Pg.Node): Value | null {
  if ('JsonFuncExpr' in node) return queryFunction(a, scope, node.JsonFuncExpr);
  if ('JsonObjectConstructor' in node) {
    const { exprs, output, unique } = node.JsonObjectConstructor;
    const values = (exprs ?? []).flatMap(pair => keyValueNode(a, scope, pair));
    const isChecked = unique === true || (exprs ?? []).some(isRead);
    return built(a, scope, { name: 'build_object', values, output, isChecked, node: {} });
  }
  if ('JsonArrayConstructor' in node) {
    const { exprs, output } = node.JsonArrayConstructor;
    const values = (exprs ?? []).map(item => expression(a, scope, item));
    return built(a, scope, { name: 'build_array', values, output, isChecked: (exprs ?? []).some(isRead), node: {} });
  }
  if ('JsonArrayQueryConstructor' in node) return arrayOfQuery(a, scope, node.JsonArrayQueryConstructor);
  if ('JsonObjectAgg' in node) {
    const { arg, unique } = node.JsonObjectAgg;
    const values = arg ? keyValue(a, scope, arg) : [];
    const isChecked = unique === true || isFormatted(arg?.value?.format);
    return built(a, scope, { name: 'object_agg', values, isChecked, ...aggregated(aggregateOf(node.JsonObjectAgg)) });
  }
  if ('JsonArrayAgg' in node) {
    const { arg } = node.JsonArrayAgg;
    const values = [jsonValue(a, scope, arg)];
    const of = aggregated(aggregateOf(node.JsonArrayAgg));
    return built(a, scope, { name: 'agg', values, isChecked: isFormatted(arg?.format), ...of });
  }
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
