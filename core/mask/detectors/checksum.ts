/** The checksum at the end of GitHub's tokens: CRC-32 (ISO-HDLC) of the random part in base 62, six digits. */
import { byteAt, type Text } from './bytes.ts';

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

export function crc32(text: Text, from: number, to: number): number {
  let crc = 0xffffffff;
  for (let at = from; at < to; at += 1) crc = (table[(crc ^ byteAt(text, at)) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export function base62(value: number, width: number): string {
  let rest = value;
  let text = '';
  while (text.length < width || rest > 0) {
    text = (digits[rest % 62] ?? '') + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}
