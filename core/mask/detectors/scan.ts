/**
 * Looks through a text once, byte by byte, and stops only where something may begin. Every check behind such a stop reads a
 * bounded number of bytes, or bytes that are not read again, so the time is linear in the text whatever is in it.
 */
import { nextStop } from '../stops.ts';
import { byteAt, hasWord, type Text, word } from './bytes.ts';
import { chunkGlance } from './chunk-glance.ts';
import { emailAround } from './email.ts';
import type { HitSink } from './hit.ts';
import { ibanEnd, isCountry } from './iban.ts';
import { jwtEnd } from './jwt.ts';
import { bytesMinOf, type DetectorKind, detectorKinds, kindBit } from './kinds.ts';
import { mayHoldIban, mayHoldNumber, mayHoldToken } from './look-ahead.ts';
import { findNumbers, harmlessEnd } from './numbers.ts';
import { bracketedEnd, internationalEnd } from './phone.ts';
import { privateKeyEnd } from './private-key.ts';
import {
  awsKeyEnd,
  awsSecretAt,
  gcpKeyEnd,
  githubTokenEnd,
  slackHookEnd,
  slackTokenEnd,
  stripeKeyEnd,
} from './token.ts';

const bits = Object.fromEntries(detectorKinds.map(kind => [kind, kindBit(kind)])) as Readonly<
  Record<DetectorKind, number>
>;

const begin = word('BEGIN ');
const jwtStart = word('eyJ');
const apiKey = word('AIza');
const clientSecret = word('GOCSPX-');
const accessToken = word('ya29.');

/** Bytes at which something may begin, or be in its first few characters, with the kinds they are looked at for. */
const anchors: readonly (readonly [string, number])[] = [
  ['0123456789', bits.card | bits.ssn | bits.phone | bits.iban],
  ['2', bits.gcp_key], // ya29.
  ['+(', bits.phone],
  ['@', bits.email],
  ['B', bits.private_key], // -----BEGIN
  ['J', bits.jwt], // eyJ
  ['I', bits.aws_key], // AKIA, ASIA, ABIA
  ['K_', bits.aws_key], // SecretAccessKey, aws_secret_access_key
  ['z', bits.gcp_key], // AIza
  ['X', bits.gcp_key], // GOCSPX-
  ['x', bits.slack_token], // xoxb-, xapp-
  ['/', bits.slack_token], // /services/T
  ['_', bits.github_token | bits.stripe_key], // ghp_, sk_live_
];

/** What a text may hold by a first glance, as bits. */
const held = { number: 1, token: 2, iban: 4 } as const;
export const anything = held.number | held.token | held.iban;
const numbers = bits.card | bits.ssn | bits.phone;
const tokens = ~(numbers | bits.iban | bits.email);

const kindsHeld = (seen: number): number =>
  ((seen & held.number) === 0 ? 0 : numbers) |
  ((seen & held.token) === 0 ? 0 : tokens) |
  ((seen & held.iban) === 0 ? 0 : bits.iban) |
  (seen === anything ? bits.email : 0);

const tables = new Map<number, Uint8Array>();

/** 1 for every byte at which the scanner has to stop for these kinds. */
function stopsOf(kinds: number): Uint8Array {
  const known = tables.get(kinds);
  if (known !== undefined) return known;
  const table = new Uint8Array(256);
  for (const [characters, wanted] of anchors) {
    if ((wanted & kinds) === 0) continue;
    for (const character of characters) table[character.charCodeAt(0)] = 1;
  }
  tables.set(kinds, table);
  return table;
}

/** A search for certain kinds. */
export type Scanner = {
  /** A glance over the chunk tells where none of them is. */
  readonly looksAhead: boolean;
  scan(text: Text, sink: HitSink): void;
  /** What `bytes[start, end)` may hold, which is told sooner than by scanning; 0 for nothing. */
  mayHold(bytes: Uint8Array, start: number, end: number): number;
  /** Scans what may hold something. */
  scanFor(mayHold: number, text: Text, sink: HitSink): void;
};

