/** Texts inside texts: escapes of JSON, XML and arrays undone, with the way back to where each byte came from. */
import type { Text } from './bytes.ts';

export type Layer = 'json' | 'xml' | 'array';

const backslash = 0x5c;
const ampersand = 0x26;
const semicolon = 0x3b;
const keptBytesMax = 64 * 1024;
/** `&#x10FFFF;` */
const referenceMax = 12;

const jsonEscapes: ReadonlyMap<number, number> = new Map([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
]);
const entities: ReadonlyMap<string, number> = new Map([
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['amp', 0x26],
  ['quot', 0x22],
  ['apos', 0x27],
]);

const introOf = (layer: Layer): number => (layer === 'xml' ? ampersand : backslash);

/** Whether anything is escaped; otherwise the text can be read as it stands. */
export function isEscaped({ bytes, start, end }: Text, layer: Layer): boolean {
  const intro = introOf(layer);
  for (let at = start; at < end; at += 1) if (bytes[at] === intro) return true;
  return false;
}

/** The text without its escapes. Reused: valid until the next `read`. */
export class Unescaped {
  readonly text: Text = { bytes: Buffer.alloc(256), start: 0, end: 0 };
  /** From position `at` here on, up to the next one, bytes come from `from` on there. */
  #at: number[] = [];
  #from: number[] = [];
  #cursor = 0;

  read(source: Text, layer: Layer): void {
    const { bytes, start, end } = source;
    const intro = introOf(layer);
    if (this.text.bytes.length < end - start) this.text.bytes = Buffer.alloc(end - start);
    this.#at = [0];
    this.#from = [start];
    this.#cursor = 0;
    this.text.end = 0;
    for (let at = start; at < end; ) {
      const next = bytes[at] === intro ? this.#escape(source, at, layer) : 0;
      if (next > 0) {
        this.#at.push(this.text.end);
        this.#from.push(next);
        at = next;
      } else {
        this.#put(bytes[at] as number);
        at += 1;
      }
    }
  }

  /** A buffer that one large value has blown up is let go. */
  release(): void {
    if (this.text.bytes.length > keptBytesMax) this.text.bytes = Buffer.alloc(256);
    if (this.#at.length > keptBytesMax) this.#at = this.#from = [];
  }

  /** Where a position came from. Asked in ascending order it is found at once. */
  origin(position: number): number {
    if ((this.#at[this.#cursor] as number) > position) this.#cursor = 0;
    while ((this.#at[this.#cursor + 1] ?? Number.POSITIVE_INFINITY) <= position) this.#cursor += 1;
    return (this.#from[this.#cursor] as number) + position - (this.#at[this.#cursor] as number);
  }

  #put(byte: number): void {
    this.text.bytes[this.text.end] = byte;
    this.text.end += 1;
  }

  /** An escape is never shorter than the UTF-8 of what it stands for. */
  #character(code: number): void {
    if (code < 0x80) this.#put(code);
    else if (code < 0x800) {
      this.#put(0xc0 | (code >> 6));
      this.#put(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
      this.#put(0xe0 | (code >> 12));
      this.#put(0x80 | ((code >> 6) & 0x3f));
      this.#put(0x80 | (code & 0x3f));
    } else {
      this.#put(0xf0 | (code >> 18));
      this.#put(0x80 | ((code >> 12) & 0x3f));
      this.#put(0x80 | ((code >> 6) & 0x3f));
      this.#put(0x80 | (code & 0x3f));
    }
  }

  /** Undoes the escape at `at`; where it ends, 0 when it is none. */
  #escape(source: Text, at: number, layer: Layer): number {
    if (layer === 'xml') return this.#reference(source, at);
    if (at + 1 >= source.end) return 0;
    const letter = source.bytes[at + 1] as number;
    if (layer === 'json' && letter === 0x75) return this.#codeUnit(source, at);
    this.#put(layer === 'json' ? (jsonEscapes.get(letter) ?? letter) : letter);
    return at + 2;
  }

  #codeUnit(source: Text, at: number): number {
    const unit = hexAt(source, at + 2);
    if (unit < 0) return 0;
    const isHigh = unit >= 0xd800 && unit < 0xdc00;
    const low =
      isHigh && source.bytes[at + 6] === backslash && source.bytes[at + 7] === 0x75 ? hexAt(source, at + 8) : -1;
    if (low < 0xdc00 || low > 0xdfff) {
      this.#character(unit);
      return at + 6;
    }
    this.#character(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
    return at + 12;
  }

  #reference({ bytes, end }: Text, at: number): number {
    let close = at + 1;
    let name = '';
    while (close < end && close - at < referenceMax && bytes[close] !== semicolon) {
      name += String.fromCharCode(bytes[close] as number);
      close += 1;
    }
    if (close >= end || bytes[close] !== semicolon) return 0;
    const code = entities.get(name) ?? codeOf(name);
    if (code === null) return 0;
    this.#character(code);
    return close + 1;
  }
}

function codeOf(name: string): number | null {
  const number = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
  if (number === null) return null;
  const code = number[1] === undefined ? Number(number[2]) : Number.parseInt(number[1], 16);
  return code > 0 && code <= 0x10ffff ? code : null;
}

function hexAt({ bytes, end }: Text, at: number): number {
  if (at + 4 > end) return -1;
  let value = 0;
  for (let index = 0; index < 4; index += 1) {
    const byte = bytes[at + index] as number;
    const digit = byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
    if (digit < 0 || digit > 15 || (byte > 0x39 && digit < 10)) return -1;
    value = value * 16 + digit;
  }
  return value;
}
