/** Small readers for the lists of String nodes that carry names in the parse tree. */
import type { Pg } from './parse.ts';

export const stringOf = (node: Pg.Node | undefined): string =>
  node !== undefined && 'String' in node ? (node.String.sval ?? '') : '';

export const stringsOf = (nodes: readonly Pg.Node[] | undefined): string[] => (nodes ?? []).map(stringOf);

/** The last part as name, the one before as schema. */
export function qualified(names: readonly string[]): { schema: string | null; name: string } {
  const name = names[names.length - 1] ?? '';
  return { schema: names.length > 1 ? (names[names.length - 2] ?? null) : null, name };
}

/** For messages: as PostgreSQL joins qualified names. */
export const dotted = (names: readonly string[]): string => names.join('.');
