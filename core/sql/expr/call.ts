/** Function calls as written: functions, aggregates, window functions, casts and fields in functional notation. */
import type { CatalogFunction } from '../../catalog/snapshot.ts';
import type { FunctionTrust } from '../analysis.ts';
import { expression } from '../expression.ts';
import { dotted, qualified, stringsOf } from '../names.ts';
import type { Pg } from '../parse.ts';
import { undefinedName, unresolved } from '../refuse.ts';
import type { Scope } from '../scope.ts';
import type { Analyzer } from '../state.ts';
import { type Trust, trustOfSteps } from '../trust/trust.ts';
import { typeName } from '../typename.ts';
import { isComposite } from '../types/coerce.ts';
import { isPolymorphic, oid } from '../types/oid.ts';
import { bind, concrete } from '../types/polymorphic.ts';
import { type Callable, type CallShape, type ResolvedFunction, resolveFunction } from '../types/resolve.ts';
import { derive, noOrigins, type Value } from '../value.ts';
import { windowUses } from '../window.ts';
import { applyAny, applyFunction, applyTrust, faultOrigins, recordCall } from './apply.ts';
import { arranged } from './arranged.ts';
import { areBare, comparesAlways } from './basic.ts';
import { cast, coerce } from './cast.ts';
import { converted } from './converted.ts';
import { builtDocument } from './document.ts';
import { clashes } from './gate.ts';
import { isOrderedUnseen } from './gathered.ts';
import { handedOn, resultMagnitude } from './magnitude.ts';
import { fieldOf, withRowFields } from './row.ts';
import { isLarge, overflows } from './size.ts';
import { trustOfCall } from './written.ts';

type Sorted = { sort: Pg.SortBy; value: Value };

type Call = {
  node: Pg.FuncCall;
  shape: CallShape;
  args: readonly Value[];
  /** What an aggregate takes them in the order of; not WITHIN GROUP, where that is an argument. */
  order: readonly Sorted[];
  location: number | undefined;
};

/** Resolution depends on nothing but the catalog and the shape: remembered per catalog. */
export function resolvedFunction(a: Analyzer, shape: CallShape): ResolvedFunction {
  const key = `fn ${shape.schema ?? ''}.${shape.name}(${shape.types.join(',')}|${shape.named.join(',')}|${shape.variadic}) ${shape.schema === null ? a.path.key : ''}`;
  const known = a.catalog.memo.get(key) as ResolvedFunction | undefined;
  if (known) return known;
  const resolved = resolveFunction(a.catalog, shape);
  a.catalog.memo.set(key, resolved);
  return resolved;
}

export function shapeOf(a: Analyzer, names: readonly string[], args: readonly Value[]): CallShape {
  const { schema, name } = qualified(names);
  const types = args.map(value => value.type);
  return { schema: a.schemaNamed(schema), name, path: a.path.functions, types, named: [], variadic: false };
}

function namesIn(written: readonly Pg.Node[]): readonly string[] {
  const names: string[] = [];
  for (const argument of written) if ('NamedArgExpr' in argument) names.push(argument.NamedArgExpr.name ?? '');
  return names;
}

const argumentNode = (node: Pg.Node): Pg.Node =>
  'NamedArgExpr' in node && node.NamedArgExpr.arg ? node.NamedArgExpr.arg : node;

export function funcCall(a: Analyzer, scope: Scope, node: Pg.FuncCall): Value {
  const written: Pg.Node[] = [];
  const args: Value[] = [];
  for (const argument of node.args ?? []) {
    const value = expression(a, scope, argumentNode(argument));
    if (!node.agg_within_group && isPlaceOfResult(argument, value)) continue;
    written.push(argument);
    args.push(value);
  }
  const sorted = (node.agg_order ?? []).map(order => sortValue(a, scope, order));
  const inputs = node.agg_within_group ? [...args, ...sorted.map(({ value }) => value)] : args;
  const names = stringsOf(node.funcname);
  const shape: CallShape = {
    ...shapeOf(a, names, inputs),
    named: namesIn(written),
    variadic: node.func_variadic === true,
  };
  const order = node.agg_within_group ? [] : sorted;
  if (node.agg_filter) a.out.predicate(expression(a, scope, node.agg_filter));
  if (node.over) windowUses(a, scope, node.over);
  const resolved = resolvedFunction(a, shape);
  if (resolved.kind !== 'function') for (const { value } of order) a.out.usedAs(value, 'order');
  return invoke(a, { node, shape, args: inputs, order, location: node.location }, resolved);
}

