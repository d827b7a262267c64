/** Statement text without its literals: safe to store and show, equal for statements that differ in literals alone. */
import { hash } from 'node:crypto';

export type Normalized = { normalized: string; literals: readonly string[]; fingerprint: string };

export const unparsable = '<unparsable>';

/** Characters that go on an identifier: letters, digits, `_`, `$` and everything beyond ASCII (src/backend/parser/scan.l). */
const identifier = /[A-Za-z0-9_$\u0080-\uffff]+/y;
const lineComment = /--[^\n\r]*/y;
const number =
  /0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*(?:\.(?!\.)(?:\d(?:_?\d)*)?)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?/y;
const quotedText = /'(?:[^']|'')*'/y;
/** Bits have no way to write a quote. */
const quotedBits = /'[^']*'/y;
const escapedText = /'(?:[^'\\]|''|\\[\s\S])*'/y;
const quotedName = /"(?:[^"]|"")*"/y;
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const parameter = /\$\d+/y;

const match = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
};

/** End of a block comment, which may hold others; -1 when it is not closed. */
function commentEnd(text: string, at: number): number {
  let open = 0;
  for (let index = at; index < text.length - 1; index++) {
    const pair =
      text[index] === '/' && text[index + 1] === '*' ? 1 : text[index] === '*' && text[index + 1] === '/' ? -1 : 0;
    if (pair === 0) continue;
    open += pair;
    index++;
    if (open === 0) return index + 1;
  }
  return -1;
}

/** Start and end of one token, and what stands in for it; an empty text for white space and comments. */
type Token = { end: number; shown: string | null };

const literal = (end: number, shown: string): Token | null => (end < 0 ? null : { end, shown });
const asWritten = (end: number): Token | null => (end < 0 ? null : { end, shown: null });

/** Null where the text cannot be taken apart. */
function tokenAt(text: string, at: number): Token | null {
  const char = text[at] ?? '';
  const next = text[at + 1] ?? '';
  if (char === '-' && next === '-') return literal(match(lineComment, text, at), '');
  if (char === '/' && next === '*') return literal(commentEnd(text, at), '');
  if (char === "'") return literal(match(quotedText, text, at), ':text');
  if (char === '"') return asWritten(match(quotedName, text, at));
  if (char === '.' && next === '.') return asWritten(at + 2);
  if ((char >= '0' && char <= '9') || (char === '.' && next >= '0' && next <= '9')) return numberAt(text, at);
  if (char === '$') return dollarAt(text, at);
  return prefixed(text, at, char, next) ?? asWritten(Math.max(match(identifier, text, at), at + 1));
}

function numberAt(text: string, at: number): Token | null {
  const end = match(number, text, at);
  return literal(end, /^\d+$/.test(text.slice(at, end)) ? ':int' : ':number');
}

function dollarAt(text: string, at: number): Token | null {
  const tagEnd = match(dollarTag, text, at);
  if (tagEnd < 0) return asWritten(Math.max(match(parameter, text, at), at + 1));
  const tag = text.slice(at, tagEnd);
  const close = text.indexOf(tag, tagEnd);
  return close < 0 ? null : literal(close + tag.length, ':text');
}

/** `E'…'`, `B'…'`, `X'…'`, `U&'…'` and `U&"…"`. */
function prefixed(text: string, at: number, char: string, next: string): Token | null | undefined {
  if (next === "'") {
    if (char === 'e' || char === 'E') return literal(match(escapedText, text, at + 1), ':text') ?? broken;
    if ('bBxX'.includes(char)) return literal(match(quotedBits, text, at + 1), ':bits') ?? broken;
  }
  if (next === '&' && (char === 'u' || char === 'U')) {
    if (text[at + 2] === "'") return literal(match(quotedText, text, at + 2), ':text') ?? broken;
    if (text[at + 2] === '"') return asWritten(match(quotedName, text, at + 2)) ?? broken;
  }
  return undefined;
}

/** Ends before it starts. */
const broken: Token = { end: -1, shown: null };

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);
const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;

/** End of the name or keyword that starts here, where it is plainly one: most of a text is. Otherwise where it started. */
function wordEnd(text: string, at: number): number {
  if (!isLetter(text.charCodeAt(at))) return at;
  const next = text[at + 1];
  return next === "'" || next === '&' ? at : match(identifier, text, at);
}

/** Each of these is a token by itself, whatever stands beside it. */
const punctuation: ReadonlySet<number> = new Set([...'(),;[]=<>*+'].map(char => char.charCodeAt(0)));

/** Puts the tokens together with one space where there was any, and copies what stands like that already in one piece. */
class Shown {
  readonly #source: string;
  #text = '';
  #from = 0;
  #to = 0;
  #gap = false;

  constructor(source: string) {
    this.#source = source;
  }

  /** White space or a comment; at the beginning it leaves nothing. */
  gap(): void {
    this.#gap = this.#to > this.#from || this.#text !== '';
  }

  written(at: number, end: number): void {
    const goesOn = this.#to > this.#from && this.#isNext(at);
    if (!goesOn) {
      this.#space();
      this.#from = at;
    }
    this.#to = end;
    this.#gap = false;
  }

  instead(text: string): void {
    this.#space();
    this.#text += text;
    this.#gap = false;
  }

  get whole(): string {
    this.#flush();
    return this.#text;
  }

  #isNext(at: number): boolean {
    return this.#gap ? at === this.#to + 1 && this.#source.charCodeAt(this.#to) === 32 : at === this.#to;
  }

  #space(): void {
    this.#flush();
    if (this.#gap) this.#text += ' ';
  }

  #flush(): void {
    if (this.#to > this.#from) this.#text += this.#source.slice(this.#from, this.#to);
    this.#from = this.#to;
  }
}

export function normalize(text: string): Normalized {
  const literals: string[] = [];
  const shown = new Shown(text);
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (isSpace(code)) {
      at++;
      shown.gap();
      continue;
    }
    const end = punctuation.has(code) ? at + 1 : wordEnd(text, at);
    if (end > at) {
      shown.written(at, end);
      at = end;
      continue;
    }
    const token = tokenAt(text, at);
    if (token === null || token.end <= at) return sealed(`${unparsable} ${text.length}`, []);
    if (token.shown === '') shown.gap();
    else if (token.shown === null) shown.written(at, token.end);
    else {
      shown.instead(token.shown);
      literals.push(text.slice(at, token.end));
    }
    at = token.end;
  }
  return sealed(shown.whole, literals);
}

const sealed = (normalized: string, literals: readonly string[]): Normalized => ({
  normalized,
  literals,
  fingerprint: hash('sha256', normalized, 'hex'),
});
