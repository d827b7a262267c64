/** Applying a function or operator to values: what it may do with them, by its trust. */
import type { CatalogFunction, CatalogOperator, CatalogRelation } from '../../catalog/snapshot.ts';
import { callBody } from '../bodies.ts';
import { functionHazard } from '../function-hazards.ts';
import { sequenceCall } from '../sequence.ts';
import { setConfig } from '../setting.ts';
import type { Analyzer } from '../state.ts';
import { systemFunctionValue } from '../system-function.ts';
import { type Trust, trustOf, worstTrust } from '../trust/trust.ts';
import { untyped } from '../types/oid.ts';
import { derive, type Value } from '../value.ts';
import { coerce } from './cast.ts';
import { converted } from './converted.ts';
import { builtDocument, listsColumns } from './document.ts';
import { hides, reveals } from './gate.ts';
import { resultMagnitude } from './magnitude.ts';
import { listsOptions } from './option-list.ts';
import { isLarge, overflows } from './size.ts';
import { trustOfCall } from './written.ts';

export type Application = {
  result: number;
  location?: number;
  set?: boolean;
  /** How many rows it gives tells nothing that is classified. */
  countIsOpen?: boolean;
  /** What people know it as, where that is not the function's name. */
  within?: string;
  /** Of a trigger's function: the table it runs for. */
  row?: CatalogRelation;
};

/** The arguments whose values can make it raise: all, unless only some are known to. */
export const faultOrigins = (trust: Trust, args: readonly Value[]): readonly Value[] => {
  if (trust.trust === 'pure') return [];
  if (trust.trust !== 'raises' || trust.faultArguments === null) return args;
  return args.filter((_, index) => trust.faultArguments?.includes(index));
};

/** What any function of this trust makes of these values; the caller's own, as from `derive`. */
export function applyTrust(a: Analyzer, trust: Trust, args: readonly Value[], how: Application): Value {
  const faults = faultOrigins(trust, args);
  const faulty = faults.some(value => value.origins.length > 0);
  for (const value of faults) a.out.usedAs(value, 'function_argument', how.within);
  const value = derive(args, { type: how.result, faulty, mayRaise: trust.trust !== 'pure', set: how.set });
  // The number of rows follows from the arguments.
  if (how.set && how.countIsOpen !== true)
    for (const argument of args) a.out.usedAs(argument, 'function_argument', how.within);
  return value;
}

const anyFault: Trust = { trust: 'raises', faultArguments: null };
const noFault: Trust = { trust: 'pure', faultArguments: null };

/** A call of one function whose arguments have been coerced to its declared types. */
export function applyFunction(a: Analyzer, fn: CatalogFunction, given: readonly Value[], how: Application): Value {
  const body = callBody(a, fn, given, how);
  if (body) return body;
  const args = converted(a, fn, given);
  const magnitude = resultMagnitude(a.catalog, fn, args);
  const trust = trustOfCall(a.catalog, fn, args, magnitude);
  a.out.function(fn, trust.trust);
  functionHazard(a, fn, how.location);
  setConfig(a, fn, args, how.location);
  sequenceCall(a, fn, args);
  if ((trust.trust === 'effects' && !isAccounted(fn)) || trust.trust === 'unknown') recordCall(a, fn, trust);
  const isTelling = overflows(fn, args) || reveals(fn, trust, args);
  const isOfOptions = listsOptions(fn, args);
  const countIsOpen = isOfOptions || listsColumns(fn, args);
  const value = applyTrust(a, isOfOptions ? noFault : isTelling ? anyFault : trust, args, {
    result: how.result,
    within: how.within ?? `\`${fn.name}\``,
    set: how.set === true || fn.returnsSet,
    countIsOpen,
  });
  value.magnitude = magnitude;
  value.document = builtDocument(a, fn, args);
  value.large ||= isLarge(fn, args);
  value.gated ||= value.origins.length > 0 && magnitude === null && hides(fn);
  return systemFunctionValue(a, fn, value);
}

