/**
 * From a write to the read that counts its rows, by cutting the statement's own text at PostgreSQL's own tokens: nothing is
 * rewritten, and what does not look exactly as expected gives no query at all.
 */
import type { ScanToken } from 'libpg-query';
import { scanText } from '#core/sql/parse.ts';

/** Depth 0 is outside of every bracket of the statement. */
type Token = ScanToken & { depth: number; word: string };

const opening = new Set(['(', '[']);
const closing = new Set([')', ']']);
const comments = /COMMENT/;

/**
 * A SELECT with one row and one column, the number of rows that `text` (one UPDATE, DELETE or INSERT … SELECT) would touch; the
 * same parameters apply. Null when it cannot be told. `loadParser` must have resolved.
 */
export function countQuery(text: string): string | null {
  const tokens = tokensOf(text);
  if (!tokens) return null;
  const cut = new Cut(Buffer.from(text), tokens);
  const verb = mainVerb(tokens);
  if (verb === null) return null;
  const prefix = verb === 0 ? '' : cut.slice(0, verb);
  const body = bodyOf(cut, verb);
  return body === null ? null : `${prefix}${body}`;
}

/** Rows that `INSERT … VALUES` would insert, told by its text; null for everything else. `loadParser` must have resolved. */
export function valuesCount(text: string): number | null {
  const tokens = tokensOf(text)?.filter(token => token.depth === 0) ?? [];
  if (tokens[0]?.word !== 'insert') return null;
  const source = tokens.findIndex(({ word }) => sourceWords.has(word));
  const isValues = tokens[source]?.word === 'values' && tokens[source - 1]?.word !== 'default';
  if (!isValues) return null;
  const behind = tokens.slice(source + 1);
  const end = behind.findIndex(({ word }) => word === 'on' || word === 'returning');
  const list = end < 0 ? behind : behind.slice(0, end);
  // Brackets and commas alone: anything else is a query of another form.
  if (list.some(({ text: sign }) => sign !== '(' && sign !== ')' && sign !== ',')) return null;
  return list.filter(({ text: sign }) => sign === '(').length || null;
}

function tokensOf(text: string): Token[] | null {
  const scanned = scanText(text);
  if (!scanned) return null;
  let depth = 0;
  const tokens: Token[] = [];
  for (const token of scanned) {
    if (comments.test(token.tokenName)) continue;
    if (closing.has(token.text)) depth -= 1;
    // Only a keyword is a word here: a quoted or plain name that reads the same is none.
    const word = token.keywordKind > 0 && !token.text.startsWith('"') ? token.text.toLowerCase() : '';
    tokens.push({ ...token, depth, word });
    if (opening.has(token.text)) depth += 1;
  }
  const end = tokens.findIndex(token => token.text === ';' && token.depth === 0);
  if (end >= 0 && end < tokens.length - 1) return null;
  return end < 0 ? tokens : tokens.slice(0, end);
}

const verbs = new Set(['update', 'delete', 'insert']);

/** Where the statement proper begins, behind WITH; null when it is none of ours, or a part of WITH writes. */
function mainVerb(tokens: readonly Token[]): number | null {
  const first = tokens[0];
  if (!first) return null;
  if (verbs.has(first.word)) return 0;
  if (first.word !== 'with') return null;
  for (const [index, token] of tokens.entries()) {
    if (token.depth > 0 && opensWrite(tokens, index)) return null;
    if (token.depth === 0 && verbs.has(token.word) && tokens[index - 1]?.text === ')') return index;
  }
  return null;
}

/** `( UPDATE …`: a data-modifying part. Also takes `( update` as a function's first argument for one, which costs only the count. */
function opensWrite(tokens: readonly Token[], index: number): boolean {
  const word = tokens[index]?.word ?? '';
  return (verbs.has(word) || word === 'merge') && tokens[index - 1]?.text === '(';
}

