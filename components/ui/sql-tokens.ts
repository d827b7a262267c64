/**
 * Splits SQL into runs of one colour for display. Not a parser: it decides nothing and never fails, and what it does not know is
 * plain. The text of all runs together is the text given. Pure.
 */

export type SqlTokenKind = 'keyword' | 'string' | 'number' | 'name' | 'comment' | 'function' | 'placeholder' | 'plain';
export type SqlToken = { kind: SqlTokenKind; text: string };

const keywords = new Set(
  `add all alter analyze and any array as asc begin between by call cascade case cast check collate column commit conflict
  constraint copy create cross current database declare default delete desc distinct do drop else end except execute exists
  explain false fetch filter for foreign from full function grant group having if ilike in index inner insert intersect into
  is join key lateral left like limit lock materialized merge natural not nothing null offset on or order outer over partition
  prepare primary procedure references refresh returning revoke right rollback row rows schema select set show similar some
  table temporary then to transaction trigger true truncate union unique update using vacuum values view when where window
  with work`.split(/\s+/),
);

const patterns: readonly (readonly [SqlTokenKind, RegExp])[] = [
  ['comment', /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y],
  ['string', /[eEbBxXnN]?'(?:[^']|'')*(?:'|$)|\$([A-Za-z_]\w*)?\$[\s\S]*?(?:\$\1\$|$)/y],
  ['placeholder', /\$\d+|:[a-z][a-z0-9_]*(?<!::[a-z0-9_]*)/y],
  ['name', /"(?:[^"]|"")*(?:"|$)/y],
  ['number', /\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/y],
  ['plain', /::|\s+/y],
];

const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;

function tokenAt(sql: string, at: number): SqlToken {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const match = pattern.exec(sql);
    if (match?.[0]) return { kind, text: match[0] };
  }
  word.lastIndex = at;
  const found = word.exec(sql)?.[0];
  if (!found) return { kind: 'plain', text: sql[at] ?? '' };
  if (keywords.has(found.toLowerCase())) return { kind: 'keyword', text: found };
  return { kind: sql[at + found.length] === '(' ? 'function' : 'name', text: found };
}

export function sqlTokens(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  let at = 0;
  while (at < sql.length) {
    const token = tokenAt(sql, at);
    const last = tokens.at(-1);
    if (last && last.kind === token.kind && token.kind === 'plain') last.text += token.text;
    else tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

/** The same runs, line by line; a comment or string over several lines keeps its colour on each. */
export function sqlLines(sql: string): SqlToken[][] {
  const lines: SqlToken[][] = [[]];
  for (const token of sqlTokens(sql.replaceAll('\r\n', '\n'))) {
    for (const [index, text] of token.text.split('\n').entries()) {
      if (index > 0) lines.push([]);
      if (text) lines.at(-1)?.push({ kind: token.kind, text });
    }
  }
  return lines;
}