const scanners = new Map<number, Scanner>();

/** `kinds` are bits (`kindBit`). One for all who look for the same: nothing of a text stays in it. */
export function scannerFor(kinds: number): Scanner {
  const known = scanners.get(kinds);
  if (known !== undefined) return known;
  const made = new Scan(kinds);
  scanners.set(kinds, made);
  return made;
}

class Scan implements Scanner, HitSink {
  readonly kinds: number;
  /** By what a text may hold. */
  readonly #stops: readonly Uint8Array[];
  readonly #bytesMin: number;
  readonly #hasNumbers: boolean;
  readonly looksAhead: boolean;
  /** Of what is written in groups, only telephone numbers have dots. */
  readonly #hasDots: boolean;
  #sink: HitSink | null = null;
  /** End of the last find: nothing before it is part of another. */
  #floor = 0;

  constructor(kinds: number) {
    this.kinds = kinds;
    this.#stops = Array.from({ length: 8 }, (_, held) => stopsOf(kinds & kindsHeld(held)));
    this.#bytesMin = bytesMinOf(kinds);
    this.#hasDots = (kinds & bits.phone) !== 0;
    this.#hasNumbers = (kinds & (bits.card | bits.ssn | bits.phone)) !== 0;
    this.looksAhead = (kinds & (bits.email | bits.phone)) === 0;
  }

  scan(text: Text, sink: HitSink): void {
    const mayHold = this.mayHold(text.bytes, text.start, text.end);
    if (mayHold !== 0) this.scanFor(mayHold, text, sink);
  }

  scanFor(mayHold: number, text: Text, sink: HitSink): void {
    const { bytes, start, end } = text;
    const stops = this.#stops[mayHold] as Uint8Array;
    this.#sink = sink;
    this.#floor = start;
    let at = start;
    while (at < end) {
      at = nextStop(bytes, at, end, stops);
      if (at < end) at = Math.max(at + 1, this.#stop(text, at));
    }
    this.#sink = null;
  }

  mayHold(bytes: Uint8Array, start: number, end: number): number {
    if (end - start < this.#bytesMin) return 0;
    if (!this.looksAhead) return anything;
    if (!chunkGlance.mayHold(bytes, start, end)) return 0;
    const { kinds } = this;
    return (
      ((kinds & (bits.card | bits.ssn)) !== 0 && mayHoldNumber(bytes, start, end) ? held.number : 0) |
      ((kinds & tokens) !== 0 && mayHoldToken(bytes, start, end) ? held.token : 0) |
      ((kinds & bits.iban) !== 0 && mayHoldIban(bytes, start, end) ? held.iban : 0)
    );
  }

  found(kind: DetectorKind, from: number, to: number): void {
    this.#floor = to;
    this.#sink?.found(kind, from, to);
  }

  /** Where to go on when that is not the next byte. */
  #stop(text: Text, at: number): number {
    const byte = text.bytes[at] as number;
    if (byte >= 0x30 && byte <= 0x39) return this.#digit(text, at);
    switch (byte) {
      case 0x2b:
        return this.#report('phone', at, internationalEnd(text, at));
      case 0x28:
        return this.#report('phone', at, bracketedEnd(text, at));
      case 0x40:
        return this.#at(text, at);
      case 0x42:
        return hasWord(text, at, begin) ? this.#report('private_key', at - 5, privateKeyEnd(text, at - 5)) : 0;
      case 0x4a:
        return hasWord(text, at - 2, jwtStart) ? this.#report('jwt', at - 2, jwtEnd(text, at - 2)) : 0;
      case 0x49:
        return isAws(text, at) ? this.#report('aws_key', at - 2, awsKeyEnd(text, at - 2)) : 0;
      case 0x4b:
        return this.#awsSecret(text, at);
      case 0x7a:
        return hasWord(text, at - 2, apiKey) ? this.#report('gcp_key', at - 2, gcpKeyEnd(text, at - 2)) : 0;
      case 0x58:
        return hasWord(text, at - 5, clientSecret) ? this.#report('gcp_key', at - 5, gcpKeyEnd(text, at - 5)) : 0;
      case 0x78:
        if (byteAt(text, at + 1) !== 0x6f && byteAt(text, at + 1) !== 0x61) return 0;
        return this.#report('slack_token', at, slackTokenEnd(text, at));
      case 0x2f:
        return byteAt(text, at + 1) === 0x54 ? this.#report('slack_token', at, slackHookEnd(text, at)) : 0;
      default:
        return this.#underscore(text, at);
    }
  }

  #report(kind: DetectorKind, from: number, to: number): number {
    if (to < 0 || from < this.#floor) return 0;
    this.found(kind, from, to);
    return to;
  }

  #at(text: Text, at: number): number {
    const span = emailAround(text, at, this.#floor);
    return span === null ? 0 : this.#report('email', span.from, span.to);
  }

  /** The prefix ends with the underscore at `at`. */
  #underscore(text: Text, at: number): number {
    for (const { prefix, kind, endOf } of byLastByte[byteAt(text, at - 1)] ?? []) {
      const from = at - prefix.length + 1;
      if ((this.kinds & bits[kind]) !== 0 && hasWord(text, from, prefix)) {
        return this.#report(kind, from, endOf(text, from));
      }
    }
    return (this.kinds & bits.aws_key) === 0 ? 0 : this.#awsSecret(text, at);
  }

