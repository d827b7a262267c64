/** The value that stands for a redacted one, in PostgreSQL's text and binary format of each type. */
import type { FixedName, Shape } from './types.ts';

const encoder = new TextEncoder();
const bytes = (text: string): Uint8Array => encoder.encode(text);
const zeros = (length: number): Uint8Array => new Uint8Array(length);

function binary(length: number, write: (view: DataView) => void): Uint8Array {
  const out = zeros(length);
  write(new DataView(out.buffer));
  return out;
}

/** Days from 2000-01-01, PostgreSQL's epoch, to 1970-01-01. */
export const unixEpochDays = -10_957;
const unixEpochUs = BigInt(unixEpochDays) * 86_400_000_000n;

/** `[text, binary]`; sizes and layouts are those of the send functions in src/backend/utils/adt. */
const fixedValues: Readonly<Record<FixedName, readonly [Uint8Array, Uint8Array]>> = {
  char: [bytes('*'), bytes('*')],
  bool: [bytes('f'), zeros(1)],
  int2: [bytes('0'), zeros(2)],
  int4: [bytes('0'), zeros(4)],
  int8: [bytes('0'), zeros(8)],
  float4: [bytes('0'), zeros(4)],
  float8: [bytes('0'), zeros(8)],
  // Without a currency sign, which only some settings of lc_monetary read.
  money: [bytes('0'), zeros(8)],
  date: [bytes('1970-01-01'), binary(4, view => view.setInt32(0, unixEpochDays))],
  time: [bytes('00:00:00'), zeros(8)],
  timetz: [bytes('00:00:00+00'), zeros(12)],
  timestamp: [bytes('1970-01-01 00:00:00'), binary(8, view => view.setBigInt64(0, unixEpochUs))],
  timestamptz: [bytes('1970-01-01 00:00:00+00'), binary(8, view => view.setBigInt64(0, unixEpochUs))],
  interval: [bytes('00:00:00'), zeros(16)],
  uuid: [bytes('00000000-0000-0000-0000-000000000000'), zeros(16)],
  json: [bytes('{}'), bytes('{}')],
  jsonb: [bytes('{}'), bytes('\u0001{}')],
  xml: [bytes('<masked/>'), bytes('<masked/>')],
  bytea: [bytes('\\x'), zeros(0)],
  // Family 2 (IPv4), 32 bits, whether it is a cidr, four bytes of address.
  inet: [bytes('0.0.0.0'), Uint8Array.of(2, 32, 0, 4, 0, 0, 0, 0)],
  cidr: [bytes('0.0.0.0/32'), Uint8Array.of(2, 32, 1, 4, 0, 0, 0, 0)],
  macaddr: [bytes('00:00:00:00:00:00'), zeros(6)],
  macaddr8: [bytes('00:00:00:00:00:00:00:00'), zeros(8)],
  varbit: [bytes(''), zeros(4)],
  tsvector: [bytes(''), zeros(4)],
  pg_lsn: [bytes('0/0'), zeros(8)],
  range: [bytes('empty'), Uint8Array.of(1)],
  multirange: [bytes('{}'), zeros(4)],
};

/** Scale of numeric(precision, scale): the low 11 bits of typmod − 4, signed since PostgreSQL 15. */
function scaleOf(typmod: number): number {
  if (typmod < 4) return 0;
  return Math.max(0, (((typmod - 4) & 0x7ff) ^ 1024) - 1024);
}

const bitsMax = 4096;

function bits(typmod: number, format: 0 | 1): Uint8Array | null {
  const length = Math.max(typmod, 1);
  if (length > bitsMax) return null;
  if (format === 0) return bytes('0'.repeat(length));
  return binary(4 + Math.ceil(length / 8), view => view.setInt32(0, length));
}

/** Null where there is no value to show but NULL. */
export function neutralValue(
  shape: Exclude<Shape, { kind: 'text' }>,
  typmod: number,
  format: 0 | 1,
): Uint8Array | null {
  switch (shape.kind) {
    case 'fixed':
      return fixedValues[shape.name][format];
    case 'numeric': {
      const scale = scaleOf(typmod);
      if (format === 0) return bytes(scale === 0 ? '0' : `0.${'0'.repeat(scale)}`);
      // ndigits, weight, sign, dscale
      return binary(8, view => view.setInt16(6, scale));
    }
    case 'bit':
      return bits(typmod, format);
    case 'array':
      // No dimensions, no nulls, the element type.
      return format === 0 ? bytes('{}') : binary(12, view => view.setInt32(8, shape.elementOid));
  }
}
