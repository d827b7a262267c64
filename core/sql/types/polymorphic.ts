/** Polymorphic arguments and results: check_generic_type_consistency and enforce_generic_type_consistency, as far as types go. */
import type { Catalog } from '../../catalog/lookup.ts';
import { arrayTypeOf, baseTypeOf, commonType, elementTypeOf, isTrueArray } from './coerce.ts';
import { isPolymorphic, oid, untyped } from './oid.ts';

/** The concrete types that `any…` stand for in one call; `untyped` where nothing tells. */
export type Bindings = { element: number; array: number; range: number; multirange: number; compatible: number };

const rangeOf = (catalog: Catalog, type: number, kind: 'r' | 'm'): number => {
  const base = baseTypeOf(catalog, type);
  const entry = catalog.type(base);
  return entry?.kind === kind ? base : 0;
};

const subtypeOf = (catalog: Catalog, type: number): number =>
  catalog.type(baseTypeOf(catalog, type))?.rangeSubtypeOid ?? 0;

type Match = { ok: boolean; bindings: Bindings };
const empty: Bindings = { element: 0, array: 0, range: 0, multirange: 0, compatible: 0 };

/** Adds one argument of the first family (anyelement, …), whose types must be the same throughout. */
function bindExact(catalog: Catalog, bindings: Bindings, declared: number, actual: number): boolean {
  const same = (known: number, found: number): boolean => known === 0 || known === found;
  switch (declared) {
    case oid.anyelement:
    case oid.anynonarray:
    case oid.anyenum: {
      if (!same(bindings.element, actual)) return false;
      if (declared === oid.anynonarray && elementTypeOf(catalog, actual) !== 0) return false;
      if (declared === oid.anyenum && catalog.type(actual)?.kind !== 'e') return false;
      bindings.element = actual;
      return true;
    }
    case oid.anyarray: {
      const array = baseTypeOf(catalog, actual);
      if (array !== oid.anyarray && !isTrueArray(catalog.type(array)) && elementTypeOf(catalog, array) === 0)
        return false;
      if (!same(bindings.array, array)) return false;
      bindings.array = array;
      const element = elementTypeOf(catalog, array);
      if (array !== oid.anyarray && element !== 0) {
        if (!same(bindings.element, element)) return false;
        bindings.element = element;
      }
      return true;
    }
    default:
      return bindRange(catalog, bindings, declared, actual);
  }
}

function bindRange(catalog: Catalog, bindings: Bindings, declared: number, actual: number): boolean {
  const kind = declared === oid.anyrange || declared === oid.anycompatiblerange ? 'r' : 'm';
  const range = rangeOf(catalog, actual, kind);
  if (range === 0) return false;
  const subtype = subtypeOf(catalog, range);
  if (declared === oid.anyrange || declared === oid.anymultirange) {
    if (bindings.element !== 0 && bindings.element !== subtype) return false;
    bindings.element = subtype;
  }
  const partner = catalog.type(range)?.rangePartnerOid ?? 0;
  bindings.range = kind === 'r' ? range : partner;
  bindings.multirange = kind === 'r' ? partner : range;
  return true;
}

/** The second family settles on a common type. */
const compatibleElement = (catalog: Catalog, declared: number, actual: number): number => {
  if (declared === oid.anycompatiblearray) return elementTypeOf(catalog, actual);
  if (declared === oid.anycompatiblerange || declared === oid.anycompatiblemultirange)
    return subtypeOf(catalog, actual);
  return actual;
};

const isCompatibleFamily = (type: number): boolean =>
  type === oid.anycompatiblemultirange || (type >= oid.anycompatible && type <= oid.anycompatiblerange);

export function bind(catalog: Catalog, actual: readonly number[], declared: readonly number[]): Match {
  const bindings: Bindings = { ...empty };
  const compatible: number[] = [];
  for (let index = 0; index < actual.length; index++) {
    const type = actual[index] ?? untyped;
    const formal = declared[index] ?? 0;
    if (!isPolymorphic(formal) || type === untyped) continue;
    if (isCompatibleFamily(formal)) {
      if (type === oid.unknown) {
        if (formal === oid.anycompatible || formal === oid.anycompatiblenonarray) compatible.push(type);
        continue;
      }
      if (formal === oid.anycompatiblerange || formal === oid.anycompatiblemultirange)
        if (!bindRange(catalog, bindings, formal, type)) return { ok: false, bindings };
      const element = compatibleElement(catalog, formal, type);
      if (element === 0) return { ok: false, bindings };
      compatible.push(element);
    } else if (type !== oid.unknown && !bindExact(catalog, bindings, formal, type)) return { ok: false, bindings };
  }
  if (compatible.length > 0) {
    const common = commonType(catalog, compatible);
    if (common === null) return { ok: false, bindings };
    bindings.compatible = common;
  }
  return { ok: true, bindings };
}

export const polymorphicMatch = (catalog: Catalog, actual: readonly number[], declared: readonly number[]): boolean =>
  bind(catalog, actual, declared).ok;

/** What a declared type (argument or result) is in this call. */
export function concrete(catalog: Catalog, bindings: Bindings, declared: number): number {
  switch (declared) {
    case oid.anyelement:
    case oid.anynonarray:
    case oid.anyenum:
      return bindings.element;
    case oid.anyarray:
      return bindings.array || arrayTypeOf(catalog, bindings.element);
    case oid.anyrange:
    case oid.anycompatiblerange:
      return bindings.range;
    case oid.anymultirange:
    case oid.anycompatiblemultirange:
      return bindings.multirange;
    case oid.anycompatible:
    case oid.anycompatiblenonarray:
      return bindings.compatible;
    case oid.anycompatiblearray:
      return arrayTypeOf(catalog, bindings.compatible);
    default:
      return declared;
  }
}
