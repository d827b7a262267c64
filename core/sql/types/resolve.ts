/** Which function or operator a name means for given argument types: func_get_detail and oper() of src/backend/parser. */
import type { Catalog } from '../../catalog/lookup.ts';
import type { CatalogFunction, CatalogOperator } from '../../catalog/snapshot.ts';
import { matchingCandidates, selectCandidate } from './candidates.ts';
import { baseTypeOf, categoryOf, isComposite, pathway } from './coerce.ts';
import { oid, untyped } from './oid.ts';
import { bind, concrete } from './polymorphic.ts';

export type Callable = {
  fn: CatalogFunction;
  /** One declared type per actual argument, in the order the arguments were written. */
  types: readonly number[];
  /** Written positions → declared positions. */
  positions: readonly number[];
};

export type ResolvedFunction =
  | { kind: 'function'; callable: Callable; result: number }
  /** `text(x)`: a type's name used as a function. */
  | { kind: 'coercion'; target: number }
  /** The call may mean any of these (types are not known, or PostgreSQL will refuse it): consider the worst. */
  | { kind: 'several'; callables: readonly Callable[]; result: number }
  | { kind: 'none' };

export type CallShape = {
  schema: string | null;
  name: string;
  /** Schemas to search, in order, without the temporary one. */
  path: readonly string[];
  types: readonly number[];
  /** Names of the last arguments when written `name => value`. */
  named: readonly string[];
  /** Written with VARIADIC. */
  variadic: boolean;
};

/** A CALL names output arguments too; anything else only inputs. */
const isWritten = (fn: CatalogFunction, mode: string): boolean =>
  mode !== 't' && (mode !== 'o' || fn.kind === 'procedure');

const inputNames = (fn: CatalogFunction): string[] =>
  fn.allArguments.filter(argument => isWritten(fn, argument.mode)).map(argument => argument.name);

const declaredTypes = (fn: CatalogFunction): readonly number[] =>
  fn.kind === 'procedure'
    ? fn.allArguments.filter(argument => isWritten(fn, argument.mode)).map(argument => argument.typeOid)
    : fn.argumentTypes;

/** Positions of the declared arguments that the written ones fill, or null when names or count do not fit. */
function positionsOf(fn: CatalogFunction, shape: CallShape): number[] | null {
  const positional = shape.types.length - shape.named.length;
  const positions = Array.from({ length: positional }, (_, index) => index);
  if (shape.named.length === 0) return positions;
  const names = inputNames(fn);
  for (const name of shape.named) {
    const position = names.indexOf(name);
    if (position < 0 || positions.includes(position)) return null;
    positions.push(position);
  }
  return positions;
}

function callableFor(fn: CatalogFunction, shape: CallShape): Callable | null {
  const declaredList = declaredTypes(fn);
  const declared = declaredList.length;
  const given = shape.types.length;
  if (fn.variadicTypeOid !== 0 && !shape.variadic && shape.named.length === 0 && given >= declared) {
    const element = fn.variadicTypeOid;
    const types = shape.types.map((_, index) => (index < declared - 1 ? (declaredList[index] ?? 0) : element));
    return { fn, types, positions: shape.types.map((_, index) => Math.min(index, declared - 1)) };
  }
  if (given > declared || given + fn.defaults < declared) return null;
  if (shape.variadic && fn.variadicTypeOid === 0) return null;
  const positions = positionsOf(fn, shape);
  if (positions === null || positions.some(position => position >= declared)) return null;
  return { fn, types: positions.map(position => declaredList[position] ?? 0), positions };
}

/** Of callables with equal types the one found first in the path wins, then one that needs no expansion or defaults. */
function withoutShadowed(callables: readonly { callable: Callable; rank: number }[]): Callable[] {
  const best = new Map<string, { callable: Callable; rank: number }>();
  for (const entry of callables) {
    const key = entry.callable.types.join(',');
    const known = best.get(key);
    if (!known || entry.rank < known.rank) best.set(key, entry);
  }
  return [...best.values()].map(entry => entry.callable);
}

