/** Statement text without its literals: safe to store and show, equal for statements that differ in literals alone. */
import { createHash } from 'node:crypto';
import { scanText } from './parse.ts';

export type Normalized = { normalized: string; literals: readonly string[]; fingerprint: string };

const comments: ReadonlySet<string> = new Set(['SQL_COMMENT', 'C_COMMENT']);

/** What stands in for a literal, told by how the token is written: the scanner does not name all kinds of them. */
function placeholderOf(token: string): string | null {
  const first = token[0] ?? '';
  if (first >= '0' && first <= '9') return /^\d+$/.test(token) ? ':int' : ':number';
  if (first === '.' && token.length > 1 && token !== '..') return ':number';
  if (first === '$') return /^\$\d+$/.test(token) ? null : ':text';
  if (first === "'" || /^(?:[en]|u&)'/i.test(token)) return ':text';
  return /^[bx]'/i.test(token) ? ':bits' : null;
}

export const unparsable = '<unparsable>';

export function normalize(text: string): Normalized {
  const tokens = scanText(text);
  if (!tokens) return sealed(`${unparsable} ${text.length}`, []);
  const bytes = hasWide(text) ? Buffer.from(text, 'utf8') : null;
  const slice = (start: number, end: number): string =>
    bytes ? bytes.toString('utf8', start, end) : text.slice(start, end);
  const parts: string[] = [];
  const literals: string[] = [];
  let end = 0;
  for (const token of tokens) {
    // Comments may hold anything, so they are left out.
    if (comments.has(token.tokenName)) {
      end = token.end;
      continue;
    }
    const gap = token.start > end || parts.length === 0 ? ' ' : '';
    if (parts.length > 0 && (gap !== '' || slice(token.start - 1, token.start).trim() === '')) parts.push(' ');
    const written = slice(token.start, token.end);
    const placeholder = placeholderOf(written);
    parts.push(placeholder ?? written);
    if (placeholder !== null) literals.push(written);
    end = token.end;
  }
  return sealed(parts.join(''), literals);
}

const hasWide = (text: string): boolean => {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) return true;
  return false;
};

const sealed = (normalized: string, literals: readonly string[]): Normalized => ({
  normalized,
  literals,
  fingerprint: createHash('sha256').update(normalized).digest('hex'),
});
