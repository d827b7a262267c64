/** Functions whose result may be longer than everything that fits: whether it was is told by an error. */
import type { CatalogFunction } from '../../catalog/snapshot.ts';
import { trustOf } from '../trust/trust.ts';
import { isWide, type Value } from '../value.ts';
import { isPlainFormat, textOf } from './written.ts';

/** As long as a number says, or as there are rows. */
const multiplying = /^(repeat|lpad|rpad|array_fill|string_agg|array_agg|xmlagg|jsonb?_(object_)?agg\w*)$/;
/** As long as their arguments together, or as one for every occurrence in another. */
const joining =
  /^(textcat|textanycat|anytextcat|byteacat|concat(_ws)?|replace|regexp_replace|overlay|array_(cat|append|to_string))$/;
/** Characters that a literal length may say before the result counts as large. */
const lengthMax = 1_000;

const isShort = ({ literal }: Value): boolean => literal?.kind === 'number' && Number(literal.text) <= lengthMax;
/** Nobody's column and not written out: may have been doubled any number of times. */
const isComputed = ({ origins, literal }: Value): boolean => origins.length === 0 && literal === null;

/** Neither a column nor written out: what is repeated may have been repeated already. */
const isNested = (value: Value | undefined): boolean => value?.literal === null && value.kind !== 'column';

const isOfAnyLength = ({ large }: Value): boolean => large;

type Growth = 'formatting' | 'repeating' | 'multiplying' | 'joining' | 'none';
const growths = new WeakMap<CatalogFunction, Growth>();
const lengtheners = new WeakMap<CatalogFunction, boolean>();

function growthNamed(name: string): Growth {
  if (name === 'format') return 'formatting';
  if (name === 'repeat') return 'repeating';
  return multiplying.test(name) ? 'multiplying' : joining.test(name) ? 'joining' : 'none';
}

function growthOf(fn: CatalogFunction): Growth {
  const known = growths.get(fn);
  if (known) return known;
  const growth = fn.schema === 'pg_catalog' ? growthNamed(fn.name) : 'none';
  growths.set(fn, growth);
  return growth;
}

/** Goes by the name alone: what somebody else calls so counts as such, too. */
function lengthens(fn: CatalogFunction): boolean {
  const known = lengtheners.get(fn);
  if (known !== undefined) return known;
  const found = joining.test(fn.name) || multiplying.test(fn.name);
  lengtheners.set(fn, found);
  return found;
}

export function isLarge(fn: CatalogFunction, args: readonly Value[]): boolean {
  const growth = growthOf(fn);
  if (growth === 'formatting') return !isPlainFormat(textOf(args[0])) || args.filter(isComputed).length > 1;
  if (growth === 'repeating') return !args.some(isShort) || isNested(args[0]);
  if (growth === 'multiplying') return fn.kind === 'aggregate' || !args.some(isShort);
  return growth === 'joining' && args.filter(isComputed).length > 1;
}

/** Too long for the server only beside a column's value: the error then tells of that value. */
export function overflows(fn: CatalogFunction, args: readonly Value[]): boolean {
  if (trustOf(fn).trust === 'unknown') return false;
  // Made so long that it fails for every value, but not for NULL.
  if (fn.kind !== 'aggregate' && isLarge(fn, args) && args.some(value => value.origins.length > 0)) return true;
  if (!args.some(isOfAnyLength)) return false;
  const isLong = lengthens(fn) ? isOfAnyLength : isWide;
  return args.some(isLong) && args.some(value => !isLong(value) && value.origins.length > 0);
}
