/** How far a function can be trusted with classified values: a generated table for the built-in ones, nothing for all others. */
import { type Catalog, firstUserOid, isSystemSchema } from '../../catalog/lookup.ts';
import type { CatalogFunction } from '../../catalog/snapshot.ts';
import type { FunctionTrust } from '../analysis.ts';
import table from './functions.json' with { type: 'json' };

export type Trust = {
  trust: FunctionTrust;
  /** Where it may raise: only these arguments (positions as declared) can make it. Null: any. */
  faultArguments: readonly number[] | null;
};

const unknown: Trust = { trust: 'unknown', faultArguments: null };
const entries = table as Readonly<Record<string, Readonly<Record<string, string>>>>;

const decode = (entry: string): Trust => {
  const [trust, faults] = entry.split(':');
  return {
    trust: trust as FunctionTrust,
    faultArguments: faults === undefined ? null : faults === '' ? [] : faults.split(',').map(Number),
  };
};

const known = new WeakMap<CatalogFunction, Trust>();

/** Built-in means both by name and by OID: nobody can put a function of their own in its place. */
export function trustOf(fn: CatalogFunction): Trust {
  const memo = known.get(fn);
  if (memo) return memo;
  const trust = fn.oid < firstUserOid && isSystemSchema(fn.schema) ? builtin(fn) : extensionTrust(fn);
  known.set(fn, trust);
  return trust;
}

const builtin = (fn: CatalogFunction): Trust => {
  const entry = Object.hasOwn(entries, fn.name) ? entries[fn.name]?.[fn.argumentTypes.join(',')] : undefined;
  return entry === undefined ? unknown : decode(entry);
};

/**
 * Extensions whose compiled functions compute something from their arguments and touch nothing else. Only superusers make
 * functions in C, so nobody else can slip one into an extension they own. Whether they may raise is not looked into.
 */
const computing: ReadonlySet<string> = new Set([
  'btree_gin',
  'btree_gist',
  'citext',
  'cube',
  'earthdistance',
  'fuzzystrmatch',
  'hstore',
  'intarray',
  'isn',
  'ltree',
  'pg_trgm',
  'pgcrypto',
  'seg',
  'unaccent',
  'uuid-ossp',
  'vector',
]);

/** Those that object to nothing but the name of an algorithm, whatever they work on: by extension and name. */
const objecting: Readonly<Record<string, readonly number[]>> = { 'pgcrypto digest': [1], 'pgcrypto hmac': [2] };

const compiled: ReadonlySet<string> = new Set(['c', 'internal']);

function extensionTrust(fn: CatalogFunction): Trust {
  if (fn.extension === null || !computing.has(fn.extension) || !compiled.has(fn.language)) return unknown;
  // What they remember between calls (thresholds, random state) is theirs alone.
  return {
    trust: fn.volatility === 'i' ? 'raises' : /^set_/.test(fn.name) ? 'effects' : 'reads',
    faultArguments: objecting[`${fn.extension} ${fn.name}`] ?? null,
  };
}

const rank: readonly FunctionTrust[] = ['pure', 'raises', 'reads', 'effects', 'unknown'];

/** The least trustworthy of several. */
export function worstTrust(trusts: readonly Trust[]): Trust {
  let worst: Trust | null = null;
  for (const trust of trusts) {
    if (worst === null || rank.indexOf(trust.trust) > rank.indexOf(worst.trust)) worst = trust;
    else if (trust.trust === worst.trust && trust.faultArguments === null) worst = trust;
  }
  return worst ?? unknown;
}

/** Of an aggregate that is made of these: what they hand on to each other is looked into by none. */
export function trustOfSteps(catalog: Catalog, steps: readonly number[]): Trust {
  const { trust } = worstTrust(steps.map(step => trustOfOid(catalog, step)));
  return { trust: trust === 'pure' ? 'raises' : trust, faultArguments: null };
}

/** CREATE TYPE … AS RANGE makes these itself, and nobody can put a function of their own in their place. */
export function makesRange(catalog: Catalog, fn: CatalogFunction): boolean {
  if (fn.language !== 'internal' || fn.oid < firstUserOid) return false;
  const type = catalog.type(fn.returnTypeOid);
  if (type === null || type.name !== fn.name || type.schema !== fn.schema) return false;
  const [first, second] = fn.argumentTypes;
  if (type.kind === 'r') return first === type.rangeSubtypeOid && second === first;
  if (type.kind !== 'm' || first === undefined) return type.kind === 'm';
  return [first, catalog.type(first)?.elementOid].includes(type.rangePartnerOid);
}

const ofRanges: Trust = { trust: 'raises', faultArguments: null };

export const trustIn = (catalog: Catalog, fn: CatalogFunction): Trust =>
  makesRange(catalog, fn) ? ofRanges : trustOf(fn);

export const trustOfOid = (catalog: Catalog, functionOid: number): Trust => {
  const fn = catalog.function(functionOid);
  return fn ? trustOf(fn) : unknown;
};
