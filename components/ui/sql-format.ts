/**
 * Lays a statement out over several lines, one per clause, for reading. Only blanks between tokens change: what is compared,
 * hashed and copied is the text as recorded. Pure.
 */
import { type SqlToken, sqlTokens } from './sql-tokens.ts';

/** Keywords that begin a line of their own, at the depth of their parentheses. */
const clauses = new Set([
  'from',
  'where',
  'group',
  'having',
  'order',
  'limit',
  'offset',
  'returning',
  'set',
  'values',
  'union',
  'intersect',
  'except',
  'window',
  'using',
]);
/** These begin a line together with the join they qualify. */
const joinWords = new Set(['join', 'left', 'right', 'full', 'inner', 'cross', 'natural', 'lateral', 'outer']);
/** `select … for update` and `with … as (select` begin lines; after these words a keyword is part of what is under way. */
const binding = new Set([
  'distinct',
  'on',
  'conflict',
  'do',
  'delete',
  'update',
  'insert',
  'is',
  'not',
  'for',
  'within',
  'with',
]);

const indentWidth = 2;

type Place = {
  /** The token before, in lower case. */
  before: string;
  /** Open parentheses. */
  depth: number;
  /** The `and` to come belongs to a `between`. */
  isBetween: boolean;
};

const isBlank = (token: SqlToken): boolean => token.kind === 'plain' && token.text.trim() === '';

/** Splits runs of signs into single characters, so that parentheses and commas are tokens. */
const singleSigns = (tokens: readonly SqlToken[]): SqlToken[] =>
  tokens.flatMap(token =>
    token.kind === 'plain'
      ? (token.text.match(/\s+|::|\S/g) ?? []).map(text => ({ kind: 'plain' as const, text }))
      : [token],
  );

function beginsLine(token: SqlToken, { before, depth, isBetween }: Place): boolean {
  if (token.kind !== 'keyword') return false;
  const word = token.text.toLowerCase();
  if (joinWords.has(word)) return !joinWords.has(before) && !binding.has(before);
  if (word === 'and' || word === 'or') return depth === 0 && !isBetween;
  if (word === 'select') return before !== '' && before !== '(';
  return clauses.has(word) && !binding.has(before) && before !== '(' && before !== '';
}

/** The text unchanged where it has lines already, or is short enough for one. */
export function formatSql(sql: string, widthMax = 72): string {
  if (sql.includes('\n') || sql.length <= widthMax) return sql;
  const place: Place = { before: '', depth: 0, isBetween: false };
  let text = '';
  let hasBlank = false;
  for (const token of singleSigns(sqlTokens(sql))) {
    if (isBlank(token)) {
      hasBlank = true;
      continue;
    }
    const word = token.text.toLowerCase();
    if (word === ')') place.depth = Math.max(0, place.depth - 1);
    const indent = place.depth + (word === 'and' || word === 'or' ? 1 : 0);
    if (hasBlank && beginsLine(token, place)) text += `\n${' '.repeat(indent * indentWidth)}`;
    else if (hasBlank && text !== '') text += ' ';
    text += token.text;
    if (word === '(') place.depth += 1;
    if (word === 'between' || word === 'and') place.isBetween = word === 'between';
    // After a line comment nothing may follow on its line.
    if (token.kind === 'comment' && token.text.startsWith('--')) return sql;
    place.before = word;
    hasBlank = false;
  }
  return text;
}
