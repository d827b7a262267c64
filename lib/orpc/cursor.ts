/** Opaque cursors for keyset paging: the sort key of the last row, as base64url JSON. */
import 'server-only';
import { type SQL, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { AppError } from './error.ts';

export const encodeCursor = (key: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url');

/** The key a cursor stands for; `shape` is what the list sorts by, because cursors come from strangers. */
export function decodeCursor<T>(cursor: string | undefined, shape: z.ZodType<T>): T | null {
  if (cursor === undefined || cursor === '') return null;
  try {
    return shape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw new AppError('invalid_input', 'the cursor is not one of this list');
  }
}

/** Cuts what was read with `limit + 1` to a page. */
export function pageOf<T>(rows: readonly T[], limit: number, keyOf: (row: T) => readonly (string | number)[]) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}

/** `column ILIKE '%text%'` with the text taken literally. */
export const contains = (column: SQL | { getSQL(): SQL }, text: string): SQL =>
  sql`${column} ilike ${`%${text.replaceAll(/[\\%_]/g, match => `\\${match}`)}%`}`;
