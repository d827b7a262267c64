/** Masks of text types: redacted, in part, hashed; in UTF-8, within the declared length. */
import { createHmac } from 'node:crypto';
import type { Mask } from './rule.ts';
import { type CellWriter, constantWriter } from './writer.ts';

const star = 0x2a;
const at = 0x40;
const dot = 0x2e;
const space = 0x20;

/** `***`, which stands for any number of characters. */
function writeStars(out: Uint8Array, offset: number, count = 3): number {
  for (let index = 0; index < count; index += 1) out[offset + index] = star;
  return count;
}

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

/** End of the first `count` characters in [start, end). */
function afterCharacters(source: Uint8Array, start: number, end: number, count: number): number {
  let position = start;
  for (let seen = 0; position < end; position += 1) {
    if (isContinuation(source[position] ?? 0)) continue;
    if (seen === count) return position;
    seen += 1;
  }
  return position;
}

/** Start of the last `count` characters in [start, end). */
function beforeCharacters(source: Uint8Array, start: number, end: number, count: number): number {
  let position = end;
  for (let seen = 0; seen < count && position > start; ) {
    position -= 1;
    if (!isContinuation(source[position] ?? 0)) seen += 1;
  }
  return position;
}

function countCharacters(source: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let position = start; position < end; position += 1) if (!isContinuation(source[position] ?? 0)) count += 1;
  return count;
}

function copy(source: Uint8Array, range: { from: number; to: number }, out: Uint8Array, offset: number): number {
  for (let index = range.from; index < range.to; index += 1) out[offset + index - range.from] = source[index] ?? 0;
  return range.to - range.from;
}

type Write = CellWriter['write'];

/** As many characters are hidden as shown, at least; else all are. */
function partialText(first: number, last: number): Write {
  const shown = first + last;
  return (source, start, length, out, offset) => {
    const end = start + length;
    if (shown === 0 || countCharacters(source, start, end) < shown * 2) return writeStars(out, offset);
    let written = copy(source, { from: start, to: afterCharacters(source, start, end, first) }, out, offset);
    written += writeStars(out, offset + written);
    const tail = { from: beforeCharacters(source, start, end, last), to: end };
    return written + copy(source, tail, out, offset + written);
  };
}

const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
const topLevelLengthMax = 10;

/** Where the top-level domain with its dot starts, when it is 2 to 10 letters; else `end`. */
function topLevelStart(source: Uint8Array, start: number, end: number): number {
  let position = end - 1;
  while (position > start && end - position <= topLevelLengthMax && isLetter(source[position] ?? 0)) position -= 1;
  const letters = end - position - 1;
  return source[position] === dot && position > start && letters >= 2 ? position : end;
}

/** `a***@***.com`; `***` when it is not an address. A local part of one character is not shown. */
const partialEmail: Write = (source, start, length, out, offset) => {
  const end = start + length;
  let sign = end - 1;
  while (sign > start && source[sign] !== at) sign -= 1;
  if (sign <= start || source[sign] !== at) return writeStars(out, offset);
  const firstEnd = afterCharacters(source, start, sign, 1);
  let written = firstEnd < sign ? copy(source, { from: start, to: firstEnd }, out, offset) : 0;
  written += writeStars(out, offset + written);
  out[offset + written] = at;
  written += 1;
  written += writeStars(out, offset + written);
  return written + copy(source, { from: topLevelStart(source, sign + 1, end), to: end }, out, offset + written);
};

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** Stars and the last digits, when there are at least `digitsMin`; else three stars. */
function lastDigits({ digitsMin, shown, stars }: { digitsMin: number; shown: number; stars: number }): Write {
  return (source, start, length, out, offset) => {
    let digits = 0;
    for (let index = start; index < start + length; index += 1) if (isDigit(source[index] ?? 0)) digits += 1;
    if (digits < digitsMin) return writeStars(out, offset);
    let target = offset + writeStars(out, offset, stars) + shown;
    const written = target - offset;
    for (let index = start + length - 1; target > offset + stars; index -= 1) {
      const byte = source[index] ?? 0;
      if (isDigit(byte)) {
        target -= 1;
        out[target] = byte;
      }
    }
    return written;
  };
}

const phone = { digitsMin: 6, shown: 2, stars: 3 };
/** Payment cards have 12 to 19 digits (ISO/IEC 7812). */
const card = { digitsMin: 12, shown: 4, stars: 12 };

/** 128 bits in hex. */
export const hashLength = 32;

function hashed(key: Uint8Array): Write {
  return (source, start, length, out, offset) => {
    const digest = createHmac('sha256', key)
      .update(source.subarray(start, start + length))
      .digest();
    for (let index = 0; index < hashLength / 2; index += 1) {
      const byte = digest[index] ?? 0;
      out[offset + index * 2] = hexDigit(byte >> 4);
      out[offset + index * 2 + 1] = hexDigit(byte & 15);
    }
    return hashLength;
  };
}

const hexDigit = (value: number): number => (value < 10 ? 0x30 + value : 0x57 + value);

/** Blank padding of character(n) above this is left out; the value stays valid without it. */
const paddingMax = 1024;

/** Without the blanks that character(n) is padded with: they are no part of the value. */
function trimmedLength(source: Uint8Array, start: number, length: number): number {
  let end = start + length;
  while (end > start && source[end - 1] === space) end -= 1;
  return end - start;
}

/** Cuts what `write` makes to the declared number of characters, and pads it where the type does. */
function fitted(writer: CellWriter, { limit, padded }: { limit: number | null; padded: boolean }): CellWriter {
  if (limit === null && !padded) return writer;
  const padTo = padded && limit !== null && limit <= paddingMax ? limit : 0;
  return {
    maxGrowth: writer.maxGrowth + padTo,
    write(source, start, length, out, offset) {
      const value = padded ? trimmedLength(source, start, length) : length;
      const written = writer.write(source, start, value, out, offset);
      const cut = limit === null ? written : afterCharacters(out, offset, offset + written, limit) - offset;
      const missing = padTo === 0 ? 0 : padTo - countCharacters(out, offset, offset + cut);
      if (missing > 0) out.fill(space, offset + cut, offset + cut + missing);
      return cut + Math.max(0, missing);
    },
  };
}

/** A card number keeps its last four even in a narrow column: fewer stars then. */
function cardFor(limit: number | null): Write {
  const stars = limit === null ? card.stars : Math.min(card.stars, limit - card.shown);
  return stars < 3
    ? (_source, _start, _length, out, offset) => writeStars(out, offset)
    : lastDigits({ ...card, stars });
}

function partialWrite(mask: Extract<Mask, { kind: 'partial' }>, limit: number | null): Write {
  switch (mask.shape) {
    case 'email':
      return partialEmail;
    case 'phone':
      return lastDigits(phone);
    case 'card':
      return cardFor(limit);
    case 'text': {
      const fits = limit === null || mask.first + mask.last + 3 <= limit;
      return fits ? partialText(mask.first, mask.last) : partialText(0, 0);
    }
  }
}

/** Longest addition of any partial mask: twelve stars and four digits of a value of no less than twelve. */
const partialGrowth = 16;

/** `limit` is the declared length in characters, null without one. */
export function textWriter(mask: Mask, type: { limit: number | null; padded: boolean }, key: Uint8Array): CellWriter {
  switch (mask.kind) {
    case 'partial':
      return fitted({ write: partialWrite(mask, type.limit), maxGrowth: partialGrowth }, type);
    case 'hash':
      return fitted({ write: hashed(key), maxGrowth: hashLength }, type);
    default:
      return fitted(constantWriter(Uint8Array.of(star, star, star)), type);
  }
}
