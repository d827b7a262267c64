/** Text that strangers wrote, made harmless to look at: control characters and direction overrides are shown, not obeyed. Pure. */

/**
 * C0 and C1 controls but tab and line feed; characters without width or ink, also fillers and tags; separators of lines and
 * paragraphs; direction embeddings, overrides and isolates; the BOM.
 */
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]|\u034f|\u17b4|\u17b5/gu;

const escaped = (code: number): string =>
  code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;

export function inertText(text: string): string {
  return text.replace(hidden, character => escaped(character.codePointAt(0) ?? 0));
}

/** One line of at most `max` characters, blanks collapsed. */
export function oneLine(text: string, max = 300): string {
  const flat = inertText(text.replaceAll(/\s+/g, ' ').trim());
  return flat.length > max ? `${flat.slice(0, max)}…` : flat;
}
