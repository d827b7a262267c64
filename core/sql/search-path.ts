/** The search_path setting as text and as its elements (SplitIdentifierString, src/backend/utils/adt/varlena.c). */

/** `"$user", public` → `['$user', 'public']`. Unquoted names are folded to lower case. */
export function splitSearchPath(value: string): string[] {
  const names: string[] = [];
  for (const match of value.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^",\s]+))\s*(?:,|$)/gy)) {
    names.push(match[1] === undefined ? (match[2] ?? '').toLowerCase() : match[1].replaceAll('""', '"'));
  }
  return names;
}

/** `['$user', 'public']` → `"$user", "public"`. */
export const joinSearchPath = (names: readonly string[]): string =>
  names.map(name => `"${name.replaceAll('"', '""')}"`).join(', ');