  #awsSecret(text: Text, at: number): number {
    const span = awsSecretAt(text, at);
    return span === null ? 0 : this.#report('aws_key', span.from, span.to);
  }

  #digit(text: Text, at: number): number {
    const before = at > text.start ? (text.bytes[at - 1] as number) : 0;
    if (before >= 0x41) {
      const end = this.#behindLetter(text, at);
      if (end > 0) return end;
    }
    if (!this.#hasNumbers) return 0;
    const end = harmlessEnd(text, at, this.#hasDots);
    return end > 0 ? end : findNumbers(text, at, this);
  }

  /** What begins with letters before its first digit. */
  #behindLetter(text: Text, at: number): number {
    if ((this.kinds & bits.gcp_key) !== 0 && hasWord(text, at - 2, accessToken)) {
      const end = this.#report('gcp_key', at - 2, gcpKeyEnd(text, at - 2));
      if (end > 0) return end;
    }
    if ((this.kinds & bits.iban) === 0 || !isCountry(text.bytes, at - 2, text.start)) return 0;
    return this.#report('iban', at - 2, ibanEnd(text, at));
  }
}

const awsStarts = ['AK', 'AS', 'AB'].map(word);
const isAws = (text: Text, at: number): boolean =>
  byteAt(text, at + 1) === 0x41 && awsStarts.some(start => hasWord(text, at - 2, start));

type Underscored = { prefix: Uint8Array; kind: DetectorKind; endOf: (text: Text, at: number) => number };

const underscored: readonly Underscored[] = [
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_'].map(
    (prefix): Underscored => ({ prefix: word(prefix), kind: 'github_token', endOf: githubTokenEnd }),
  ),
  ...['sk_', 'rk_', 'whsec_'].map(
    (prefix): Underscored => ({ prefix: word(prefix), kind: 'stripe_key', endOf: stripeKeyEnd }),
  ),
];

/** Prefixes by the byte before their underscore: most underscores are in names, and end here. */
const byLastByte: readonly (readonly Underscored[] | undefined)[] = Array.from({ length: 256 }, (_, byte) => {
  const found = underscored.filter(({ prefix }) => prefix.at(-2) === byte);
  return found.length === 0 ? undefined : found;
});
