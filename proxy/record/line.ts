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

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const closingBrace = 0x7d;
const lineEnd = Buffer.from('"}\n', 'latin1');
/** Room for a sequence and punctuation. */
const spareBytes = 64;

/** What stands where in the hashed bytes: number and stamp, members, tail. */
type Places = { from: number; membersAt: number; tailAt: number; end: number };

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

  /** Appends the next event: its number, `stamp` (members that every event has), `members`, and `tail`: more of them, or nothing. */
  write(stamp: string, members: Members, tail: string): void {
    const { seq, hash: prev } = this.#spool.next;
    const hashed = this.#roomFor(spareBytes + stamp.length + members.plain.length + tail.length * 3);
    if (prev !== this.#prev) {
      hashed.write(prev, 0, 'latin1');
      this.#prev = prev;
    }
    const from = this.#numberAt;
    const membersAt = from + hashed.write(`${seq + 1},${stamp},`, from, 'latin1');
    hashed.set(members.plain, membersAt);
    const tailAt = membersAt + members.plain.length;
    let end = tailAt;
    if (tail !== '') {
      hashed[end] = comma;
      end += 1 + hashed.write(tail, end + 1, 'utf8');
    }
    hashed[end] = closingBrace;
    const hash = chainHashOfBytes(hashed.subarray(0, end + 1));
    this.#append({ prev, hash }, members, { from, membersAt, tailAt, end });
  }

  #append({ prev, hash }: { prev: string; hash: string }, members: Members, at: Places): void {
    const hashed = this.#hashed;
    const length =
      this.#head.length +
      escapedLength(hashed, at.from, at.membersAt) +
      members.escaped.length +
      escapedLength(hashed, at.tailAt, at.end) +
      1 +
      lineEnd.length;
    const start = this.#spool.reserve(length);
    const { slab } = this.#spool;
    slab.set(this.#head, start);
    slab.write(prev, start + lineParts.prevAt, 'latin1');
    slab.write(hash, start + lineParts.hashAt, 'latin1');
    let to = escapeInto(hashed, { from: at.from, to: at.membersAt }, slab, start + this.#head.length);
    slab.set(members.escaped, to);
    to = escapeInto(hashed, { from: at.tailAt, to: at.end }, slab, to + members.escaped.length);
    slab[to] = closingBrace;
    slab.set(lineEnd, to + 1);
    this.#spool.appended(length, hash);
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

/** JSON text has no raw control characters; were there one, the line would have to be readable all the same. */
const isControl = (byte: number): boolean => byte < 0x20;
const controlEscape = (byte: number): string => `\\u${byte.toString(16).padStart(4, '0')}`;

function escapedLength(bytes: Uint8Array, from: number, to: number): number {
  let length = to - from;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] as number;
    if (byte === quote || byte === backslash) length += 1;
    else if (isControl(byte)) length += 5;
  }
  return length;
}

/** Writes bytes as they stand in a JSON string; returns where they end. */
function escapeInto(
  bytes: Uint8Array,
  { from, to }: { from: number; to: number },
  target: Buffer,
  start: number,
): number {
  let put = start;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] as number;
    if (isControl(byte)) {
      put += target.write(controlEscape(byte), put, 'latin1');
      continue;
    }
    if (byte === quote || byte === backslash) {
      target[put] = backslash;
      put += 1;
    }
    target[put] = byte;
    put += 1;
  }
  return put;
}
