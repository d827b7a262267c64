/** Classes of bytes that scanners ask about, as tables. */

export const charClass = {
  digit: 1,
  upper: 2,
  lower: 4,
  /** `-` and `_`, with which base64url and names go on. */
  dash: 8,
  /** What may stand between groups of digits: blank, dash, dot. */
  separator: 16,
} as const;

const { digit, upper, lower, dash, separator } = charClass;
export const alnum = digit | upper | lower;
/** Part of a base64url text. */
export const base64url = alnum | dash;

export const classes = new Uint8Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  if (byte >= 0x30 && byte <= 0x39) classes[byte] = digit;
  else if (byte >= 0x41 && byte <= 0x5a) classes[byte] = upper;
  else if (byte >= 0x61 && byte <= 0x7a) classes[byte] = lower;
  else if (byte === 0x2d || byte === 0x5f) classes[byte] = dash;
}
for (const byte of [0x20, 0x2d, 0x2e]) classes[byte] = (classes[byte] as number) | separator;

/** The text that is scanned: `bytes[start, end)`. Positions are those of `bytes`. */
export type Text = { bytes: Uint8Array; start: number; end: number };

/** The byte at a position, 0 outside of the text. */
export const byteAt = ({ bytes, start, end }: Text, at: number): number =>
  at >= start && at < end ? (bytes[at] as number) : 0;

export const isClass = (text: Text, at: number, wanted: number): boolean =>
  ((classes[byteAt(text, at)] as number) & wanted) !== 0;

const backslash = 0x5c;
const escapeLetters = new Set([0x6e, 0x72, 0x74, 0x62, 0x66, 0x76]);

/**
 * Whether a word goes on before `at`. The letter of an escape such as `\n` is none: it stands for a break, in JSON and in texts
 * that hold source code.
 */
export function isWordBefore(text: Text, at: number, wanted: number = alnum): boolean {
  if (!isClass(text, at - 1, wanted)) return false;
  return !(escapeLetters.has(byteAt(text, at - 1)) && byteAt(text, at - 2) === backslash);
}

/** End of the run of bytes of these classes from `at`, at most `max` of them. */
export function runEnd(text: Text, at: number, { wanted, max }: { wanted: number; max: number }): number {
  const limit = Math.min(text.end, at + max);
  let position = at;
  while (position < limit && ((classes[text.bytes[position] as number] as number) & wanted) !== 0) position += 1;
  return position;
}

/** ASCII as bytes, made once: comparing with a text would make it each time. */
export const word = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Whether these bytes stand at `at`. */
export function hasWord({ bytes, start, end }: Text, at: number, expected: Uint8Array): boolean {
  if (at < start || at + expected.length > end) return false;
  for (let index = 0; index < expected.length; index += 1) if (bytes[at + index] !== expected[index]) return false;
  return true;
}

/** ASCII of a range; for what is at most a few hundred bytes. */
export const asciiOf = ({ bytes }: Text, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
