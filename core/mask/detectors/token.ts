/** Tokens that say what they are by how they begin: AWS, Google Cloud, Slack, GitHub, Stripe. Each returns an end, or -1. */
import {
  alnum,
  asciiOf,
  base64url,
  byteAt,
  charClass,
  hasWord,
  isClass,
  isWordBefore,
  runEnd,
  type Text,
  word,
} from './bytes.ts';
import { base62, crc32 } from './checksum.ts';

const longest = 512;

/** The run from `at` has a length in the range, and nothing of its kind goes on behind it. */
function runOf(text: Text, at: number, { wanted, min, max }: { wanted: number; min: number; max: number }): number {
  const end = runEnd(text, at, { wanted, max: max + 1 });
  return end - at >= min && end - at <= max ? end : -1;
}

/** Identifiers of access keys: a prefix and 16 of the base 32 alphabet. */
export function awsKeyEnd(text: Text, at: number): number {
  if (isWordBefore(text, at)) return -1;
  const end = runOf(text, at + 4, { wanted: charClass.upper | charClass.digit, min: 16, max: 16 });
  if (end < 0 || isClass(text, end, alnum)) return -1;
  for (let position = at + 4; position < end; position += 1) {
    const byte = byteAt(text, position);
    if (byte === 0x30 || byte === 0x31 || byte === 0x38 || byte === 0x39) return -1;
  }
  return end;
}

const secretNames = [word('aws_secret_access_key'), word('AWS_SECRET_ACCESS_KEY')];
const secretMember = word('SecretAccessKey');
/** Quotes, blanks and signs between a name and its value. */
const assignments = new Set([0x20, 0x22, 0x27, 0x3a, 0x3d, 0x3e, 0x5c]);
const assignmentMax = 8;
const secretLength = 40;
const isSecretByte = (text: Text, at: number): boolean =>
  isClass(text, at, alnum) || byteAt(text, at) === 0x2f || byteAt(text, at) === 0x2b;

/**
 * A secret access key looks like any other text of 40 characters: it is known by the name before it, of which `at` is the first
 * underscore, or the last `K`.
 */
export function awsSecretAt(text: Text, at: number): { from: number; to: number } | null {
  const isMember = hasWord(text, at - 12, secretMember);
  const name = isMember ? secretMember : secretNames.find(each => hasWord(text, at - 3, each));
  if (name === undefined) return null;
  const nameEnd = isMember ? at + 3 : at - 3 + name.length;
  let from = nameEnd;
  while (from - nameEnd < assignmentMax && assignments.has(byteAt(text, from))) from += 1;
  let to = from;
  while (to - from <= secretLength && isSecretByte(text, to)) to += 1;
  return from > nameEnd && to - from === secretLength ? { from, to } : null;
}

const apiKey = word('AIza');
const clientSecret = word('GOCSPX-');
const accessToken = word('ya29.');

/** `AIza…`, `GOCSPX-…`, `ya29.…` */
export function gcpKeyEnd(text: Text, at: number): number {
  if (isWordBefore(text, at, base64url)) return -1;
  if (hasWord(text, at, apiKey)) return runOf(text, at + 4, { wanted: base64url, min: 35, max: 35 });
  if (hasWord(text, at, clientSecret)) return runOf(text, at + 7, { wanted: base64url, min: 28, max: 28 });
  return hasWord(text, at, accessToken) ? runOf(text, at + 5, { wanted: base64url, min: 30, max: longest }) : -1;
}

const rotated = word('xoxe.');
const slackPrefixes = [...['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxo-', 'xoxe-', 'xapp-'].map(word), rotated];
const xox = word('xox');
const slackPart = { wanted: alnum | charClass.dash, min: 18, max: longest };

/** Parts with dashes, digits first: `xoxb-12345678901-…`, `xapp-1-A…`, `xoxe.xoxp-1-…`. */
export function slackTokenEnd(text: Text, at: number): number {
  if (isWordBefore(text, at, base64url)) return -1;
  const prefix = slackPrefixes.find(each => hasWord(text, at, each));
  if (prefix === undefined) return -1;
  const isRotated = prefix === rotated;
  const from = at + prefix.length + (isRotated ? 5 : 0);
  if (isRotated && !hasWord(text, at + 5, xox)) return -1;
  const end = runOf(text, from, slackPart);
  return end > 0 && isClass(text, from, charClass.digit) && asciiOf(text, from, end).includes('-') ? end : -1;
}

const hooks = word('hooks.slack.com/services');
const slashB = word('/B');

/** `hooks.slack.com/services/T…/B…/…`, whose `/T` is at `at`: the secret is the path. */
export function slackHookEnd(text: Text, at: number): number {
  if (!hasWord(text, at - 24, hooks)) return -1;
  const part = { wanted: charClass.upper | charClass.digit, min: 8, max: 16 };
  const team = runOf(text, at + 1, part);
  if (team < 0 || !hasWord(text, team, slashB)) return -1;
  const hook = runOf(text, team + 1, part);
  if (hook < 0 || byteAt(text, hook) !== 0x2f) return -1;
  return runOf(text, hook + 1, { wanted: alnum, min: 20, max: 32 });
}

const fineGrained = word('github_pat_');

/** `ghp_`, `gho_`, `ghu_`, `ghs_`, `ghr_`: 30 random characters and their checksum. `github_pat_`: two parts of 22 and 59. */
export function githubTokenEnd(text: Text, at: number): number {
  if (isWordBefore(text, at, base64url)) return -1;
  if (hasWord(text, at, fineGrained)) {
    const end = runOf(text, at + 11, { wanted: alnum, min: 22, max: 22 });
    return end > 0 && byteAt(text, end) === 0x5f ? runOf(text, end + 1, { wanted: alnum, min: 59, max: 59 }) : -1;
  }
  const end = runOf(text, at + 4, { wanted: alnum, min: 36, max: 36 });
  if (end < 0 || isClass(text, end, base64url)) return -1;
  return asciiOf(text, end - 6, end) === base62(crc32(text, at + 4, end - 6), 6) ? end : -1;
}

const stripePrefixes = ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_'].map(word);
const webhook = word('whsec_');

/** Secret and restricted keys, and secrets of web hooks. Publishable keys are meant to be seen. */
export function stripeKeyEnd(text: Text, at: number): number {
  if (isWordBefore(text, at, base64url)) return -1;
  const prefix = stripePrefixes.find(each => hasWord(text, at, each));
  if (prefix !== undefined) return runOf(text, at + prefix.length, { wanted: alnum, min: 16, max: 250 });
  return hasWord(text, at, webhook) ? runOf(text, at + 6, { wanted: alnum, min: 32, max: 64 }) : -1;
}