export function callablesFor(catalog: Catalog, shape: CallShape): Callable[] {
  const found: { callable: Callable; rank: number }[] = [];
  for (const fn of catalog.functionsNamed(shape.name)) {
    const place = shape.schema === null ? shape.path.indexOf(fn.schema) : fn.schema === shape.schema ? 0 : -1;
    if (place < 0) continue;
    const callable = callableFor(fn, shape);
    if (!callable) continue;
    const expanded = fn.variadicTypeOid !== 0 && !shape.variadic ? 1 : 0;
    const defaulted = shape.types.length < declaredTypes(fn).length ? 1 : 0;
    found.push({ callable, rank: place * 4 + expanded + defaulted * 2 });
  }
  return found.length > 1 ? withoutShadowed(found) : found.map(entry => entry.callable);
}

export function resultType(catalog: Catalog, callable: Callable, actual: readonly number[]): number {
  const declared = callable.fn.returnTypeOid;
  const result = concrete(catalog, bind(catalog, actual, callable.types).bindings, declared);
  return result === 0 ? untyped : result;
}

const commonResult = (catalog: Catalog, callables: readonly Callable[], actual: readonly number[]): number => {
  const results = new Set(callables.map(callable => resultType(catalog, callable, actual)));
  const [only] = results;
  return results.size === 1 && only !== undefined ? only : untyped;
};

/** A type's name applied to one argument, where PostgreSQL takes that for a cast. */
function coercionTarget(catalog: Catalog, shape: CallShape): number {
  const source = shape.types[0];
  if (shape.types.length !== 1 || source === undefined || shape.named.length > 0 || shape.variadic) return 0;
  const schemas = shape.schema === null ? shape.path : [shape.schema];
  const type = schemas.map(schema => catalog.typeNamed(schema, shape.name)).find(found => found !== null);
  if (!type) return 0;
  if (source === oid.unknown) return type.oid;
  const way = pathway(catalog, source, type.oid, 'explicit');
  if (way.kind === 'relabel') return type.oid;
  if (way.kind !== 'io') return 0;
  return isComposite(catalog, source) && categoryOf(catalog, type.oid) === 'S' ? 0 : type.oid;
}

export function resolveFunction(catalog: Catalog, shape: CallShape): ResolvedFunction {
  const callables = callablesFor(catalog, shape);
  const chosen = (callable: Callable): ResolvedFunction => ({
    kind: 'function',
    callable,
    result: resultType(catalog, callable, shape.types),
  });
  if (shape.types.includes(untyped)) return untypedCall(catalog, shape, callables);
  const exact = callables.find(callable => callable.types.every((type, i) => type === shape.types[i]));
  if (exact) return chosen(exact);
  const target = coercionTarget(catalog, shape);
  if (target !== 0) return { kind: 'coercion', target };
  const matching = matchingCandidates(catalog, shape.types, callables);
  const [single] = matching;
  if (single && matching.length === 1) return chosen(single);
  if (matching.length > 1) {
    const selected = selectCandidate(catalog, shape.types, matching);
    if (selected) return chosen(selected);
  }
  return several(catalog, shape, matching.length > 0 ? matching : callables);
}

function untypedCall(catalog: Catalog, shape: CallShape, callables: readonly Callable[]): ResolvedFunction {
  const [single] = callables;
  if (single && callables.length === 1)
    return { kind: 'function', callable: single, result: resultType(catalog, single, shape.types) };
  return several(catalog, shape, callables);
}

const several = (catalog: Catalog, shape: CallShape, callables: readonly Callable[]): ResolvedFunction =>
  callables.length === 0
    ? { kind: 'none' }
    : { kind: 'several', callables, result: commonResult(catalog, callables, shape.types) };

