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
const lineEnd = Buffer.from('}"}\n', 'latin1');
/** Room for punctuation and a sequence. */
const spareBytes = 64;
/** The most that UTF-8 takes for one UTF-16 unit. */
const bytesPerUnit = 3;

/** Members that every event has, as JSON and as they stand in a string of it; ASCII. */
export type Stamp = { plain: string; escaped: string };

type Parts = { stamp: Stamp; members: Members; tail: string };

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

  /** Appends the next event: its number, `stamp`, `members`, and `tail`: more members, or nothing. */
  write(parts: Parts): void {
    const { stamp, members, tail } = parts;
    const { seq, hash: prev } = this.#spool.next;
    const hash = this.#hash({ seq: seq + 1, prev }, parts);
    // Escaped as JSON escapes everything else; its quotation marks are written over.
    const escapedTail = tail === '' ? '' : JSON.stringify(tail);
    const bytesMax = stamp.escaped.length + members.escaped.length + escapedTail.length * bytesPerUnit;
    const start = this.#spool.reserve(this.#head.length + bytesMax + spareBytes);
    const { slab } = this.#spool;
    slab.set(this.#head, start);
    slab.write(prev, start + lineParts.prevAt, 'latin1');
    slab.write(hash, start + lineParts.hashAt, 'latin1');
    let at = start + this.#head.length;
    at += slab.write(`${seq + 1},${stamp.escaped},`, at, 'latin1');
    slab.set(members.escaped, at);
    at += members.escaped.length;
    if (escapedTail !== '') {
      const end = at + slab.write(escapedTail, at, 'utf8');
      slab[at] = comma;
      at = end - 1;
    }
    slab.set(lineEnd, at);
    this.#spool.appended(at + lineEnd.length - start, hash);
  }

  #hash({ seq, prev }: { seq: number; prev: string }, { stamp, members, tail }: Parts): string {
    const hashed = this.#roomFor(spareBytes + stamp.plain.length + members.plain.length + tail.length * bytesPerUnit);
    if (prev !== this.#prev) {
      hashed.write(prev, 0, 'latin1');
      this.#prev = prev;
    }
    let at = this.#numberAt;
    at += hashed.write(`${seq},${stamp.plain},`, at, 'latin1');
    hashed.set(members.plain, at);
    at += members.plain.length;
    if (tail !== '') {
      hashed[at] = comma;
      at += 1 + hashed.write(tail, at + 1, 'utf8');
    }
    hashed[at] = closingBrace;
    return chainHashOfBytes(hashed.subarray(0, at + 1));
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
