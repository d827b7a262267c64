/**
 * Builds the spool's lines in bytes. What repeats is encoded once, and an event's text never exists as a string: making it,
 * flattening it and encoding it twice would cost more than everything else that is recorded of a statement.
 */
import { chainHashOfBytes, hashCharacters } from '#core/event/chain.ts';
import { lineHead, lineParts } from './segment.ts';
import type { Spool } from './spool.ts';

/** JSON members without braces, as they stand in an event and as they stand in the string that a line has for it. */
export type Members = { plain: Uint8Array; escaped: Uint8Array; characters: number };

/** `text` is JSON text: it has no lone surrogates, so that its UTF-8 is what a reader of the line gets back. */
export function encodeMembers(text: string): Members {
  return {
    plain: Buffer.from(text, 'utf8'),
    escaped: Buffer.from(JSON.stringify(text).slice(1, -1), 'utf8'),
    characters: text.length,
  };
}

const comma = 0x2c;
const closingBrace = 0x7d;
const quotationMark = 0x22;
const backslash = 0x5c;
const lineEnd = Buffer.from('}"}\n', 'latin1');
/** Room for punctuation and a sequence. */
const spareBytes = 64;
/** The most that UTF-8 takes for one UTF-16 unit. */
const bytesPerUnit = 3;

/** `members` are the same for many events, `tail` is more of them, or nothing. All of it is JSON text. */
type Parts = { stamp: Members; members: Members; tail: string };

export class LineWriter {
  readonly #spool: Spool;
  /** The beginning of every line, up to the event's number. */
  readonly #head: Buffer;
  /** What is hashed: the hash before, and the event behind it. */
  #hashed = Buffer.alloc(16 * 1024);
  readonly #numberAt: number;
  /** Whose hash stands at the beginning of `#hashed`. */
  #prev = '';

  /** `prefix` begins every event. */
  constructor(spool: Spool, prefix: string) {
    this.#spool = spool;
    this.#head = Buffer.concat([lineHead, encodeMembers(prefix).escaped]);
    this.#numberAt = hashCharacters + this.#hashed.write(prefix, hashCharacters, 'utf8');
  }

  /** Appends the next event: its number, `stamp`, `members`, and `tail`. */
  write({ stamp, members, tail }: Parts): void {
    const { seq, hash: prev } = this.#spool.next;
    const plainMax = stamp.plain.length + members.plain.length + tail.length * bytesPerUnit + spareBytes;
    const hashed = this.#roomFor(plainMax);
    if (prev !== this.#prev) hashed.write(prev, 0, 'latin1');

    const stampAt = writeNumber(hashed, seq + 1, this.#numberAt);
    let at = append(hashed, stamp.plain, stampAt);
    at = append(hashed, members.plain, at);
    const tailAt = at;
    if (tail !== '') {
      hashed[at] = comma;
      at += 1 + hashed.write(tail, at + 1, 'utf8');
    }
    hashed[at] = closingBrace;
    const tailEnd = at;
    const hash = chainHashOfBytes(hashed.subarray(0, at + 1));

    const escapedMax = stamp.escaped.length + members.escaped.length + (tailEnd - tailAt) * 2 + spareBytes;
    const start = this.#spool.reserve(this.#head.length + escapedMax);
    const { slab } = this.#spool;
    slab.set(this.#head, start);
    copy(hashed, { from: 0, to: hashCharacters }, slab, start + lineParts.prevAt);
    slab.write(hash, start + lineParts.hashAt, 'latin1');
    at = start + this.#head.length;
    at = copy(hashed, { from: this.#numberAt, to: stampAt }, slab, at);
    at = append(slab, stamp.escaped, at);
    at = append(slab, members.escaped, at);
    at = copyEscaped(hashed, { from: tailAt, to: tailEnd }, slab, at);
    at = append(slab, lineEnd, at);
    this.#spool.appended(at - start, hash);

    hashed.write(hash, 0, 'latin1');
    this.#prev = hash;
  }

  #roomFor(bytes: number): Buffer {
    const needed = this.#numberAt + bytes;
    if (needed > this.#hashed.length) {
      const grown = Buffer.alloc(needed * 2);
      grown.set(this.#hashed.subarray(0, this.#numberAt));
      this.#hashed = grown;
    }
    return this.#hashed;
  }
}

type Range = { from: number; to: number };

function append(target: Buffer, bytes: Uint8Array, at: number): number {
  target.set(bytes, at);
  return at + bytes.length;
}

/** For a few dozen bytes a loop is faster than making the view that `set` wants. */
function copy(source: Buffer, { from, to }: Range, target: Buffer, at: number): number {
  for (let index = from; index < to; index += 1) target[at + index - from] = source[index] as number;
  return at + to - from;
}

/** JSON text as it stands in a JSON string: it has no control characters, so that two characters are all there is to escape. */
function copyEscaped(source: Buffer, { from, to }: Range, target: Buffer, start: number): number {
  let at = start;
  for (let index = from; index < to; index += 1) {
    const byte = source[index] as number;
    if (byte === quotationMark || byte === backslash) {
      target[at] = backslash;
      at += 1;
    }
    target[at] = byte;
    at += 1;
  }
  return at;
}

/** Writes digits and a comma behind them; returns where the next byte goes. */
function writeNumber(target: Buffer, value: number, start: number): number {
  let digits = 1;
  for (let power = 10; power <= value; power *= 10) digits += 1;
  let rest = value;
  for (let at = start + digits - 1; at >= start; at -= 1) {
    const next = Math.floor(rest / 10);
    target[at] = 0x30 + rest - next * 10;
    rest = next;
  }
  target[start + digits] = comma;
  return start + digits + 1;
}
