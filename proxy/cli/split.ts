/** Finds where statements end in what a person types: at a semicolon outside of quotes, comments and brackets of a body. */

export type Split = {
  /** Whole statements, with their semicolons. */
  statements: string[];
  /** What is left, to be continued. */
  rest: string;
  /** What the rest is inside of: a quote character, `$` or `*`; empty when nothing is open. */
  open: '' | "'" | '"' | '$' | '*' | '(';
};

/** Ends of what must be skipped, tried in order at each position. */
const skips: readonly { pattern: RegExp; open: Split['open'] }[] = [
  { pattern: /--[^\n]*(?:\n|$)/y, open: '' },
  { pattern: /[eE]'(?:[^'\\]|\\[\s\S]|'')*'/y, open: "'" },
  { pattern: /'(?:[^']|'')*'/y, open: "'" },
  { pattern: /"(?:[^"]|"")*"/y, open: '"' },
  { pattern: /\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[\s\S]*?\$\1\$/y, open: '$' },
];
const openers: readonly { pattern: RegExp; open: Split['open'] }[] = [
  { pattern: /'/y, open: "'" },
  { pattern: /"/y, open: '"' },
  { pattern: /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y, open: '$' },
  { pattern: /\/\*/y, open: '*' },
];
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;

export function splitStatements(text: string): Split {
  const statements: string[] = [];
  let start = 0;
  let depth = 0;
  for (let at = 0; at < text.length; ) {
    const skipped = skipFrom(text, at);
    if (skipped === null) return { statements, rest: text.slice(start), open: openerAt(text, at) };
    if (skipped > at) {
      at = skipped;
      continue;
    }
    const character = text[at];
    if (character === '(') depth += 1;
    if (character === ')') depth = Math.max(0, depth - 1);
    at += 1;
    if (character !== ';' || depth > 0) continue;
    statements.push(text.slice(start, at).trim());
    start = at;
  }
  return { statements: statements.filter(isSomething), rest: text.slice(start), open: depth > 0 ? '(' : '' };
}

/** Where a quote, comment or word that begins here ends; `at` when none does, null when it does not end. */
function skipFrom(text: string, at: number): number | null {
  if (text.startsWith('/*', at)) return commentEnd(text, at);
  for (const { pattern } of skips) {
    pattern.lastIndex = at;
    if (pattern.test(text)) return pattern.lastIndex;
  }
  for (const { pattern } of openers) {
    pattern.lastIndex = at;
    if (pattern.test(text)) return null;
  }
  if (beginsEscape(text, at)) return null;
  word.lastIndex = at;
  // A word is skipped whole: a dollar sign in it quotes nothing, and its last letter begins no quote.
  return word.test(text) ? word.lastIndex : at;
}

/** `E'`, in which a backslash protects a quote. One that ends was skipped before. */
const beginsEscape = (text: string, at: number): boolean => /^[eE]'/.test(text.slice(at, at + 2));

function openerAt(text: string, at: number): Split['open'] {
  if (beginsEscape(text, at)) return "'";
  return (
    openers.find(({ pattern }) => {
      pattern.lastIndex = at;
      return pattern.test(text);
    })?.open ?? ''
  );
}

/** Comments nest in SQL. */
function commentEnd(text: string, at: number): number | null {
  let depth = 0;
  for (let index = at; index < text.length; index += 1) {
    if (text.startsWith('/*', index)) {
      depth += 1;
      index += 1;
    } else if (text.startsWith('*/', index)) {
      depth -= 1;
      index += 1;
      if (depth === 0) return index + 1;
    }
  }
  return null;
}

const isSomething = (statement: string): boolean => statement !== ';' && statement !== '';
