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

const number = (source: Uint8Array, at: number): number =>
  ((source[at] ?? 0) - 0x30) * 10 + (source[at + 1] ?? 0) - 0x30;

const minus = 0x2d;
const plus = 0x2b;

/** Seconds east of Greenwich, as they stand behind a time: `+05:30`, `-00:44:30`; null where there are none. */
function offsetAt(source: Uint8Array, from: number, end: number): number | null {
  let at = from;
  while (at < end && source[at] !== plus && source[at] !== minus) at += 1;
  if (at + 3 > end) return null;
  const sign = source[at] === minus ? -1 : 1;
  let digits = at + 1;
  let hours = 0;
  for (; digits < end && isDigit(source[digits]); digits += 1) hours = hours * 10 + (source[digits] ?? 0) - 0x30;
  const minutes = source[digits] === colon ? number(source, digits + 1) : 0;
  const seconds = source[digits + 3] === colon ? number(source, digits + 4) : 0;
  return sign * (hours * 3600 + minutes * 60 + seconds);
}

const colon = 0x3a;
const daySeconds = 86_400;

/** How many years later it is in UTC: whoever chooses the time zone would else see when around New Year it was. */
function yearsLater(source: Uint8Array, at: number, end: number): -1 | 0 | 1 | null {
  const month = number(source, at + 1);
  if (month !== 1 && month !== 12) return 0;
  const offset = offsetAt(source, at + 15, end);
  if (offset === null) return null;
  const time = number(source, at + 7) * 3600 + number(source, at + 10) * 60 + number(source, at + 13);
  const seconds = (number(source, at + 4) - 1) * daySeconds + time - offset;
  if (month === 1) return seconds < 0 ? -1 : 0;
  return seconds >= 31 * daySeconds ? 1 : 0;
}

/** Adds to a number that is written out; false where it would take more digits, or none are left. */
function addYears(out: Uint8Array, offset: number, digits: number, years: number): boolean {
  let value = 0;
  for (let index = 0; index < digits; index += 1) value = value * 10 + (out[offset + index] ?? 0) - 0x30;
  const text = String(value + years).padStart(digits, '0');
  if (text.length !== digits || value + years < 1) return false;
  for (let index = 0; index < digits; index += 1) out[offset + index] = text.charCodeAt(index);
  return true;
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
      const isBc = endsWithBc(source, end);
      const later = kind === 'timestamptz' ? yearsLater(source, position, end) : 0;
      const isKnown = later !== null && (later === 0 || addYears(out, offset, digits, isBc ? -later : later));
      if (!isKnown) return fallback.write(source, start, length, out, offset);
      out.set(tail, offset + digits);
      if (!isBc) return digits + tail.length;
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

/** `fallback` redacts what has no year. A timestamp with time zone keeps its year in UTC, whatever the client's zone. */
export function yearWriter(kind: DateKind, format: 0 | 1, fallback: CellWriter): CellWriter {
  return format === 0 ? yearInText(kind, fallback) : yearInBinary(kind, fallback);
}
