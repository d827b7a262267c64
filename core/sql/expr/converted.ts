/** Functions that turn values of any type into JSON or text by whatever cast there is: for users' own types that is users' code. */
import { firstUserOid } from '../../catalog/lookup.ts';
import type { CatalogFunction } from '../../catalog/snapshot.ts';
import type { Analyzer } from '../state.ts';
import { baseTypeOf, elementTypeOf, relationOfType } from '../types/coerce.ts';
import { oid } from '../types/oid.ts';
import { changed, derive, type Value } from '../value.ts';
import { applyFunction } from './apply.ts';
import { checkRead } from './reading.ts';

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

/** Samples of a column, of whatever type that is. */
const holdsAnything = (a: Analyzer, type: number): boolean =>
  type === oid.anyarray ||
  (a.catalog.relation(relationOfType(a.catalog, type))?.columns.some(({ typeOid }) => typeOid === oid.anyarray) ??
    false);

/** Null where only running tells what is in a row. */
function typesIn(a: Analyzer, value: Value, seen = new Set<number>()): readonly number[] | null {
  if (value.type !== oid.record && value.type !== oid.recordArray)
    return holdsAnything(a, value.type) ? null : ownTypes(a, value.type, seen);
  if (!value.fields) return value.origins.length > 0 ? null : [];
  const parts = value.fields.map(field => typesIn(a, field.value, seen));
  return parts.includes(null) ? null : parts.flatMap(types => types ?? []);
}

export const ownTypesIn = (a: Analyzer, value: Value): readonly number[] | null => typesIn(a, value);

/** Any cast of the users' own may run. */
function uncertain(a: Analyzer, value: Value): Value {
  a.out.usedAs(value, 'function_argument');
  return derive([value], { type: value.type, faulty: true });
}

const toBinary = /^(to_jsonb|jsonb_(agg|object_agg|build_array|build_object)(_\w+)?)$/;

function holdsJson(a: Analyzer, type: number, depth = 0): boolean {
  const base = baseTypeOf(a.catalog, type);
  if (base === oid.json || base === oid.anyarray || depth > holdDepthMax) return true;
  const element = elementTypeOf(a.catalog, base);
  if (element !== 0) return holdsJson(a, element, depth + 1);
  const relation = a.catalog.relation(relationOfType(a.catalog, base));
  return relation?.columns.some(column => holdsJson(a, column.typeOid, depth + 1)) ?? false;
}

/** Rows in rows. */
const holdDepthMax = 16;

export const carriesJson = (a: Analyzer, { type, fields }: Value): boolean =>
  fields ? fields.some(({ value }) => carriesJson(a, value)) : type !== oid.jsonb && holdsJson(a, type);

/** The text of a json value is read again where it becomes jsonb: that knows no `\u0000`, and fewer digits. */
const reread = (a: Analyzer, value: Value): Value =>
  value.origins.length > 0 && carriesJson(a, value) ? uncertain(a, value) : value;

/** The arguments as the function sees them, after the casts it looks up itself. */
export function converted(a: Analyzer, fn: CatalogFunction, given: readonly Value[]): readonly Value[] {
  if (fn.schema === 'pg_catalog') checkRead(a, fn, given);
  const args = fn.schema === 'pg_catalog' && toBinary.test(fn.name) ? given.map(value => reread(a, value)) : given;
  const target = a.catalog.hasUserCasts ? targetOf(fn) : null;
  if (target === null) return args;
  return args.map(value => {
    const types = typesIn(a, value);
    if (types === null) return uncertain(a, value);
    let result = value;
    for (const type of types) {
      const cast = a.catalog.cast(type, target);
      const code = cast?.method === 'f' ? a.catalog.function(cast.functionOid) : null;
      if (code) result = changed(applyFunction(a, code, [result], { result: value.type }), { fields: null });
    }
    return result;
  });
}
