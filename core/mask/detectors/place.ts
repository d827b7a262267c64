/** Where in JSON or XML a find stands: what may be put in its place there. Asked in ascending order, the text is read once. */
import type { Text } from './bytes.ts';

const quote = 0x22;
const apostrophe = 0x27;
const backslash = 0x5c;

export type Place =
  /** In a text, where any character may stand. */
  | 'text'
  /** A number of JSON. */
  | 'number'
  /** Part of the markup itself. */
  | 'markup';

export class JsonPlaces {
  #at: number;
  #isInString = false;
  readonly #text: Text;

  constructor(text: Text) {
    this.#text = text;
    this.#at = text.start;
  }

  of(position: number): Place {
    const { bytes } = this.#text;
    while (this.#at < position) {
      const byte = bytes[this.#at];
      if (byte === quote) this.#isInString = !this.#isInString;
      this.#at += byte === backslash && this.#isInString ? 2 : 1;
    }
    return this.#isInString ? 'text' : 'number';
  }
}

type State = 'content' | 'tag' | 'comment' | 'cdata';

const opens: readonly (readonly [string, State])[] = [
  ['<!--', 'comment'],
  ['<![CDATA[', 'cdata'],
  ['<', 'tag'],
];
const closes: Readonly<Record<Exclude<State, 'content'>, string>> = { comment: '-->', cdata: ']]>', tag: '>' };

export class XmlPlaces {
  #at: number;
  #state: State = 'content';
  /** The quote around an attribute's value, 0 outside. */
  #quote = 0;
  readonly #text: Text;

  constructor(text: Text) {
    this.#text = text;
    this.#at = text.start;
  }

  of(position: number): Place {
    while (this.#at < position) this.#at += this.#step();
    return this.#state === 'tag' && this.#quote === 0 ? 'markup' : 'text';
  }

  /** How many bytes were read. */
  #step(): number {
    const byte = this.#text.bytes[this.#at] as number;
    if (this.#state === 'content') {
      if (byte !== 0x3c) return 1;
      const found = opens.find(([word]) => this.#has(word)) ?? opens[2];
      this.#state = found?.[1] ?? 'tag';
      return found?.[0].length ?? 1;
    }
    if (this.#state === 'tag' && (byte === quote || byte === apostrophe)) {
      if (this.#quote === 0) this.#quote = byte;
      else if (this.#quote === byte) this.#quote = 0;
      return 1;
    }
    const close = closes[this.#state];
    if (this.#quote !== 0 || !this.#has(close)) return 1;
    this.#state = 'content';
    return close.length;
  }

  #has(word: string): boolean {
    if (this.#at + word.length > this.#text.end) return false;
    for (let index = 0; index < word.length; index += 1) {
      if (this.#text.bytes[this.#at + index] !== word.charCodeAt(index)) return false;
    }
    return true;
  }
}