/** What these do is recorded as the setting or sequence they change, or concerns the session alone. */
const accounted: ReadonlySet<string> = new Set(['set_config', 'nextval', 'setval', 'pg_advisory_unlock_all']);
const isAccounted = (fn: CatalogFunction): boolean => fn.schema === 'pg_catalog' && accounted.has(fn.name);

/** Effects are the function's own; what an unknown one reads and does, nobody can tell. */
export function recordCall(a: Analyzer, fn: CatalogFunction, trust: Trust): void {
  const facts = { schema: fn.schema, oid: fn.oid };
  a.out.object('call', 'call', 'function', fn.name, facts);
  if (trust.trust === 'unknown') a.out.object('opaque', 'call', 'function', fn.name, facts);
}

/** The call may mean any of these functions. */
export function applyAny(
  a: Analyzer,
  fns: readonly CatalogFunction[],
  args: readonly Value[],
  how: Application,
): Value {
  const values = fns.map(fn => applyFunction(a, fn, args, how));
  const trust = worstTrust(fns.map(trustOf));
  const merged = applyTrust(a, trust, args, how);
  return derive([merged, ...values], {
    type: how.result,
    faulty: merged.kind === 'derived' || values.some(value => value.kind === 'derived'),
    set: values.some(value => value.set),
  });
}

/** Operands are coerced to what the operator declares, then its function is called. */
export function applyOperator(
  a: Analyzer,
  operators: readonly CatalogOperator[],
  operands: readonly Value[],
  how: Application,
): Value {
  const [operator] = operators;
  if (operators.length === 1 && operator) {
    const fn = a.catalog.function(operator.functionOid);
    const args = declaredOperands(a, operator, operands, how.location);
    if (!fn) return applyAny(a, [], args, how);
    const applied = { result: how.result, location: how.location, within: operatorNamed(operator) };
    return orInstead(a, operator, { args, how: applied, value: applyFunction(a, fn, args, applied) });
  }
  const all = operators.flatMap(each => [each, ...partnersOf(a, each).map(({ partner }) => partner)]);
  const fns = all.map(({ functionOid }) => a.catalog.function(functionOid)).filter(fn => fn !== null);
  return applyAny(a, fns, operands, how);
}

type Applied = { args: readonly Value[]; how: Application; value: Value };

const partnersOf = (a: Analyzer, operator: CatalogOperator) =>
  a.catalog.insteadOf(operator).flatMap(({ operatorOid, isSwapped }) => {
    const partner = a.catalog.operator(operatorOid);
    return partner ? { partner, isSwapped } : [];
  });

/** Where NOT stands before an operator, or its operands the wrong way round, the planner runs the function of its partner. */
function orInstead(a: Analyzer, operator: CatalogOperator, { args, how, value }: Applied): Value {
  let whole = value;
  for (const { partner, isSwapped } of partnersOf(a, operator)) {
    const fn = a.catalog.function(partner.functionOid);
    // A partner is often made of the other one.
    if (!fn || fn.oid === operator.functionOid || a.expanding.includes(fn.oid)) continue;
    const other = applyFunction(a, fn, isSwapped ? [...args].reverse() : args, how);
    const isSame = other.kind !== 'derived' && other.origins.every(ref => whole.origins.includes(ref));
    if (!isSame) whole = derive([whole, other], { type: whole.type, faulty: other.kind === 'derived' });
  }
  return whole;
}

function declaredOperands(
  a: Analyzer,
  operator: CatalogOperator,
  operands: readonly Value[],
  location?: number,
): readonly Value[] {
  const [one, other] = operands;
  if (one && !other)
    return [coerce(a, one, operator.left === 0 ? operator.right : operator.left, 'implicit', location)];
  if (!one || !other) return operands;
  return [
    coerce(a, one, operator.left === 0 ? operator.right : operator.left, 'implicit', location),
    coerce(a, other, operator.left === 0 ? untyped : operator.right, 'implicit', location),
  ];
}

const operatorNames = new WeakMap<CatalogOperator, string>();

/** As people read it in a refusal. */
function operatorNamed(operator: CatalogOperator): string {
  const known = operatorNames.get(operator);
  if (known !== undefined) return known;
  const name = `\`${operator.name}\``;
  operatorNames.set(operator, name);
  return name;
}