/** A call that the server makes of other syntax; of `node` the order, the filter and the window count. */
export function callBuiltIn(
  a: Analyzer,
  scope: Scope,
  { name, args, node }: { name: string; args: readonly Value[]; node: Pg.FuncCall },
): Value {
  const order = (node.agg_order ?? []).map(each => sortValue(a, scope, each));
  if (node.agg_filter) a.out.predicate(expression(a, scope, node.agg_filter));
  if (node.over) windowUses(a, scope, node.over);
  const shape = shapeOf(a, ['pg_catalog', name], args);
  return invoke(a, { node, shape, args, order, location: node.location }, resolvedFunction(a, shape));
}

/** JDBC sends `{? = call f(?)}` as a call with a parameter of type void, which the server leaves out (parse_func.c). */
const isPlaceOfResult = (argument: Pg.Node, value: Value): boolean => 'ParamRef' in argument && value.type === oid.void;

function sortValue(a: Analyzer, scope: Scope, node: Pg.Node): Sorted {
  if (!('SortBy' in node) || !node.SortBy.node) return unresolved('SortBy');
  return { sort: node.SortBy, value: expression(a, scope, node.SortBy.node) };
}

function invoke(a: Analyzer, call: Call, resolved: ResolvedFunction): Value {
  switch (resolved.kind) {
    case 'function': {
      const args = arranged(a, resolved.callable, declaredArguments(a, resolved.callable, call));
      return finish(a, call, resolved.callable.fn, args, resolved.result);
    }
    case 'coercion': {
      const [value] = call.args;
      if (!value) return unresolved('FuncCall', call.location);
      return cast(a, value, { oid: resolved.target, typmod: -1 }, 'explicit', call.location);
    }
    case 'several':
      return projection(a, call) ?? severalFunctions(a, call, resolved.callables, resolved.result);
    case 'none':
      return projection(a, call) ?? undefinedFunction(a, call);
  }
}

const declaredArguments = (a: Analyzer, callable: Callable, call: Call): Value[] => {
  const types = concreteTypes(a, callable, call.args);
  return call.args.map((value, index) => coerce(a, value, types[index] ?? 0, 'implicit', call.location));
};

/** Literals beside polymorphic arguments take the type the others settled on. */
function concreteTypes(a: Analyzer, callable: Callable, args: readonly Value[]): readonly number[] {
  if (!callable.types.some(isPolymorphic)) return callable.types;
  const actual = args.map(value => value.type);
  const { bindings } = bind(a.catalog, actual, callable.types);
  return callable.types.map((type, index) => {
    if (!isPolymorphic(type) || actual[index] !== oid.unknown) return type;
    return concrete(a.catalog, bindings, type) || type;
  });
}

function severalFunctions(a: Analyzer, call: Call, callables: readonly Callable[], result: number): Value {
  // Which argument goes where depends on the function, and so does what is left out.
  const isPlain = callables.every(
    ({ fn }) => fn.defaultsText === null || call.args.length >= fn.argumentTypes.length || fn.variadicTypeOid !== 0,
  );
  if (call.shape.named.length > 0 || !isPlain) return unresolved(call.shape.name, call.location);
  const fns = callables.map(callable => callable.fn);
  const [first] = fns;
  if (first && fns.every(fn => fn.kind === 'aggregate' || fn.kind === 'window'))
    return fns.map(fn => aggregate(a, call, fn, call.args, result)).reduce((worst, value) => worse(worst, value));
  if (fns.some(fn => fn.kind === 'aggregate')) return unresolved(call.shape.name, call.location);
  return applyAny(a, fns, call.args, { result, location: call.location });
}

const worse = (one: Value, other: Value): Value => (other.kind === 'derived' ? other : one);

function finish(a: Analyzer, call: Call, fn: CatalogFunction, args: readonly Value[], result: number): Value {
  if (fn.kind === 'aggregate' || fn.kind === 'window') return aggregate(a, call, fn, args, result);
  if (countsNulls(fn) && !call.shape.variadic && areBare(call.args)) return counted(a, args, result);
  const value = applyFunction(a, fn, args, { result, location: call.location });
  return withRowFields(a, fn, value, args);
}

/** Of several values what IS NULL tells of one. Of an array it is more: how long that is. */
const countsNulls = ({ name, schema }: CatalogFunction): boolean =>
  schema === 'pg_catalog' && (name === 'num_nulls' || name === 'num_nonnulls');

/** count() of nothing, a bare column or a row tells at most how many are not null. */
const harmlessCount = (call: Call, args: readonly Value[]): boolean =>
  args.every(
    value =>
      value.kind === 'constant' ||
      (!value.gated && (value.kind === 'column' || (value.fields !== null && value.wire !== null))),
  ) && call.node.agg_distinct !== true;

/** As of IS NULL nothing of the values remains: the number can be ordered by, computed with and compared like any other. */
function counted(a: Analyzer, args: readonly Value[], type: number): Value {
  for (const value of args) a.out.usedAs(value, 'predicate_null');
  const number = derive(args, { type });
  return Object.assign(number, { origins: noOrigins, kind: 'constant', gated: false, collated: false });
}

