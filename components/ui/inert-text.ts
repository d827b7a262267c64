/** Text that strangers wrote, made harmless to look at: control characters and direction overrides are shown, not obeyed. Pure. */

/** C0 and C1 controls but tab and line feed; zero-width characters; direction embeddings, overrides and isolates; the BOM. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

export function inertText(text: string): string {
  return text.replace(hidden, character => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}

/** One line of at most `max` characters, blanks collapsed. */
export function oneLine(text: string, max = 300): string {
  const flat = inertText(text.replaceAll(/\s+/g, ' ').trim());
  return flat.length > max ? `${flat.slice(0, max)}…` : flat;
}
