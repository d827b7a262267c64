/**
 * A mask, compiled for one column of one result: bytes in, bytes of the same type out. Whatever cannot be made a valid value of the
 * type becomes NULL, never the value itself.
 */
import { neutralValue } from './neutral.ts';
import type { Mask } from './rule.ts';
import { textWriter } from './text.ts';
import { type Shape, shapeOf } from './types.ts';
import { type CellWriter, constantWriter, nullWriter } from './writer.ts';
import { yearWriter } from './year.ts';

export type { CellWriter } from './writer.ts';

export type MaskTarget = {
  mask: Mask;
  /** As RowDescription has them: a domain shows as its base type. */
  typeOid: number;
  typmod: number;
  /** 0 text, 1 binary. */
  format: 0 | 1;
  /** Key of the hash mask. */
  key: Uint8Array;
};

/** Type modifiers of text types count four bytes of header with the declared length. */
const lengthOf = (typmod: number): number | null => (typmod >= 4 ? typmod - 4 : null);

/** Bytes of a `name`, less its terminator. */
const nameOid = 19;
const nameLengthMax = 63;

function redacting(shape: Exclude<Shape, { kind: 'text' }>, typmod: number, format: 0 | 1): CellWriter {
  const value = neutralValue(shape, typmod, format);
  return value === null ? nullWriter : constantWriter(value);
}

export function compileMask({ mask, typeOid, typmod, format, key }: MaskTarget): CellWriter {
  const shape = shapeOf(typeOid);
  if (mask.kind === 'null' || shape === null) return nullWriter;
  if (shape.kind === 'text') {
    const limit = typeOid === nameOid ? nameLengthMax : lengthOf(typmod);
    return textWriter(mask, { limit, padded: shape.padded }, key);
  }
  const redact = redacting(shape, typmod, format);
  if (mask.kind !== 'year' || shape.kind !== 'fixed') return redact;
  const { name } = shape;
  return name === 'date' || name === 'timestamp' || name === 'timestamptz' ? yearWriter(name, format, redact) : redact;
}

/** The key of the hash mask as the bundle carries it. */
export const maskKey = (base64url: string): Uint8Array => Buffer.from(base64url, 'base64url');