/** What lies in the middle, or is there most often, of values that can always be compared: only the fraction may be wrong. */
function ranked(a: Analyzer, fn: CatalogFunction, args: readonly Value[]): Trust | null {
  const last = args.at(-1);
  const isRanking = fn.schema === 'pg_catalog' && (fn.name === 'percentile_disc' || fn.name === 'mode');
  if (!isRanking || !last || !comparesAlways(a.catalog, last.type)) return null;
  return { trust: 'raises', faultArguments: args.length > 1 ? [0] : [] };
}

function aggregate(a: Analyzer, call: Call, fn: CatalogFunction, given: readonly Value[], result: number): Value {
  const args = converted(a, fn, given);
  const magnitude = resultMagnitude(a.catalog, fn, args);
  const trusted = fn.steps
    ? trustOfSteps(a.catalog, fn.steps)
    : (ranked(a, fn, args) ?? trustOfCall(a.catalog, fn, args, magnitude));
  const { trust } = trusted;
  a.out.function(fn, trust);
  for (const { sort, value } of call.order)
    if (trust !== 'pure' || !isOrderedUnseen(a, sort, value, args)) a.out.usedAs(value, 'order');
  if (call.node.agg_distinct) for (const value of args) a.out.usedAs(value, 'distinct');
  if (trust === 'unknown' || trust === 'effects') {
    recordCall(a, fn, trusted);
    return applyTrust(a, trusted, args, { result, location: call.location });
  }
  const counting = fn.name === 'count' && fn.schema === 'pg_catalog';
  if (counting && harmlessCount(call, args)) return counted(a, args, result);
  const isTelling = trust === 'reads' || overflows(fn, args) || clashes(args) || stepsOverNull(fn, trust, args);
  const failing = isTelling ? args : faultOrigins(trusted, args);
  for (const value of args)
    a.out.usedAs(value, failing.includes(value) ? 'aggregate' : 'aggregate_total', `\`${fn.name}\``);
  const large = isLarge(fn, args);
  const isCount = fn.kind === 'window' && args.length === 0;
  const document = builtDocument(a, fn, given);
  const derived = derive(args, {
    type: result,
    mayRaise: trust !== 'pure',
    magnitude: magnitude ?? handedOn(a.catalog, fn, args),
    document,
  });
  const gated = reachesByValue(a, fn, args) || derived.gated;
  Object.assign(derived, { large, gated, apart: isCount || derived.apart });
  if (derived.kind === 'pure') derived.kind = 'aggregate';
  return derived;
}

/** How far away another row is decides whether there is one, and what is computed: the value of that row, or what is given instead. */
function reachesByValue(a: Analyzer, fn: CatalogFunction, args: readonly Value[]): boolean {
  const [value, distance, instead] = args;
  const isReaching = fn.kind === 'window' && args.length > 1;
  if (!isReaching || !distance || distance.origins.length === 0) return false;
  if (value?.mayRaise || instead?.mayRaise) a.out.usedAs(distance, 'function_argument', `\`${fn.name}\``);
  return true;
}

/** Of the server's own: those that look at what they might object to before they look at values, and so also where all are NULL. */
const objectsFirst = ({ schema, name, argumentTypes: [first] }: CatalogFunction): boolean =>
  schema === 'pg_catalog' &&
  (/^percentile_(cont|disc)$/.test(name)
    ? first === oid.float8
    : /^(jsonb?_object_agg\w*|nth_value|ntile)$/.test(name));

/** The step of an aggregate may be strict, and several fractions are looked at only where there is a value: it fails for all but NULL. */
const stepsOverNull = (fn: CatalogFunction, trust: FunctionTrust, args: readonly Value[]): boolean =>
  trust !== 'pure' && args.some(value => value.gated) && !objectsFirst(fn);

/** `email(customers)`: a column in functional notation, when no function of that name fits. */
function projection(a: Analyzer, call: Call): Value | null {
  const { node, shape } = call;
  const [row] = call.args;
  const decorated =
    node.agg_order ||
    node.agg_filter ||
    node.agg_star ||
    node.agg_distinct ||
    node.over ||
    shape.variadic ||
    shape.named.length;
  if (!row || call.args.length !== 1 || decorated || shape.schema !== null) return null;
  if (row.fields === null && !isComposite(a.catalog, row.type)) return null;
  return fieldOf(a, row, shape.name);
}

function undefinedFunction(a: Analyzer, call: Call): Value {
  const types = call.args.map(value => typeName(a, value.type)).join(', ');
  const name = dotted(stringsOf(call.node.funcname));
  return undefinedName('undefined_function', 'FuncCall', `function ${name}(${types}) does not exist`, call.location);
}
