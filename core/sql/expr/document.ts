/** JSON that the server has built out of other values: what it is, an object or an array, is known, and it can always be read again. */
import { firstUserOid } from '../../catalog/lookup.ts';
import type { CatalogFunction } from '../../catalog/snapshot.ts';
import type { Analyzer } from '../state.ts';
import { elementTypeOf, isComposite } from '../types/coerce.ts';
import { oid } from '../types/oid.ts';
import type { Document, Value } from '../value.ts';
import { carriesJson, ownTypesIn } from './converted.ts';

const isJson = (type: number): boolean => type === oid.json || type === oid.jsonb;

/** Written out, and nothing in it that only some readers take. */
function writtenDocument({ type, literal }: Value): Document | null {
  if (
    !isJson(type) ||
    literal?.kind !== 'text' ||
    !/^\s*[[{]/.test(literal.text) ||
    /\\u|\d{20}|\de/i.test(literal.text)
  )
    return null;
  try {
    JSON.parse(literal.text);
    return literal.text.trimStart().startsWith('{') ? 'object' : 'array';
  } catch {
    return null;
  }
}

export const documentOf = (value: Value): Document | null =>
  isJson(value.type) ? (value.document ?? writtenDocument(value)) : null;

/** Of whichever of these values it is in the end; NULL is neither. */
export function commonDocument(values: readonly Value[]): Document | null {
  const given = values.filter(({ literal }) => literal?.kind !== 'null').map(documentOf);
  if (given.length === 1) return given[0] ?? null;
  const found = new Set(given.map(each => (each === 'row' ? 'object' : each)));
  const [only = null] = found;
  return found.size === 1 ? only : null;
}

/** What columns it has only running tells. */
const isUnknownRow = ({ type, fields }: Value): boolean => (type === oid.record || type === oid.recordArray) && !fields;

const builds = (fn: CatalogFunction, [first]: readonly Value[], a: Analyzer): Document | null => {
  if (fn.name === 'row_to_json') return first && !isUnknownRow(first) ? 'row' : 'object';
  if (/^jsonb?_(build_object|object_agg)$/.test(fn.name)) return 'object';
  if (/^(array_to_json|jsonb?_build_array|jsonb?_agg)$/.test(fn.name)) return 'array';
  if (!/^to_jsonb?$/.test(fn.name) || !first) return null;
  if (elementTypeOf(a.catalog, first.type) !== 0) return 'array';
  const isRow = first.type === oid.record || isComposite(a.catalog, first.type);
  return isRow && ownCasts(a, first) ? (isUnknownRow(first) ? 'object' : 'row') : null;
};

/** No cast of users' own has a say in what becomes of it. */
const ownCasts = (a: Analyzer, value: Value): boolean =>
  !a.catalog.hasUserCasts || ownTypesIn(a, value)?.every(type => !a.catalog.cast(type, oid.json)) === true;

/** What is kept of a document in text has to be such that jsonb takes it, too: somebody's own text may not be. */
const isClean = (a: Analyzer, value: Value): boolean =>
  documentOf(value) !== null || (!isUnknownRow(value) && !carriesJson(a, value) && ownCasts(a, value));

export function builtDocument(a: Analyzer, fn: CatalogFunction, args: readonly Value[]): Document | null {
  if (fn.schema !== 'pg_catalog' || fn.oid >= firstUserOid || !isJson(fn.returnTypeOid)) return null;
  const [first, second] = args;
  const built = builds(fn, args, a);
  if (built) return fn.returnTypeOid === oid.jsonb || args.every(value => isClean(a, value)) ? built : null;
  const document = first ? documentOf(first) : null;
  if (fn.name === 'jsonb_delete' && second?.origins.length === 0) return document;
  if (/^(jsonb_delete|jsonb?_strip_nulls|jsonb_set)$/.test(fn.name)) return document === 'row' ? 'object' : document;
  if (fn.name !== 'jsonb_concat' || !second) return null;
  const other = documentOf(second);
  return document && other && (document === 'array' || other === 'array' ? 'array' : 'object');
}

const keyed = /^jsonb?_(each|each_text|object_keys)$/;

/** Takes an object apart whose keys are those of a row: they are what they are, and as many, whatever is in it. */
export const listsColumns = (fn: CatalogFunction, [first]: readonly Value[]): boolean =>
  fn.returnsSet &&
  fn.schema === 'pg_catalog' &&
  keyed.test(fn.name) &&
  first !== undefined &&
  !first.gated &&
  documentOf(first) === 'row';

/** Which of the arguments can make it fail, given what the others are; null where that is not known. */
export function documentFaults(fn: CatalogFunction, args: readonly Value[]): readonly number[] | null {
  const [first, second] = args;
  const document = first ? documentOf(first) : null;
  if (!document) return null;
  switch (fn.name) {
    case 'json_object_field':
    case 'json_object_field_text':
    case 'json_array_element':
    case 'json_array_element_text':
    case 'json_extract_path':
    case 'json_extract_path_text':
    case 'json_typeof':
    case 'json_strip_nulls':
      return [];
    case 'json_array_length':
    case 'jsonb_array_length':
      return document === 'array' ? [] : null;
    // A key or a list of them; a position is for arrays alone.
    case 'jsonb_delete':
      return fn.argumentTypes[1] === oid.int4 && document !== 'array' ? null : [1];
    case 'jsonb_concat':
      return second && documentOf(second) ? [] : null;
    // One step into an object, not on into an array.
    case 'jsonb_set':
      return document !== 'array' && second?.literal?.kind === 'text' && /^\{\w+\}$/.test(second.literal.text)
        ? []
        : null;
    case 'json_each':
    case 'json_each_text':
    case 'json_object_keys':
    case 'jsonb_each':
    case 'jsonb_each_text':
    case 'jsonb_object_keys':
      return document === 'array' ? null : [];
    default:
      return null;
  }
}
