/**
 * What is refused before the grammar sees it: size, NUL, broken Unicode, and nesting. A recursive parser can be made to
 * overflow its stack by twenty kilobytes of `1+1+…`; one linear pass over the text estimates how deep its tree will be.
 */
import type { Refusal } from './analysis.ts';

export type TextLimits = { bytesMax: number; depthMax: number };
export const defaultTextLimits: TextLimits = { bytesMax: 256 * 1024, depthMax: 500 };

const refuse = (code: Refusal['code'], construct: string, message: string): Refusal => ({
  code,
  construct,
  message,
  position: null,
});

export function guardText(text: string, limits: TextLimits): Refusal | null {
  if (text.length > limits.bytesMax) return tooLarge(limits);
  // No valid UTF-8 decodes to a lone surrogate.
  if (!text.isWellFormed()) return refuse('encoding', 'text', 'the statement is not valid UTF-8');
  if (Buffer.byteLength(text, 'utf8') > limits.bytesMax) return tooLarge(limits);
  if (text.includes('\0')) return refuse('encoding', 'NUL', 'the statement contains a NUL character');
  const depth = depthOf(text, limits.depthMax);
  if (depth > limits.depthMax)
    return refuse('too_deep', 'nesting', `the statement is nested more than ${limits.depthMax} levels deep`);
  return null;
}

const tooLarge = (limits: TextLimits): Refusal =>
  refuse('too_large', 'text', `the statement is longer than ${limits.bytesMax} bytes`);

type Word = 'separator' | 'operator' | 'structure' | 'case' | 'end';

const wordsOf = (kind: Word, text: string): [string, Word][] => text.split(' ').map(word => [word, kind]);

const words: ReadonlyMap<string, Word> = new Map([
  // After these an expression starts afresh beside the previous one, not inside it.
  ...wordsOf(
    'separator',
    'and or select from where on when then else set by having limit offset values using returning into window fetch',
  ),
  // These put what stands before them one level deeper.
  ...wordsOf('operator', 'not is isnull notnull like ilike similar in between collate at overlaps'),
  // Chains of these are not ended by `select` or `on`.
  ...wordsOf('structure', 'union intersect except join'),
  ['case', 'case'],
  ['end', 'end'],
]);

const longestWord = Math.max(...[...words.keys()].map(word => word.length));

/** Most names in a text are of no length that a word with their first letter has: those are not looked up. */
const lengthsByLetter = new Uint16Array(128);
for (const word of words.keys())
  for (const letter of [word, word.toUpperCase()]) {
    const code = letter.charCodeAt(0);
    lengthsByLetter[code] = (lengthsByLetter[code] ?? 0) | (1 << word.length);
  }

type Level = { closes: ')' | ']' | 'end'; chain: number; structure: number };

class Depth {
  private readonly levels: Level[] = [{ closes: 'end', chain: 0, structure: 0 }];
  private current = 0;
  deepest = 0;

  private get top(): Level {
    return this.levels[this.levels.length - 1] ?? { closes: 'end', chain: 0, structure: 0 };
  }

  private grow(by: number): void {
    this.current += by;
    if (this.current > this.deepest) this.deepest = this.current;
  }

  open(closes: Level['closes']): void {
    this.levels.push({ closes, chain: 0, structure: 0 });
    this.grow(1);
  }

  close(closes: Level['closes']): void {
    while (this.levels.length > 1) {
      const level = this.top;
      if (closes === 'end' && level.closes !== 'end') return;
      this.levels.pop();
      this.current -= 1 + level.chain + level.structure;
      if (level.closes === closes) return;
    }
  }

  operator(): void {
    this.top.chain++;
    this.grow(1);
  }

  structure(): void {
    this.top.structure++;
    this.grow(1);
  }

  separate(): void {
    this.current -= this.top.chain;
    this.top.chain = 0;
  }

  statement(): void {
    this.separate();
    this.current -= this.top.structure;
    this.top.structure = 0;
  }
}

const isWord = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95 || code >= 128;

/** Deepest estimated nesting; stops early once `max` is passed. */
function depthOf(text: string, max: number): number {
  const depth = new Depth();
  for (let index = 0; index < text.length && depth.deepest <= max; ) {
    const code = text.charCodeAt(index);
    if (code === 32 || code === 10) index++;
    else if (isWord(code)) index = wordAt(text, index, depth);
    else index = otherAt(text, index, depth);
  }
  return depth.deepest;
}

function wordAt(text: string, start: number, depth: Depth): number {
  let end = start + 1;
  while (end < text.length && (isWord(text.charCodeAt(end)) || text.charCodeAt(end) === 36)) end++;
  const length = end - start;
  if (length === 1 && text[end] === "'" && (text[start] === 'e' || text[start] === 'E')) return quoted(text, end, true);
  if (length > longestWord || ((lengthsByLetter[text.charCodeAt(start)] ?? 0) & (1 << length)) === 0) return end;
  switch (words.get(text.slice(start, end).toLowerCase())) {
    case 'case':
      depth.open('end');
      break;
    case 'end':
      depth.close('end');
      break;
    case 'structure':
      depth.structure();
      break;
    case 'operator':
      depth.operator();
      break;
    case 'separator':
      depth.separate();
      break;
    default:
  }
  return end;
}

function otherAt(text: string, index: number, depth: Depth): number {
  const char = text[index];
  const next = text[index + 1];
  if (char === '-' && next === '-') return lineEnd(text, index);
  if (char === '/' && next === '*') return blockEnd(text, index);
  switch (char) {
    case "'":
      return quoted(text, index, false);
    case '"':
      return quoted(text, index, false);
    case '$':
      return dollarQuoted(text, index);
    case '(':
      depth.open(')');
      break;
    case '[':
      depth.open(']');
      break;
    case ')':
    case ']':
      depth.close(char);
      break;
    case ',':
      depth.separate();
      break;
    case ';':
      depth.statement();
      break;
    default:
      if (char !== undefined && '+-*/<>=~!@#%^&|`?:'.includes(char)) depth.operator();
  }
  return index + 1;
}

function lineEnd(text: string, index: number): number {
  for (let at = index; at < text.length; at++) if (text[at] === '\n' || text[at] === '\r') return at;
  return text.length;
}

/** Comments nest in PostgreSQL. */
function blockEnd(text: string, index: number): number {
  let open = 0;
  for (let at = index; at < text.length; at++) {
    if (text[at] === '/' && text[at + 1] === '*') {
      open++;
      at++;
    } else if (text[at] === '*' && text[at + 1] === '/') {
      open--;
      at++;
      if (open === 0) return at + 1;
    }
  }
  return text.length;
}

function quoted(text: string, index: number, escapes: boolean): number {
  const quote = text[index];
  for (let at = index + 1; at < text.length; at++) {
    if (escapes && text[at] === '\\') at++;
    else if (text[at] === quote) {
      if (text[at + 1] === quote) at++;
      else return at + 1;
    }
  }
  return text.length;
}

const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;

function dollarQuoted(text: string, index: number): number {
  dollarTag.lastIndex = index;
  const tag = dollarTag.exec(text)?.[0];
  if (tag === undefined) return index + 1;
  const end = text.indexOf(tag, index + tag.length);
  return end < 0 ? text.length : end + tag.length;
}
