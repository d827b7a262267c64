/** Trust as far as this very call goes: with the template that is written in it, or the keys, a function may not be able to fail. */
import { type Catalog, firstUserOid } from '../../catalog/lookup.ts';
import type { CatalogFunction } from '../../catalog/snapshot.ts';
import { type Trust, trustIn, trustOf } from '../trust/trust.ts';
import { oid } from '../types/oid.ts';
import type { Magnitude, Value } from '../value.ts';
import { documentFaults } from './document.ts';
import { isDouble, magnitudeOf } from './magnitude.ts';

const pure: Trust = { trust: 'pure', faultArguments: null };
/** It fails or not whatever the values are: for a collation that knows no patterns, a missing argument. */
const whateverValues: Trust = { trust: 'raises', faultArguments: [] };
const byArguments = (faultArguments: readonly number[]): Trust => ({ trust: 'raises', faultArguments });

export const textOf = (value: Value | undefined): string | null =>
  value?.literal?.kind === 'text' && value.origins.length === 0 ? value.literal.text : null;

const like = /^((text|bpchar|name)(ic)?n?like|(not)?like)$/;
/** A pattern that ends in the middle of an escape fails, but only for values that match as far as there. */
const isWholePattern = (pattern: string | null): boolean =>
  pattern !== null && (/\\*$/.exec(pattern)?.[0].length ?? 0) % 2 === 0;

/** `%I` objects to NULL, `*` takes a width from a value, and `%1$s` may say one value any number of times. */
const directive = /%(?:%|-?\d{0,3}[sL])/g;
export const isPlainFormat = (format: string | null): boolean =>
  format !== null && !format.replace(directive, '').includes('%');

/** `V` multiplies, `EEEE` and `RN` have their limits. */
const isPlainTemplate = (template: string | null): boolean =>
  template !== null && /^(FM)?[09.,DGLS$ ]{0,60}$/.test(template);

type Reading = 'fraction' | 'pairs' | 'gathered' | 'like' | 'format' | 'to_char' | 'truncated' | 'double';
const readings = new WeakMap<CatalogFunction, Reading | 'none'>();

const readingNamed = ({ name, argumentTypes: [first, second] }: CatalogFunction): Reading | 'none' => {
  if (/^jsonb?_build_object$/.test(name)) return 'pairs';
  if (/^jsonb?_object_agg/.test(name)) return 'gathered';
  if (name === 'percentile_cont' && first === oid.float8 && second === oid.float8) return 'fraction';
  if (like.test(name) && first !== oid.bytea) return 'like';
  if (name === 'date_trunc' || (name === 'date_part' && second === oid.date)) return 'truncated';
  if (name === 'float8' && first === oid.numeric) return 'double';
  if (name === 'to_char' && first !== oid.float4 && first !== oid.float8) return name;
  return name === 'format' ? name : 'none';
};

function readingOf(fn: CatalogFunction): Reading | 'none' {
  const known = readings.get(fn);
  if (known) return known;
  const builtIn = fn.schema === 'pg_catalog' && fn.oid < firstUserOid;
  const reading = builtIn && trustOf(fn).trust === 'raises' ? readingNamed(fn) : 'none';
  readings.set(fn, reading);
  return reading;
}

const isStored = ({ kind, magnitude }: Value): boolean =>
  kind === 'column' || kind === 'constant' || magnitude !== null;

/** `magnitude`: how large its result is, where that is known (`resultMagnitude`). */
export function trustOfCall(
  catalog: Catalog,
  fn: CatalogFunction,
  args: readonly Value[],
  magnitude: Magnitude | null,
): Trust {
  const trust = trustIn(catalog, fn);
  if (magnitude !== null && trust.trust === 'raises') return pure;
  const faults = trust.trust === 'raises' && fn.schema === 'pg_catalog' ? documentFaults(fn, args) : null;
  if (faults) return faults.length === 0 ? pure : byArguments(faults);
  const [first, second] = args;
  switch (readingOf(fn)) {
    // An object is built of keys, which may be wrong, and values, which may not.
    case 'pairs':
      return args.length < 2 ? trust : byArguments(args.flatMap((_, index) => (index % 2 === 0 ? [index] : [])));
    // Between two values lies a third, and beyond what a double holds lies infinity.
    case 'fraction':
      return byArguments([0]);
    case 'gathered':
      return args.length === 2 ? byArguments([0]) : trust;
    // The earliest moments have no day, year or age to begin in: nobody has stored one, but a computed value may be just that.
    case 'truncated':
      return second && !isStored(second) ? byArguments([0, 1, 2]) : trust;
    case 'double':
      return first && isDouble(catalog, first) ? pure : trust;
    case 'like':
      return isWholePattern(textOf(second)) ? whateverValues : trust;
    case 'format':
      return args.length > 1 && isPlainFormat(textOf(first)) ? whateverValues : trust;
    case 'to_char':
      return first && isPlainTemplate(textOf(second)) && magnitudeOf(catalog, first) ? whateverValues : trust;
    default:
      return trust;
  }
}
