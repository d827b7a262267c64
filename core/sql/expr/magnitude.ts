/** How large a number can be: arithmetic on what the type of a column, or a cast, keeps small enough cannot overflow. */
import { type Catalog, firstUserOid } from '../../catalog/lookup.ts';
import type { CatalogFunction, CatalogRelation } from '../../catalog/snapshot.ts';
import { forced } from '../typename.ts';
import { baseTypeOf } from '../types/coerce.ts';
import { oid } from '../types/oid.ts';
import type { Magnitude, Value } from '../value.ts';

/** What the integers hold, exclusive and a little less than they do: the sums here are not exact. */
const limits: Readonly<Record<number, number>> = { [oid.int2]: 32_767, [oid.int4]: 2_147_483_647, [oid.int8]: 9.22e18 };
const ranges: Readonly<Record<number, number>> = { [oid.int2]: 32_768, [oid.int4]: 2_147_483_648, [oid.int8]: 2 ** 63 };
/** Far below the 131072 digits that numeric holds, and what a double can count with. */
const numericMost = 1e300;
/** More rows than any query reads. */
const rowsMost = 2 ** 63;

/** Of a modifier of numeric: the power of ten that every value stays below (numeric_typmod_scale, src/backend/utils/adt/numeric.c). */
const belowOf = (typmod: number): number => {
  const packed = typmod - 4;
  return 10 ** (((packed >> 16) & 0xffff) - (((packed & 0x7ff) ^ 1024) - 1024));
};

/** A modifier that says something, and not just that there is one (`forced`, ../typename.ts). */
const isPrecise = (type: number, typmod: number): boolean => type === oid.numeric && typmod >= 4 && typmod < forced;

/** Of values that were forced to a modifier. NaN passes every one. */
export const fittedMagnitude = (type: number, typmod: number, nan: boolean): Magnitude | null =>
  isPrecise(type, typmod) ? { type, most: belowOf(typmod), least: 0, nan } : null;

/** Of a stored column: what is written there has gone through its type. */
export const storedMagnitude = (relation: CatalogRelation, type: number, typmod: number): Magnitude | null =>
  relation.oid > 0 && (relation.kind === 'r' || relation.kind === 'p') ? fittedMagnitude(type, typmod, true) : null;

function literalMagnitude(value: Value, type: number): Magnitude | null {
  if (value.literal?.kind !== 'number') return null;
  const size = Math.abs(Number(value.literal.text));
  return Number.isFinite(size) ? { type, most: size, least: size, nan: false } : null;
}

export function magnitudeOf(catalog: Catalog, value: Value): Magnitude | null {
  const type = baseTypeOf(catalog, value.type);
  const literal = literalMagnitude(value, type);
  if (literal) return literal;
  if (value.magnitude?.type === type) return value.magnitude;
  const most = ranges[type];
  return most === undefined ? null : { type, most, least: 0, nan: false };
}

const holds = (type: number, most: number): boolean =>
  most < (limits[type] ?? (type === oid.numeric ? numericMost : 0));

/** Whether a number of this size survives being forced to this modifier, rounding included. */
export const fits = (catalog: Catalog, value: Value, type: number, typmod: number): boolean => {
  const size = isPrecise(type, typmod) ? magnitudeOf(catalog, value) : null;
  if (size?.type !== oid.numeric) return false;
  return size.most + 1 < belowOf(typmod) || (value.typmod === typmod && size.most <= belowOf(typmod));
};

type Operation = 'plus' | 'times' | 'over' | 'rest' | 'same' | 'whole' | 'rounded' | 'sign' | 'sum' | 'spread' | 'cast';

const integer = /^int(?:2|4|8|24|42|28|82|48|84)(pl|mi|mul|div|mod|um|abs|up)$/;
const ofInteger: Readonly<Record<string, Operation>> = {
  ...{ pl: 'plus', mi: 'plus', mul: 'times', div: 'over', mod: 'rest', um: 'same', abs: 'same', up: 'same' },
};
/** By name and the type of the first argument, so that `round(float8)` is another function. */
const ofNumeric: Readonly<Record<string, Operation>> = {
  ...{ numeric_add: 'plus', numeric_sub: 'plus', numeric_mul: 'times', numeric_div: 'over', numeric_mod: 'rest' },
  ...{ div: 'over', mod: 'rest', numeric_uminus: 'same', numeric_uplus: 'same', numeric_abs: 'same', abs: 'same' },
  ...{ ceil: 'whole', ceiling: 'whole', floor: 'whole', numeric_ceil: 'whole', numeric_floor: 'whole' },
  ...{ round: 'rounded', trunc: 'rounded', sign: 'sign', numeric_sign: 'sign' },
  ...{ sum: 'sum', avg: 'same', min: 'same', max: 'same' },
  ...{ stddev: 'spread', stddev_pop: 'spread', stddev_samp: 'spread' },
  ...{ variance: 'spread', var_pop: 'spread', var_samp: 'spread' },
};
const casts: ReadonlySet<string> = new Set(['int2', 'int4', 'int8', 'numeric']);
const isNumber = (type: number): boolean => type in ranges || type === oid.numeric;

const operations = new WeakMap<CatalogFunction, Operation | 'none'>();

