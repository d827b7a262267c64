/** The search_path setting as text and as its elements (SplitIdentifierString, src/backend/utils/adt/varlena.c). */

/** Lists of identifiers, up to where one ends: quoted, or anything up to a separator or a space of the server's. */
const quoted = /"((?:[^"]|"")*)"/y;
const plain = { ',': /[^, \t\n\r\f]+/y, '.': /[^. \t\n\r\f]+/y } as const;
const spaces = /[ \t\n\r\f]*/y;

/** A vertical tab is a space since PostgreSQL 16, and a part of the name before. */
const ambiguous = '\v';

/** Only ASCII is folded: what else is upper case depends on nothing but the server. */
const folded = (name: string): string => name.replace(/[A-Z]+/g, letters => letters.toLowerCase());

const nameBytesMax = 63;

/** PostgreSQL cuts names where a character ends. */
function truncated(name: string): string {
  if (name.length * 3 <= nameBytesMax) return name;
  let bytes = 0;
  let end = 0;
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > nameBytesMax) break;
    end += character.length;
  }
  return name.slice(0, end);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Null where the server would not take it. Unquoted names are folded to lower case. */
export function splitIdentifiers(text: string, separator: keyof typeof plain): string[] | null {
  if (text.includes(ambiguous)) return null;
  const names: string[] = [];
  const skip = (from: number): number => from + (matchAt(spaces, text, from)?.[0].length ?? 0);
  let at = skip(0);
  if (at === text.length) return names;
  for (;;) {
    const isQuoted = text[at] === '"';
    const match = matchAt(isQuoted ? quoted : plain[separator], text, at);
    if (match === null) return null;
    names.push(truncated(isQuoted ? (match[1] ?? '').replaceAll('""', '"') : folded(match[0])));
    at = skip(at + match[0].length);
    if (at === text.length) return names;
    if (text[at] !== separator) return null;
    at = skip(at + 1);
  }
}

/** `"$user", public` → `['$user', 'public']`. Nothing is found along a path that cannot be read. */
export const splitSearchPath = (value: string): string[] => splitIdentifiers(value, ',') ?? [];

/** `['$user', 'public']` → `"$user", "public"`. */
export const joinSearchPath = (names: readonly string[]): string =>
  names.map(name => `"${name.replaceAll('"', '""')}"`).join(', ');
