/** Functions whose result may be longer than everything that fits: whether it was is told by an error. */
import type { CatalogFunction } from '../../catalog/snapshot.ts';
import { trustOf } from '../trust/trust.ts';
import type { Value } from '../value.ts';

/** As long as a number says, or as there are rows. */
const multiplying = /^(repeat|lpad|rpad|array_fill|string_agg|array_agg|xmlagg|jsonb?_(object_)?agg\w*)$/;
/** As long as their arguments together, or as one for every occurrence in another. */
const joining =
  /^(textcat|textanycat|anytextcat|byteacat|concat(_ws)?|replace|regexp_replace|overlay|array_(cat|append|to_string))$/;
/** Characters that a literal length may say before the result counts as large. */
const lengthMax = 100_000;

const isShort = ({ literal }: Value): boolean => literal?.kind === 'number' && Number(literal.text) <= lengthMax;
/** Nobody's column and not written out: may have been doubled any number of times. */
const isComputed = ({ origins, literal }: Value): boolean => origins.length === 0 && literal === null;

export function isLarge(fn: CatalogFunction, args: readonly Value[]): boolean {
  if (fn.schema !== 'pg_catalog') return false;
  if (multiplying.test(fn.name)) return fn.kind === 'aggregate' || !args.some(isShort);
  return joining.test(fn.name) && args.filter(isComputed).length > 1;
}

/** Too long for the server only beside a column's value: the error then tells of that value. */
export function overflows(fn: CatalogFunction, args: readonly Value[]): boolean {
  if (!args.some(value => value.large) || trustOf(fn).trust === 'unknown') return false;
  return args.some(value => !value.large && value.origins.length > 0);
}