function bodyOf(cut: Cut, verb: number): string | null {
  switch (cut.tokens[verb]?.word) {
    case 'update':
      return countUpdate(cut, verb + 1);
    case 'delete':
      return cut.word(verb + 1) === 'from' ? countDelete(cut, verb + 2) : null;
    case 'insert':
      return cut.word(verb + 1) === 'into' ? countInsert(cut, verb + 2) : null;
    default:
      return null;
  }
}

function countUpdate(cut: Cut, start: number): string | null {
  const set = cut.next(start, 'set');
  if (set === null) return null;
  const from = cut.nextFrom(set);
  const where = cut.next(from ?? set, 'where');
  const end = cut.next(where ?? from ?? set, 'returning') ?? cut.tokens.length;
  return counted(cut, { relation: [start, set], others: from === null ? null : [from + 1, where ?? end], where, end });
}

function countDelete(cut: Cut, start: number): string | null {
  const using = cut.next(start, 'using');
  const where = cut.next(using ?? start, 'where');
  const end = cut.next(where ?? using ?? start, 'returning') ?? cut.tokens.length;
  const others: Range | null = using === null ? null : [using + 1, where ?? end];
  return counted(cut, { relation: [start, using ?? where ?? end], others, where, end });
}

type Range = [from: number, to: number];
type Parts = { relation: Range; others: Range | null; where: number | null; end: number };

/** A row of the target counts once, however many rows of the others it meets. */
function counted(cut: Cut, { relation, others, where, end }: Parts): string | null {
  const target = cut.slice(...relation);
  if (target.trim() === '') return null;
  if (where !== null && cut.word(where + 1) === 'current' && cut.word(where + 2) === 'of') return null;
  const condition = where === null ? 'TRUE' : cut.slice(where + 1, end);
  const met = others === null ? condition : `EXISTS (SELECT 1 FROM ${cut.slice(...others)} WHERE ${condition})`;
  return `SELECT pg_catalog.count(*) FROM ${target} WHERE ${met}`;
}

const sourceWords = new Set(['select', 'with', 'values', 'table']);
const isSource = (cut: Cut, index: number): boolean =>
  sourceWords.has(cut.word(index)) && cut.word(index - 1) !== 'default';

function countInsert(cut: Cut, start: number): string | null {
  const source = cut.tokens.findIndex(
    (token, index) => index > start && token.depth === 0 && (isSource(cut, index) || isSourceBracket(cut, index)),
  );
  if (source < 0) return null;
  const conflict = cut.tokens.findIndex(
    (token, index) => index > source && token.depth === 0 && token.word === 'on' && cut.word(index + 1) === 'conflict',
  );
  const end = conflict >= 0 ? conflict : (cut.next(source, 'returning') ?? cut.tokens.length);
  return `SELECT pg_catalog.count(*) FROM (${cut.slice(source, end)}) AS weir_source`;
}

/** `INSERT INTO t (SELECT …)`: a bracket that begins a query, not a list of columns. */
function isSourceBracket(cut: Cut, index: number): boolean {
  return cut.tokens[index]?.text === '(' && sourceWords.has(cut.word(index + 1));
}

class Cut {
  constructor(
    private readonly bytes: Buffer,
    readonly tokens: readonly Token[],
  ) {}

  word(index: number): string {
    return this.tokens[index]?.word ?? '';
  }

  /** The first such keyword outside of brackets, after `from`. */
  next(from: number, word: string): number | null {
    const index = this.tokens.findIndex((token, at) => at > from && token.depth === 0 && token.word === word);
    return index < 0 ? null : index;
  }

  /** FROM as a clause: `IS DISTINCT FROM` is an operator. */
  nextFrom(from: number): number | null {
    const index = this.tokens.findIndex(
      (token, at) => at > from && token.depth === 0 && token.word === 'from' && this.word(at - 1) !== 'distinct',
    );
    return index < 0 ? null : index;
  }

  /** The text of these tokens, with a line end behind: a comment in it must not swallow what follows. */
  slice(from: number, to: number): string {
    const first = this.tokens[from];
    const last = this.tokens[to - 1];
    if (!first || !last || to <= from) return '';
    return `${this.bytes.toString('utf8', first.start, last.end)}\n`;
  }
}
