/** Masks the text format of COPY OUT. */
import { DelimitedCopy, newline } from './copy-delimited.ts';
import type { CopyFormat } from './copy-machine.ts';
import type { ByteSink } from './sink.ts';
import { nextStop } from './stops.ts';
import type { CellWriter } from './writer.ts';

const backslash = 0x5c;

/** The characters behind a backslash, and what they stand for. */
const escapes: readonly (readonly [number, number])[] = [
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x76, 0x0b],
];
const unescaped = new Map(escapes);
const escaped = new Map(escapes.map(([letter, value]) => [value, letter]));

export class TextCopy extends DelimitedCopy {
  #isEscaped = false;
  /** 1 for bytes that mean something. */
  readonly #stops = new Uint8Array(256);
  /** 1 for bytes that are written with a backslash before them, or before what stands for them. */
  readonly #escapable = new Uint8Array(256);

  constructor(writers: readonly (CellWriter | null)[], format: CopyFormat) {
    super(writers, format);
    for (const byte of [newline, backslash, this.delimiter]) this.#stops[byte] = 1;
    for (const byte of [...unescaped.values(), backslash, this.delimiter]) this.#escapable[byte] = 1;
  }

  protected override fieldEnd(chunk: Uint8Array, from: number, end: number): number {
    const stops = this.#stops;
    let at = from;
    if (this.#isEscaped && at < end) {
      this.#isEscaped = false;
      at += 1;
    }
    for (;;) {
      at = nextStop(chunk, at, end, stops);
      if (at >= end || chunk[at] !== backslash) return Math.min(at, end);
      this.isEncoded = true;
      this.#isEscaped = at + 1 >= end;
      at += 2;
    }
  }

  /** What the server itself escapes is no value: `\N` above all. */
  protected override mayBeValue(nullText: string): boolean {
    for (let index = 0; index < nullText.length; index += 1) {
      const code = nullText.charCodeAt(index);
      if (code === this.delimiter || [...unescaped.values()].includes(code)) return false;
      if (code !== backslash) continue;
      index += 1;
      const behind = nullText.charCodeAt(index);
      if (behind !== backslash && behind !== this.delimiter && !unescaped.has(behind)) return false;
    }
    return true;
  }

  protected override decode({ bytes, length }: ByteSink): void {
    this.plain.clear();
    this.plain.reserve(length);
    for (let index = 0; index < length; index += 1) {
      const byte = bytes[index] ?? 0;
      if (byte !== backslash || index + 1 >= length) {
        this.plain.byte(byte);
        continue;
      }
      index += 1;
      const behind = bytes[index] ?? 0;
      this.plain.byte(unescaped.get(behind) ?? behind);
    }
  }

  protected override encode({ bytes, length }: ByteSink, out: ByteSink): void {
    const escapable = this.#escapable;
    let from = 0;
    for (let at = nextStop(bytes, 0, length, escapable); at < length; at = nextStop(bytes, from, length, escapable)) {
      const byte = bytes[at] as number;
      out.append(bytes, from, at);
      out.byte(backslash);
      out.byte(byte === this.delimiter ? byte : (escaped.get(byte) ?? byte));
      from = at + 1;
    }
    out.append(bytes, from, length);
  }
}
