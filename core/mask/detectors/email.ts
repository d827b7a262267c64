/** E-mail addresses as they are used: a dotted local part, and a domain that ends in letters. */
import { alnum, byteAt, charClass, classes, hasWord, type Text, word } from './bytes.ts';

const localMax = 64;
const domainMax = 253;
const labelMax = 63;
const topLevel = { min: 2, max: 24 };

/** `. ! # $ % & ' * + - = ? ^ _ { } ~` may stand in local parts (RFC 5322 atext); the slash, the pipe and quotes are left out. */
const special = new Set([...".!#$%&'*+-=?^_{}~"].map(character => character.charCodeAt(0)));
const isLocal = (byte: number): boolean => isWordByte(byte) || special.has(byte);
/** What begins an address is a letter, a digit, `_` or `+`. */
const isLocalStart = (byte: number): boolean => isWordByte(byte) || byte === 0x5f || byte === 0x2b;
const isWordByte = (byte: number): boolean => ((classes[byte] as number) & alnum) !== 0;

/** Letters of the alphabets that take two bytes in UTF-8; longer ones are mostly signs, or scripts that write no addresses. */
const isLetterPair = (text: Text, at: number): boolean =>
  byteAt(text, at) >= 0xc3 && byteAt(text, at) <= 0xdf && (byteAt(text, at + 1) & 0xc0) === 0x80;
const localBytesBefore = (text: Text, at: number): number =>
  isLocal(byteAt(text, at - 1)) ? 1 : isLetterPair(text, at - 2) ? 2 : 0;

/** Names of files that look like domains: `logo@2x.png`. */
const fileEndings = new Set('png jpg jpeg gif svg webp css js json html htm txt xml csv pdf ico woff ttf'.split(' '));

const git = word('git');
const dot = 0x2e;
const slash = 0x2f;
const colon = 0x3a;

/** Where the address with the sign at `at` begins and ends; null when there is none. `floor`: nothing before it belongs to it. */
export function emailAround(text: Text, at: number, floor: number): { from: number; to: number } | null {
  const from = localStart(text, at, floor);
  if (from < 0) return null;
  const to = domainEnd(text, at + 1);
  // `git@example.com:team/project` is where a repository is.
  const isRepository = at - from === 3 && hasWord(text, from, git) && byteAt(text, to) === colon;
  return to < 0 || isRepository || isUserOfUrl(text, from) ? null : { from, to };
}

const backslash = 0x5c;
const escapes = new Set([0x6e, 0x72, 0x74]);

function localStart(text: Text, at: number, floor: number): number {
  const limit = Math.max(text.start, floor);
  let from = at;
  for (let size = localBytesBefore(text, from); size > 0 && from - size >= limit; size = localBytesBefore(text, from)) {
    from -= size;
    // Longer than a local part can be: no address.
    if (at - from > localMax) return -1;
  }
  // The letter of `\n` is no part of the address.
  if (byteAt(text, from - 1) === backslash && escapes.has(byteAt(text, from))) from += 1;
  while (from < at && !isLocalStart(byteAt(text, from)) && !isLetterPair(text, from)) from += 1;
  return from === at || byteAt(text, at - 1) === dot ? -1 : from;
}

const isDomainByte = (text: Text, at: number): boolean =>
  isWordByte(byteAt(text, at)) ||
  byteAt(text, at) === 0x2d ||
  isLetterPair(text, at) ||
  (isLetterPair(text, at - 1) && at > text.start);

/** Labels and dots; a dot or dash that ends a sentence is none of it. */
function domainEnd(text: Text, start: number): number {
  let label = start;
  let labels = 0;
  let end = -1;
  for (let position = start; position <= start + domainMax; position += 1) {
    if (isDomainByte(text, position)) continue;
    const isLabel = position > label && position - label <= labelMax && isEdged(text, label, position);
    if (!isLabel) break;
    labels += 1;
    if (labels > 1 && isTopLevel(text, label, position)) end = position;
    if (byteAt(text, position) !== dot) {
      // What was an address before its last label is one only where a sentence ends.
      return end >= position - 1 ? end : -1;
    }
    label = position + 1;
  }
  return end;
}

const isEdged = (text: Text, label: number, end: number): boolean =>
  byteAt(text, label) !== 0x2d && byteAt(text, end - 1) !== 0x2d;

function isTopLevel({ bytes }: Text, from: number, to: number): boolean {
  const length = to - from;
  if (length < topLevel.min || length > topLevel.max) return false;
  let name = '';
  for (let index = from; index < to; index += 1) {
    const byte = bytes[index] as number;
    if (((classes[byte] as number) & (charClass.upper | charClass.lower)) === 0) return false;
    name += String.fromCharCode(byte | 0x20);
  }
  return !fileEndings.has(name);
}

/** `//user@host` and `//user:password@host`. */
function isUserOfUrl(text: Text, from: number): boolean {
  const isAuthority = (at: number) => byteAt(text, at) === slash && byteAt(text, at - 1) === slash;
  if (isAuthority(from - 1)) return true;
  if (byteAt(text, from - 1) !== colon) return false;
  for (let at = from - 2; at > from - localMax && at > text.start; at -= 1) {
    if (isAuthority(at)) return true;
    if (!isLocal(byteAt(text, at))) return false;
  }
  return false;
}
