/** How a value of one type becomes another: find_coercion_pathway and can_coerce_type of src/backend/parser/parse_coerce.c. */
import type { Catalog } from '../../catalog/lookup.ts';
import type { CatalogType } from '../../catalog/snapshot.ts';
import { isPolymorphic, oid, untyped } from './oid.ts';
import { polymorphicMatch } from './polymorphic.ts';

export type CoercionContext = 'implicit' | 'assignment' | 'explicit';

export type Pathway =
  | { kind: 'none' }
  | { kind: 'relabel' }
  | { kind: 'function'; functionOid: number }
  | { kind: 'io' }
  | { kind: 'array'; element: Pathway };

const none: Pathway = { kind: 'none' };
const relabel: Pathway = { kind: 'relabel' };
const io: Pathway = { kind: 'io' };

/** Through domains to what they are made of. */
export function baseTypeOf(catalog: Catalog, type: number): number {
  let current = type;
  for (let level = 0; level < 32; level++) {
    const entry = catalog.type(current);
    if (entry?.kind !== 'd') return current;
    current = entry.baseOid;
  }
  return current;
}

export const isTrueArray = (type: CatalogType | null): type is CatalogType =>
  type !== null && type.elementOid !== 0 && type.category === 'A' && type.length === -1;

/** Element type of a real array (also through a domain), or 0. */
export function elementTypeOf(catalog: Catalog, type: number): number {
  const entry = catalog.type(baseTypeOf(catalog, type));
  return isTrueArray(entry) ? entry.elementOid : 0;
}

export const arrayTypeOf = (catalog: Catalog, element: number): number =>
  element === oid.record ? oid.recordArray : (catalog.type(element)?.arrayOid ?? 0);

export const categoryOf = (catalog: Catalog, type: number): string =>
  type === oid.unknown ? 'X' : (catalog.type(type)?.category ?? '');

export const isPreferred = (catalog: Catalog, category: string, type: number): boolean => {
  const entry = catalog.type(type);
  return entry !== null && entry.category === category && entry.preferred;
};

/** OID of the relation whose rows the type describes (also a domain over one), or 0. */
export function relationOfType(catalog: Catalog, type: number): number {
  const entry = catalog.type(baseTypeOf(catalog, type));
  return entry?.kind === 'c' ? entry.relationOid : 0;
}

export const isComposite = (catalog: Catalog, type: number): boolean =>
  type === oid.record || catalog.type(baseTypeOf(catalog, type))?.kind === 'c';

const contextRank: Readonly<Record<CoercionContext, number>> = { implicit: 0, assignment: 1, explicit: 2 };
const castRank = { i: 0, a: 1, e: 2 } as const;

export function pathway(catalog: Catalog, source: number, target: number, context: CoercionContext): Pathway {
  const from = source === 0 ? source : baseTypeOf(catalog, source);
  const to = target === 0 ? target : baseTypeOf(catalog, target);
  if (from === to) return relabel;
  const cast = catalog.cast(from, to);
  if (cast) {
    if (contextRank[context] < castRank[cast.context]) return none;
    if (cast.method === 'f') return { kind: 'function', functionOid: cast.functionOid };
    return cast.method === 'i' ? io : relabel;
  }
  // Array to array goes element by element, except for the two pseudo-vectors.
  if (to !== oid.oidvector && to !== oid.int2vector) {
    const targetElement = elementTypeOf(catalog, to);
    const sourceElement = elementTypeOf(catalog, from);
    if (targetElement !== 0 && sourceElement !== 0) {
      const element = pathway(catalog, sourceElement, targetElement, context);
      return element.kind === 'none' ? none : { kind: 'array', element };
    }
  }
  if (context !== 'implicit' && categoryOf(catalog, to) === 'S') return io;
  if (context === 'explicit' && categoryOf(catalog, from) === 'S') return io;
  return none;
}

/** Whether a row type is that of a descendant of another's table. */
function inherits(catalog: Catalog, source: number, target: number): boolean {
  const from = catalog.relation(relationOfType(catalog, source));
  const to = relationOfType(catalog, target);
  return from !== null && to !== 0 && catalog.ancestors(from).some(ancestor => ancestor.oid === to);
}

function canCoerceOne(catalog: Catalog, from: number, to: number, context: CoercionContext): boolean {
  if (from === to || to === oid.any || from === untyped) return true;
  if (from === oid.unknown) return true;
  if (pathway(catalog, from, to, context).kind !== 'none') return true;
  const toComposite = isComposite(catalog, to);
  const fromComposite = isComposite(catalog, from);
  if (from === oid.record && toComposite) return true;
  if (to === oid.record && fromComposite) return true;
  if (to === oid.recordArray && isComposite(catalog, elementTypeOf(catalog, from))) return true;
  return fromComposite && toComposite && inherits(catalog, from, to);
}

/** can_coerce_type: all inputs at once, because polymorphic arguments have to agree with each other. */
export function canCoerce(
  catalog: Catalog,
  from: readonly number[],
  to: readonly number[],
  context: CoercionContext,
): boolean {
  let generic = false;
  for (let index = 0; index < from.length; index++) {
    const target = to[index] ?? 0;
    const source = from[index] ?? 0;
    if (isPolymorphic(target)) generic = true;
    else if (!canCoerceOne(catalog, source, target, context)) return false;
  }
  return !generic || polymorphicMatch(catalog, from, to);
}

/** select_common_type: the type that a UNION column, CASE, ARRAY[…], VALUES column or IN list settles on; null when none. */
export function commonType(catalog: Catalog, types: readonly number[]): number | null {
  const first = types.find(type => type !== untyped);
  if (types.includes(untyped)) return types.every(type => type === untyped) ? untyped : untyped;
  if (first === undefined) return oid.text;
  if (first !== oid.unknown && types.every(type => type === first)) return first;
  let chosen = baseTypeOf(catalog, types[0] ?? oid.unknown);
  for (const type of types.slice(1)) {
    const candidate = baseTypeOf(catalog, type);
    if (candidate === oid.unknown || candidate === chosen) continue;
    if (chosen === oid.unknown || categoryOf(catalog, chosen) === 'X') {
      chosen = candidate;
      continue;
    }
    const category = categoryOf(catalog, chosen);
    if (categoryOf(catalog, candidate) !== category) return null;
    if (
      !isPreferred(catalog, category, chosen) &&
      canCoerce(catalog, [chosen], [candidate], 'implicit') &&
      !canCoerce(catalog, [candidate], [chosen], 'implicit')
    )
      chosen = candidate;
  }
  return chosen === oid.unknown ? oid.text : chosen;
}
