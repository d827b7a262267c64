/** Private keys in PEM (RFC 7468, and the older forms of OpenSSL, OpenSSH and PGP), also with their line ends escaped. */
import { alnum, byteAt, classes, hasWord, type Text, word } from './bytes.ts';

const dash = 0x2d;
const headerMax = 60;
/** A line of base64 that is no word; a heading with prose behind it is no key. */
const lineMin = 40;
/** Headers before the first such line. */
const preambleMax = 600;
const begin = word('-----BEGIN ');
const end = word('-----END ');
const dashes = word('-----');
const endings = [word('PRIVATE KEY-----'), word('PRIVATE KEY BLOCK-----')];

/** Letters, digits and what else stands in a body: base64, line ends and their escapes, headers such as `Proc-Type: 4,ENCRYPTED`. */
const body = new Uint8Array(256);
for (let byte = 0; byte < 256; byte += 1) if (((classes[byte] as number) & alnum) !== 0) body[byte] = 2;
for (const byte of [0x2b, 0x2f, 0x3d]) body[byte] = 2;
for (const byte of [0x20, 0x0a, 0x0d, 0x09, 0x5c, 0x3a, 0x2c, dash, 0x2e, 0x5f]) body[byte] = 1;

/** Where the heading ends whose dashes begin at `at`, or -1. */
function headerEnd(text: Text, at: number): number {
  if (!hasWord(text, at, begin)) return -1;
  for (let position = at + 11; position < at + headerMax; position += 1) {
    const ending = endings.find(each => hasWord(text, position, each));
    if (ending !== undefined) return position + ending.length;
    const byte = byteAt(text, position);
    const isLabel = (byte >= 0x41 && byte <= 0x5a) || byte === 0x20 || (byte >= 0x30 && byte <= 0x39);
    if (!isLabel) return -1;
  }
  return -1;
}

/** The end of a key whose heading begins at `at`: of its last line, or of what is there of it. -1 when there is none. */
export function privateKeyEnd(text: Text, at: number): number {
  const from = headerEnd(text, at);
  if (from < 0) return -1;
  let run = 0;
  let isBody = false;
  let last = from;
  for (let position = from; position < text.end; position += 1) {
    const kind = body[text.bytes[position] as number] as number;
    if (kind === 0 || (!isBody && position > from + preambleMax)) break;
    if (kind === 1) {
      if (isBody && hasWord(text, position, end)) return closingEnd(text, position + end.length);
      run = 0;
      continue;
    }
    run += 1;
    isBody ||= run >= lineMin;
    last = position + 1;
  }
  return isBody ? last : -1;
}

function closingEnd(text: Text, at: number): number {
  for (let position = at; position < at + headerMax; position += 1)
    if (hasWord(text, position, dashes)) return position + 5;
  return at;
}