function operationOf(fn: CatalogFunction): Operation | null {
  let known = operations.get(fn);
  if (known === undefined) {
    known = operationNamed(fn) ?? 'none';
    operations.set(fn, known);
  }
  return known === 'none' ? null : known;
}

function operationNamed(fn: CatalogFunction): Operation | null {
  if (fn.schema !== 'pg_catalog' || fn.oid >= firstUserOid) return null;
  const [first = 0] = fn.argumentTypes;
  const named = integer.exec(fn.name)?.[1];
  if (named !== undefined) return ofInteger[named] ?? null;
  if (casts.has(fn.name) && fn.argumentTypes.length === 1 && isNumber(first)) return 'cast';
  if (/^(mod|abs)$/.test(fn.name) && first in ranges) return fn.name === 'mod' ? 'rest' : 'same';
  const operation = Object.hasOwn(ofNumeric, fn.name) ? (ofNumeric[fn.name] ?? null) : null;
  return first === oid.numeric || (fn.kind === 'aggregate' && first in ranges) ? operation : null;
}

/** How large the result is at most; null where it may not exist, as with a divisor that may be zero. */
function mostOf(operation: Operation, one: Magnitude, other: Magnitude | null): number | null {
  switch (operation) {
    case 'plus':
      return other && one.most + other.most;
    case 'times':
      return other && one.most * other.most;
    case 'over':
      return other && other.least > 0 ? one.most / other.least + 1 : null;
    case 'rest':
      return other && other.least > 0 ? other.most : null;
    case 'same':
    case 'cast':
      return one.most;
    case 'whole':
      return one.most + 1;
    case 'rounded':
      return one.most * 10;
    case 'sign':
      return 1;
    case 'sum':
      return one.most * rowsMost;
    case 'spread':
      return (one.most + 1) ** 2 * rowsMost;
  }
}

/** Operations with a second argument that only says to how many digits. */
const isAlone = (operation: Operation, fn: CatalogFunction): boolean =>
  operation === 'rounded' || fn.argumentTypes.length === 1;

/**
 * Of a stored date as a timestamp: a moment of those that people store. The last dates are no timestamps, and the earliest moments have
 * no year to begin in, but only a computed value may be one of them.
 */
function storedMoment(fn: CatalogFunction, [date]: readonly Value[]): Magnitude | null {
  const isOfDate = fn.argumentTypes.length === 1 && fn.argumentTypes[0] === oid.date && date?.kind === 'column';
  const isMoment = fn.returnTypeOid === oid.timestamp || fn.returnTypeOid === oid.timestamptz;
  const isBuiltIn = fn.schema === 'pg_catalog' && fn.oid < firstUserOid && /^timestamp(tz)?$/.test(fn.name);
  return isOfDate && isMoment && isBuiltIn ? { type: fn.returnTypeOid, most: numericMost, least: 0, nan: false } : null;
}

/** A double holds every number of a stored column whose modifier leaves it neither too large nor too small. */
export const isDouble = (catalog: Catalog, value: Value): boolean => {
  const size = value.kind === 'column' ? magnitudeOf(catalog, value) : null;
  const scale = (((value.typmod - 4) & 0x7ff) ^ 1024) - 1024;
  return size?.type === oid.numeric && isPrecise(oid.numeric, value.typmod) && size.most < numericMost && scale < 300;
};

/** The result's size where this very call cannot fail for being too large, or by a divisor of zero; null where it may. */
export function resultMagnitude(catalog: Catalog, fn: CatalogFunction, args: readonly Value[]): Magnitude | null {
  const operation = operationOf(fn);
  if (operation === null) return storedMoment(fn, args);
  const [one, other = null] = args.map(value => magnitudeOf(catalog, value));
  if (!one || !(isAlone(operation, fn) || other)) return null;
  const nan = one.nan || other?.nan === true;
  const type = fn.returnTypeOid;
  // Of what is not a number there is no integer.
  if (!isNumber(type) || (type !== oid.numeric && nan)) return null;
  const most = mostOf(operation, one, isAlone(operation, fn) ? null : other);
  // Rounded to an integer it may be one more.
  if (most === null || !holds(type, operation === 'cast' && one.type === oid.numeric ? most + 1 : most)) return null;
  return { type, most, least: operation === 'cast' && type === oid.numeric ? one.least : 0, nan };
}

const handing = /^(lag|lead|first_value|last_value|nth_value|any_value)$/;

/** Of a function that gives a value as it found it, or the default that it was given. */
export function handedOn(catalog: Catalog, fn: CatalogFunction, args: readonly Value[]): Magnitude | null {
  const [value, , fallback] = args;
  if (!value || fn.schema !== 'pg_catalog' || !handing.test(fn.name)) return null;
  return widest(catalog, fallback ? [value, fallback] : [value], baseTypeOf(catalog, value.type));
}

/** Of whichever of these values it is in the end. */
export function widest(catalog: Catalog, values: readonly Value[], type: number): Magnitude | null {
  let wide: Magnitude | null = null;
  for (const value of values) {
    if (value.literal?.kind === 'null') continue;
    const size = magnitudeOf(catalog, value);
    if (size?.type !== type) return null;
    wide = wide
      ? {
          type,
          most: Math.max(wide.most, size.most),
          least: Math.min(wide.least, size.least),
          nan: wide.nan || size.nan,
        }
      : size;
  }
  return wide;
}
