/** The one file that talks to libpg-query: PostgreSQL's own grammar, tokens and PL/pgSQL parser, behind size and depth caps. */
import { loadModule, parsePlPgSQLSync, parseSync, SqlError, scanSync } from 'libpg-query';
import type { Refusal } from './analysis.ts';
import { guardText, type TextLimits } from './guard.ts';

export type * as Pg from 'libpg-query';

import type { Node, RawStmt, ScanToken } from 'libpg-query';

/** Resolves when the grammar is ready; every other function here needs it. */
export const loadParser: () => Promise<void> = loadModule;

export type ParsedText = { ok: true; statements: RawStmt[] } | { ok: false; refusal: Refusal };

/**
 * Anything but an SQL error from the parser means its instance can no longer be trusted: the process that holds it must end.
 * (An exhausted instance reports `out of memory` as if it were an SQL error.)
 */
export class ParserFailure extends Error {
  override name = 'ParserFailure';
}

const poisoned = /out of memory|memory allocation|stack depth|memory exhausted|invalid memory/i;

const guarded = <T>(run: () => T): T | SqlError => {
  try {
    return run();
  } catch (error) {
    if (error instanceof SqlError && !poisoned.test(error.message)) return error;
    throw new ParserFailure(error instanceof Error ? error.message : 'parser failure');
  }
};

/** Whether nothing but white space, comments and semicolons is in the text: PostgreSQL answers EmptyQueryResponse. */
const isBlank = (text: string): boolean => text.trim() === '';

export function parseText(text: string, limits: TextLimits): ParsedText {
  const refusal = guardText(text, limits);
  if (refusal) return { ok: false, refusal };
  if (isBlank(text)) return { ok: true, statements: [] };
  const result = guarded(() => parseSync(text));
  if (result instanceof SqlError) {
    const at = result.sqlDetails?.cursorPosition;
    const position = at === undefined || at < 0 ? null : at + 1;
    return { ok: false, refusal: { code: 'syntax_error', construct: 'syntax', message: result.message, position } };
  }
  return { ok: true, statements: result.stmts ?? [] };
}

/** Failures of the WebAssembly instance itself, as opposed to what it says about the text. */
const isBroken = (error: unknown): boolean =>
  error instanceof RangeError ||
  error instanceof WebAssembly.RuntimeError ||
  (error instanceof Error && poisoned.test(error.message));

/** Null when the text is not what the parser accepts; `ParserFailure` when the parser broke. */
const orNull = <T>(run: () => T): T | null => {
  try {
    return run();
  } catch (error) {
    if (isBroken(error)) throw new ParserFailure(error instanceof Error ? error.message : 'parser failure');
    return null;
  }
};

/** Tokens with byte offsets, or null when the scanner rejects the text. */
export const scanText = (text: string): ScanToken[] | null =>
  text === '' ? [] : orNull(() => scanSync(text).tokens as ScanToken[]);

/** The PL/pgSQL parser's functions for a CREATE FUNCTION or DO text; null when it does not parse. */
export const parsePlpgsql = (text: string): unknown[] | null =>
  orNull(() => (parsePlPgSQLSync(text) as { plpgsql_funcs?: unknown[] }).plpgsql_funcs ?? []);

/** The tag and body of a node: `{ SelectStmt: {...} }` → `['SelectStmt', {...}]`. */
export function tagOf(node: Node): string {
  for (const tag in node) return tag;
  return '';
}
