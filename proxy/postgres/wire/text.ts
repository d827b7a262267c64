/** Bytes as strings: one character per byte for keys and comparisons, and strict UTF-8 for what has a meaning. */

type Latin1Slice = (this: Uint8Array, start: number, end: number) => string;
const latin1Slice = (Buffer.prototype as unknown as { latin1Slice: Latin1Slice }).latin1Slice;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One character (U+0000–U+00FF) per byte, so that equal strings mean equal bytes. */
export const latin1 = (bytes: Uint8Array, start: number, end: number): string => latin1Slice.call(bytes, start, end);

/** Null when the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}

/** The text whose UTF-8 bytes are the characters of `key`; null when they are not UTF-8. */
export function utf8OfLatin1(key: string): string | null {
  return isAscii(key) ? key : decodeUtf8(Buffer.from(key, 'latin1'));
}

const lenientUtf8 = new TextDecoder();

/** As UTF-8; what is not becomes U+FFFD. Names are short and mostly ASCII or empty: a decoder costs more than they do. */
export function utf8Of(bytes: Uint8Array, start: number, end: number): string {
  if (start === end) return '';
  const text = latin1(bytes, start, end);
  return isAscii(text) ? text : lenientUtf8.decode(bytes.subarray(start, end));
}

const isAscii = (text: string): boolean => {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
};

/** PostgreSQL keeps statement and portal names in tables whose keys end after 63 bytes (NAMEDATALEN - 1). */
export const nameKey = (bytes: Uint8Array, start: number, end: number): string =>
  latin1(bytes, start, Math.min(end, start + 63));

export const nameKeyOf = (name: string): string => Buffer.from(name, 'utf8').subarray(0, 63).toString('latin1');
