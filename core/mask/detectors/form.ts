/** How values of a type are written, as far as detectors read them. */
import { shapeOf, typeOid } from '../types.ts';

export type ValueForm = {
  kind: 'text' | 'json' | 'xml' | 'opaque';
  isArray: boolean;
  /** Bytes before the text: jsonb in binary begins with a version. */
  prefix: 0 | 1;
};

const jsonOid = 114;
const jsonbOid = 3802;
const xmlOid = 142;
const tsvectorOid = 3614;

function scalarForm(oid: number, format: 0 | 1): ValueForm | null {
  const of = (kind: ValueForm['kind'], prefix: 0 | 1 = 0): ValueForm => ({ kind, isArray: false, prefix });
  if (oid === jsonOid) return of('json');
  if (oid === jsonbOid) return of('json', format);
  if (oid === xmlOid) return of('xml');
  const shape = shapeOf(oid);
  if (shape === null || oid === tsvectorOid) return of('opaque');
  return shape.kind === 'text' ? of('text') : null;
}

/**
 * Null for types whose values cannot hold a text: numbers, dates, `uuid` and the like, and `bytea`, whose bytes are not read as
 * one. `isText` is of a type that only the server's catalog knows: whether it is one of the string category.
 */
export function formOf(oid: number, { format, isText }: { format: 0 | 1; isText: boolean }): ValueForm | null {
  if (isText && shapeOf(oid) === null) return { kind: 'text', isArray: false, prefix: 0 };
  const shape = shapeOf(oid);
  if (shape?.kind !== 'array') return scalarForm(oid, format);
  const element = scalarForm(shape.elementOid, format);
  return element === null ? null : { ...element, isArray: true };
}

/** Whether values of a type could be looked at at all; 0 is a type that is not known. */
export const mayHoldText = (oid: number): boolean => oid === 0 || formOf(oid, { format: 0, isText: false }) !== null;

/** Characters that fit, of a declared length; null without one. */
export const charactersMax = (oid: number, typmod: number): number | null =>
  typmod >= 4 && (oid === typeOid.varchar || oid === typeOid.bpchar) ? typmod - 4 : null;
