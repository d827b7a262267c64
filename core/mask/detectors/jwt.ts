/** JSON web tokens in compact form (RFC 7515, RFC 7516): the parts are decoded, and have to be what they should be. */
import { asciiOf, base64url, byteAt, isWordBefore, runEnd, type Text } from './bytes.ts';

const dot = 0x2e;
/** `{"alg":"…"}` */
const headerMin = 15;
const headerMax = 8 * 1024;
const partMax = 64 * 1024;

/** A JSON object. What cannot be one is not parsed: exceptions take their time. */
function decoded(text: Text, from: number, to: number): Record<string, unknown> | null {
  const json = Buffer.from(asciiOf(text, from, to), 'base64url')
    .toString('utf8')
    .trim();
  if (!json.startsWith('{') || !json.endsWith('}')) return null;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** Ends of the parts from `at` on, separated by dots. */
function partEnds(text: Text, at: number): number[] {
  const ends: number[] = [];
  let from = at;
  while (ends.length < 5) {
    const max = ends.length === 0 ? headerMax : partMax;
    const end = runEnd(text, from, { wanted: base64url, max });
    ends.push(end);
    if (byteAt(text, end) !== dot) break;
    from = end + 1;
  }
  return ends;
}

/** End of the token that begins with `eyJ` at `at`; -1 when there is none. */
export function jwtEnd(text: Text, at: number): number {
  if (isWordBefore(text, at, base64url)) return -1;
  const [header = 0, second = 0, third = 0, , fifth = 0] = partEnds(text, at);
  if (third === 0 || header - at < headerMin) return -1;
  const head = decoded(text, at, header);
  if (typeof head?.alg !== 'string') return -1;
  if (typeof head.enc === 'string') return fifth;
  const isSigned = third > second + 1 || head.alg === 'none';
  return isSigned && decoded(text, header + 1, second) !== null ? third : -1;
}