export type ResolvedOperator =
  | { kind: 'operator'; operator: CatalogOperator; result: number }
  | { kind: 'several'; operators: readonly CatalogOperator[]; result: number }
  | { kind: 'none' };

type OperatorCandidate = { operator: CatalogOperator; types: readonly number[] };

function operatorCandidates(catalog: Catalog, shape: CallShape): OperatorCandidate[] {
  const prefix = shape.types.length === 1;
  const best = new Map<string, { candidate: OperatorCandidate; place: number }>();
  for (const operator of catalog.operatorsNamed(shape.name)) {
    if ((operator.left === 0) !== prefix) continue;
    const place =
      shape.schema === null ? shape.path.indexOf(operator.schema) : operator.schema === shape.schema ? 0 : -1;
    if (place < 0) continue;
    const types = prefix ? [operator.right] : [operator.left, operator.right];
    const key = types.join(',');
    const known = best.get(key);
    if (!known || place < known.place) best.set(key, { candidate: { operator, types }, place });
  }
  return [...best.values()].map(entry => entry.candidate);
}

/** With one literal of unknown type, the other side's type is tried for both first (binary_oper_exact). */
function exactOperator(catalog: Catalog, types: readonly number[], candidates: readonly OperatorCandidate[]) {
  const find = (wanted: readonly number[]) =>
    candidates.find(candidate => candidate.types.every((type, i) => type === wanted[i]));
  const [left, right] = types;
  if (left === undefined || right === undefined) return find(types);
  const assumed =
    left === oid.unknown && right !== oid.unknown ? [right, right] : right === oid.unknown ? [left, left] : types;
  const found = find(assumed);
  if (found) return found;
  if (assumed === types) return undefined;
  const base = baseTypeOf(catalog, assumed[0] ?? 0);
  return base === assumed[0] ? undefined : find([base, base]);
}

const operatorResult = (catalog: Catalog, candidate: OperatorCandidate, actual: readonly number[]): number =>
  concrete(catalog, bind(catalog, actual, candidate.types).bindings, candidate.operator.result);

export function resolveOperator(catalog: Catalog, shape: CallShape): ResolvedOperator {
  const candidates = operatorCandidates(catalog, shape);
  if (candidates.length === 0) return { kind: 'none' };
  const chosen = (candidate: OperatorCandidate): ResolvedOperator => ({
    kind: 'operator',
    operator: candidate.operator,
    result: operatorResult(catalog, candidate, shape.types),
  });
  if (!shape.types.includes(untyped)) {
    const exact = exactOperator(catalog, shape.types, candidates);
    if (exact) return chosen(exact);
    const matching = matchingCandidates(catalog, shape.types, candidates);
    const [single] = matching;
    if (single && matching.length === 1) return chosen(single);
    const selected = matching.length > 1 ? selectCandidate(catalog, shape.types, matching) : null;
    if (selected) return chosen(selected);
    return severalOperators(catalog, shape, matching.length > 0 ? matching : candidates);
  }
  return severalOperators(catalog, shape, compatibleOperators(catalog, shape, candidates));
}

/** Where one side is untyped, candidates the other side rules out do not count. */
const compatibleOperators = (catalog: Catalog, shape: CallShape, candidates: readonly OperatorCandidate[]) => {
  const matching = matchingCandidates(catalog, shape.types, candidates);
  return matching.length > 0 ? matching : candidates;
};

const severalOperators = (
  catalog: Catalog,
  shape: CallShape,
  candidates: readonly OperatorCandidate[],
): ResolvedOperator => {
  const [first] = candidates;
  if (first && candidates.length === 1)
    return { kind: 'operator', operator: first.operator, result: operatorResult(catalog, first, shape.types) };
  const results = new Set(candidates.map(candidate => operatorResult(catalog, candidate, shape.types)));
  const [only] = results;
  return {
    kind: 'several',
    operators: candidates.map(candidate => candidate.operator),
    result: results.size === 1 && only !== undefined ? only : untyped,
  };
};
