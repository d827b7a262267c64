/** Dates and timestamps cut to 1 January of their year, in text (ISO) and binary. */
import { unixEpochDays } from './neutral.ts';
import type { CellWriter } from './writer.ts';

export type DateKind = 'date' | 'timestamp' | 'timestamptz';

const dayUs = 86_400_000_000n;
/** 2000-01-01 as days of the Unix epoch. */
const postgresEpochDays = -unixEpochDays;

const tails: Readonly<Record<DateKind, Uint8Array>> = {
  date: new TextEncoder().encode('-01-01'),
  timestamp: new TextEncoder().encode('-01-01 00:00:00'),
  timestamptz: new TextEncoder().encode('-01-01 00:00:00+00'),
};
const beforeChrist = new TextEncoder().encode(' BC');

/** Years of the proleptic Gregorian calendar from days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
function yearOfDays(days: number): number {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  // The algorithm's years start in March: day 306 of them is 1 January.
  return yearOfEra + era * 400 + (dayOfYear >= 306 ? 1 : 0);
}

/** Days since 1970-01-01 of 1 January. */
function daysOfYear(year: number): number {
  const before = year - 1;
  const era = Math.floor(before / 400);
  const yearOfEra = before - era * 400;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + 306;
  return era * 146_097 + dayOfEra - 719_468;
}

/** First of January of the year that holds this day; both in days since 2000-01-01. */
export function startOfYear(days: number): number {
  return daysOfYear(yearOfDays(days + postgresEpochDays)) - postgresEpochDays;
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

function endsWithBc(source: Uint8Array, end: number): boolean {
  return beforeChrist.every((byte, index) => source[end - beforeChrist.length + index] === byte);
}

/** Only ISO output (`2021-05-17 …`) is read; any other DateStyle, and infinity, get `fallback`. */
function yearInText(kind: DateKind, fallback: CellWriter): CellWriter {
  const tail = tails[kind];
  return {
    maxGrowth: Math.max(fallback.maxGrowth, tail.length),
    write(source, start, length, out, offset) {
      const end = start + length;
      let position = start;
      while (position < end && isDigit(source[position])) position += 1;
      const digits = position - start;
      const isIso = digits >= 4 && source[position] === 0x2d && isDigit(source[position + 1]);
      if (!isIso || length < digits + 6) return fallback.write(source, start, length, out, offset);
      for (let index = 0; index < digits; index += 1) out[offset + index] = source[start + index] ?? 0;
      out.set(tail, offset + digits);
      if (!endsWithBc(source, end)) return digits + tail.length;
      out.set(beforeChrist, offset + digits + tail.length);
      return digits + tail.length + beforeChrist.length;
    },
  };
}

function readInt64(source: Uint8Array, start: number): bigint {
  let value = 0n;
  for (let index = 0; index < 8; index += 1) value = (value << 8n) | BigInt(source[start + index] ?? 0);
  return BigInt.asIntN(64, value);
}

function writeInt(out: Uint8Array, offset: number, value: bigint, size: 4 | 8): number {
  for (let index = 0; index < size; index += 1) {
    out[offset + index] = Number((value >> BigInt((size - 1 - index) * 8)) & 0xffn);
  }
  return size;
}

function yearInBinary(kind: DateKind, fallback: CellWriter): CellWriter {
  const size = kind === 'date' ? 4 : 8;
  const [infinity, minusInfinity] = kind === 'date' ? [2n ** 31n - 1n, -(2n ** 31n)] : [2n ** 63n - 1n, -(2n ** 63n)];
  const unit = kind === 'date' ? 1n : dayUs;
  return {
    maxGrowth: Math.max(fallback.maxGrowth, size),
    write(source, start, length, out, offset) {
      if (length !== size) return fallback.write(source, start, length, out, offset);
      const value = size === 8 ? readInt64(source, start) : BigInt.asIntN(32, readInt64(source, start) >> 32n);
      if (value === infinity || value === minusInfinity) return fallback.write(source, start, length, out, offset);
      const days = Number((value - (((value % unit) + unit) % unit)) / unit);
      return writeInt(out, offset, BigInt(startOfYear(days)) * unit, size);
    },
  };
}

/** `fallback` redacts what has no year. A timestamp with time zone keeps its year as written, in UTC. */
export function yearWriter(kind: DateKind, format: 0 | 1, fallback: CellWriter): CellWriter {
  return format === 0 ? yearInText(kind, fallback) : yearInBinary(kind, fallback);
}
