/** Tags as people write them, one `key=value` per line. Pure. */

export const tagLines = (tags: Readonly<Record<string, string>>): string =>
  Object.entries(tags)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n');

/** The tags, or the first line that is none. */
export function parseTagLines(text: string): { tags: Record<string, string> } | { wrong: string } {
  const tags: Record<string, string> = {};
  for (const line of text.split('\n').map(each => each.trim())) {
    if (line === '') continue;
    const at = line.indexOf('=');
    const key = line.slice(0, at).trim();
    if (at < 1 || key === '' || Object.hasOwn(tags, key)) return { wrong: line };
    tags[key] = line.slice(at + 1).trim();
  }
  return { tags };
}
