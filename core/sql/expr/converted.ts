/** Functions that turn values of any type into JSON or text by whatever cast there is: for users' own types that is users' code. */
import { firstUserOid } from '../../catalog/lookup.ts';
import type { CatalogFunction } from '../../catalog/snapshot.ts';
import type { Analyzer } from '../state.ts';
import { baseTypeOf, elementTypeOf, relationOfType } from '../types/coerce.ts';
import { oid } from '../types/oid.ts';
import { derive, type Value } from '../value.ts';
import { applyFunction } from './apply.ts';

const toJson = /^(to_jsonb?|row_to_json|array_to_json|jsonb?_(agg|object_agg|build_array|build_object)(_\w+)?)$/;
const toText = /^quote_(literal|nullable)$/;

const targetOf = (fn: CatalogFunction): number | null => {
  if (fn.schema !== 'pg_catalog') return null;
  return toJson.test(fn.name) ? oid.json : toText.test(fn.name) ? oid.text : null;
};

/** Types of users' own that a value of this type holds, rows and arrays taken apart (json_categorize_type, src/backend/utils/adt). */
function ownTypes(a: Analyzer, type: number, seen: Set<number>): readonly number[] {
  const base = baseTypeOf(a.catalog, type);
  if (base < firstUserOid || seen.has(base)) return [];
  seen.add(base);
  const element = elementTypeOf(a.catalog, base);
  if (element !== 0) return ownTypes(a, element, seen);
  const relation = a.catalog.relation(relationOfType(a.catalog, base));
  return relation ? relation.columns.flatMap(column => ownTypes(a, column.typeOid, seen)) : [base];
}

/** Null where only running tells what is in a row. */
function typesIn(a: Analyzer, value: Value, seen = new Set<number>()): readonly number[] | null {
  if (value.type !== oid.record && value.type !== oid.recordArray) return ownTypes(a, value.type, seen);
  if (!value.fields) return value.origins.length > 0 ? null : [];
  const parts = value.fields.map(field => typesIn(a, field.value, seen));
  return parts.includes(null) ? null : parts.flatMap(types => types ?? []);
}

/** Any cast of the users' own may run. */
function uncertain(a: Analyzer, value: Value): Value {
  a.out.usedAs(value, 'function_argument');
  return derive([value], { type: value.type, faulty: true });
}

/** The arguments as the function sees them, after the casts it looks up itself. */
export function converted(a: Analyzer, fn: CatalogFunction, args: readonly Value[]): readonly Value[] {
  const target = a.catalog.hasUserCasts ? targetOf(fn) : null;
  if (target === null) return args;
  return args.map(value => {
    const types = typesIn(a, value);
    if (types === null) return uncertain(a, value);
    let result = value;
    for (const type of types) {
      const cast = a.catalog.cast(type, target);
      const code = cast?.method === 'f' ? a.catalog.function(cast.functionOid) : null;
      if (code) result = { ...applyFunction(a, code, [result], { result: value.type }), fields: null };
    }
    return result;
  });
}
