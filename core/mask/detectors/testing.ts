/** For tests: values that are what detectors look for, values that nearly are, and harmless texts. All from a seed. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { base62, crc32 } from './checksum.ts';
import { ibanLengths } from './iban.ts';
import { type DetectorKind, kindBits } from './kinds.ts';
import { scannerFor } from './scan.ts';

export type Found = { kind: DetectorKind; text: string };

/** What is found in a text, in order. */
export function findIn(text: string, kinds: readonly DetectorKind[] | null = null): Found[] {
  const bytes = new TextEncoder().encode(text);
  const found: Found[] = [];
  const bits = kinds === null ? 0xfff : kindBits(kinds);
  scannerFor(bits).scan(
    { bytes, start: 0, end: bytes.length },
    { found: (kind, from, to) => found.push({ kind, text: new TextDecoder().decode(bytes.subarray(from, to)) }) },
  );
  return found;
}

const chars = (alphabet: string, length: number) =>
  fc.array(fc.constantFrom(...alphabet), { minLength: length, maxLength: length }).map(parts => parts.join(''));
const digits = '0123456789';
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const letters = `${upper}${upper.toLowerCase()}`;
const word = `${letters}${digits}`;
const url = `${word}-_`;

function luhnDigit(number: string): string {
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return String((10 - (sum % 10)) % 10);
}

const issued: readonly (readonly [string, number])[] = [
  ['4', 16],
  ['4', 13],
  ['51', 16],
  ['55', 16],
  ['2221', 16],
  ['2720', 16],
  ['34', 15],
  ['37', 15],
  ['300', 14],
  ['36', 14],
  ['6011', 16],
  ['65', 16],
  ['3528', 16],
  ['3589', 16],
  ['62', 16],
  ['62', 19],
  ['2200', 16],
  ['6759', 12],
];

function grouped(number: string, separator: string): string {
  if (separator === '' || number.length < 13) return number;
  const sizes = number.length === 15 ? [4, 6, 5] : number.length === 14 ? [4, 6, 4] : [4, 4, 4, 4, 4];
  const starts = sizes.map((_, index) => sizes.slice(0, index).reduce((sum, size) => sum + size, 0));
  const parts = sizes.map((size, index) => number.slice(starts[index], (starts[index] ?? 0) + size));
  return parts.filter(part => part !== '').join(separator);
}

export const cards = fc
  .record({
    issuer: fc.constantFrom(...issued),
    rest: chars(digits, 20),
    separator: fc.constantFrom('', ' ', '-'),
  })
  .map(({ issuer: [prefix, length], rest, separator }) => {
    const body = `${prefix}${rest}`.slice(0, length - 1);
    return grouped(`${body}${luhnDigit(body)}`, separator);
  });

const ibanStructures: Readonly<Record<string, fc.Arbitrary<string>>> = {
  DE: chars(digits, 18),
  FR: fc.tuple(chars(digits, 10), chars(word.toUpperCase(), 11), chars(digits, 2)).map(parts => parts.join('')),
  GB: fc.tuple(chars(upper, 4), chars(digits, 14)).map(parts => parts.join('')),
  NL: fc.tuple(chars(upper, 4), chars(digits, 10)).map(parts => parts.join('')),
  NO: chars(digits, 11),
  MT: fc.tuple(chars(upper, 4), chars(digits, 5), chars(word.toUpperCase(), 18)).map(parts => parts.join('')),
};

export function withCheckDigits(country: string, body: string): string {
  const number = [...`${body}${country}00`].map(each => String(Number.parseInt(each, 36))).join('');
  const check = 98n - (BigInt(number) % 97n);
  return `${country}${String(check).padStart(2, '0')}${body}`;
}

export const ibans = fc
  .constantFrom(...Object.keys(ibanStructures))
  .chain(country =>
    fc.record({
      body: ibanStructures[country] ?? fc.constant(''),
      country: fc.constant(country),
      form: fc.constantFrom('plain', 'spaces', 'lower'),
    }),
  )
  .map(({ country, body, form }) => {
    const iban = withCheckDigits(country, body);
    if (iban.length !== ibanLengths.get(country)) throw new Error(`${country} is made wrong`);
    return form === 'spaces' ? iban.replace(/(.{4})(?=.)/g, '$1 ') : form === 'lower' ? iban.toLowerCase() : iban;
  });

const ssnArea = fc.integer({ min: 1, max: 899 }).filter(area => area !== 666);
export const ssns = fc
  .tuple(ssnArea, fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 9999 }))
  .map(([area, group, serial]) =>
    [String(area).padStart(3, '0'), String(group).padStart(2, '0'), String(serial).padStart(4, '0')].join('-'),
  )
  .filter(ssn => ssn !== '078-05-1120' && ssn !== '219-09-9999');

const pemLabels = ['', 'RSA ', 'EC ', 'OPENSSH ', 'ENCRYPTED '];
export const privateKeys = fc
  .record({
    label: fc.constantFrom(...pemLabels),
    lines: fc.array(chars(`${word}+/`, 64), { minLength: 1, maxLength: 5 }),
    newline: fc.constantFrom('\n', '\r\n', '\\n'),
  })
  .map(({ label, lines, newline }) =>
    [`-----BEGIN ${label}PRIVATE KEY-----`, ...lines, 'Zg==', `-----END ${label}PRIVATE KEY-----`].join(newline),
  );

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
export const jwts = fc
  .record({
    alg: fc.constantFrom('HS256', 'RS256', 'EdDSA'),
    sub: fc.uuid(),
    exp: fc.integer({ min: 1, max: 2_000_000_000 }),
    signature: chars(url, 43),
  })
  .map(({ alg, signature, ...claims }) => `${part({ alg, typ: 'JWT' })}.${part(claims)}.${signature}`);

const base32 = `${upper}234567`;
export const awsKeys = fc.tuple(fc.constantFrom('AKIA', 'ASIA'), chars(base32, 16)).map(parts => parts.join(''));
/** As files of credentials and answers of STS have them; the name is no part of the find. */
export const awsSecrets = fc
  .tuple(
    fc.constantFrom('aws_secret_access_key = ', 'AWS_SECRET_ACCESS_KEY=', '"SecretAccessKey": "'),
    chars(`${word}/+`, 40),
  )
  .map(([name, secret]) => ({ name, secret }));

export const gcpKeys = fc.oneof(
  chars(url, 35).map(rest => `AIza${rest}`),
  chars(url, 28).map(rest => `GOCSPX-${rest}`),
  chars(url, 60).map(rest => `ya29.${rest}`),
);
export const slackTokens = fc.oneof(
  fc.tuple(chars(digits, 12), chars(digits, 12), chars(word, 24)).map(([a, b, c]) => `xoxb-${a}-${b}-${c}`),
  fc.tuple(chars(digits, 11), chars('0123456789abcdef', 64)).map(([a, b]) => `xapp-1-A0123456789-${a}-${b}`),
);

function withChecksum(prefix: string, random: string): string {
  const bytes = new TextEncoder().encode(random);
  return `${prefix}${random}${base62(crc32({ bytes, start: 0, end: bytes.length }, 0, bytes.length), 6)}`;
}
export const githubTokens = fc.oneof(
  fc
    .tuple(fc.constantFrom('ghp_', 'gho_', 'ghs_'), chars(word, 30))
    .map(([prefix, random]) => withChecksum(prefix, random)),
  fc.tuple(chars(word, 22), chars(word, 59)).map(([a, b]) => `github_pat_${a}_${b}`),
);
export const stripeKeys = fc
  .tuple(fc.constantFrom('sk_live_', 'rk_live_', 'sk_test_', 'whsec_'), chars(word, 32))
  .map(parts => parts.join(''));

const name = fc.tuple(chars(letters, 1), chars(`${word}`, 5)).map(parts => parts.join(''));
export const emails = fc
  .record({
    first: name,
    separator: fc.constantFrom('', '.', '_', '+', '-'),
    last: name,
    domain: name,
    top: fc.constantFrom('com', 'co.uk', 'museum', 'de'),
  })
  .map(({ first, separator, last, domain, top }) => `${first}${separator}${last}@${domain}.${top}`);

export const phones = fc.oneof(
  chars(digits, 8).map(rest => `+4915${rest}`),
  chars(digits, 7).map(rest => `+33 6 ${rest.slice(0, 2)} ${rest.slice(2, 4)} ${rest.slice(4, 7)}`),
  chars(digits, 4).map(rest => `(415) 555-${rest}`),
  chars(digits, 4).map(rest => `+1 212-555-${rest}`),
  chars(digits, 4).map(rest => `646-555-${rest}`),
  chars(digits, 4).map(rest => `702.555.${rest}`),
);

export const valid: Readonly<Record<DetectorKind, fc.Arbitrary<string>>> = {
  card: cards,
  iban: ibans,
  ssn: ssns,
  private_key: privateKeys,
  jwt: jwts,
  aws_key: awsKeys,
  gcp_key: gcpKeys,
  slack_token: slackTokens,
  github_token: githubTokens,
  stripe_key: stripeKeys,
  email: emails,
  phone: phones,
};

/** Pseudo-random numbers in [0, 1): the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const pad = (value: number, width: number): string => String(Math.floor(value)).padStart(width, '0');

/** One harmless text of each sort that databases are full of. */
export function harmless(random: () => number): string[] {
  const hash = (name: 'md5' | 'sha256', encoding: 'hex' | 'base64' | 'base64url') =>
    createHash(name).update(String(random())).digest(encoding);
  const hex = hash('sha256', 'hex');
  const at = new Date(1_500_000_000_000 + random() * 400_000_000_000);
  const octet = () => Math.floor(random() * 256);
  return [
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`,
    at.toISOString(),
    at
      .toISOString()
      .replace('T', ' ')
      .replace('Z', `.${pad(random() * 1e6, 6)}+00`),
    at.toISOString().replace(/[-:T]/g, '').slice(0, 14),
    String(at.getTime()),
    String(at.getTime() * 1000 + Math.floor(random() * 1000)),
    `ORD-${at.getFullYear()}-${pad(random() * 1e8, 8)}`,
    `INV/${at.getFullYear()}/${pad(random() * 1e6, 6)}`,
    pad(random() * 1e10, 10),
    hex,
    hash('md5', 'hex'),
    hash('sha256', 'base64'),
    hash('sha256', 'base64url'),
    hex.slice(0, 40),
    `${octet()}.${octet()}.${octet()}.${octet()}`,
    `${octet()}.${octet()}.${octet()}.${octet()}:${pad(random() * 65_535, 4)}`,
    `2001:db8:${hex.slice(0, 4)}:${hex.slice(4, 8)}::${hex.slice(8, 12)}`,
    `${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}:${hex.slice(6, 8)}:${hex.slice(8, 10)}:${hex.slice(10, 12)}`,
    String(random()),
    String(random() * 1e6),
    (random() * 1e9).toFixed(2),
    `${random() * 180 - 90}, ${random() * 360 - 180}`,
    `${Math.floor(random() * 1e4)} x ${Math.floor(random() * 1e4)} px`,
    `v${octet()}.${octet()}.${octet()}-rc.${octet()}`,
    `/var/log/app-${pad(random() * 1e8, 8)}.log.${octet()}`,
    `https://example.com/items/${pad(random() * 1e9, 9)}?page=${octet()}&q=a+b#s_${octet()}`,
    `logo@2x.png style-${hex.slice(0, 8)}.css user_${octet()}_name package@${octet()}.${octet()}.1`,
    `978-3-16-${pad(random() * 1e6, 6)}-${octet() % 10}`,
    `SKU ${hex.slice(0, 4).toUpperCase()}-${pad(random() * 1e4, 4)}-${pad(random() * 1e4, 4)}`,
    Array.from({ length: 24 }, () => pad(random() * 1e4, 4)).join(' '),
    Array.from({ length: 24 }, () => String(Math.floor(random() * 1000))).join(', '),
    `{"id": ${Math.floor(random() * 1e9)}, "at": "${at.toISOString()}", "n": [${octet()}, ${octet()}, -${octet()}]}`,
    `${at.toISOString().slice(0, 10)} – ${pad(octet(), 3)} of ${Math.floor(random() * 1e7)} rows, +${octet()}.5 %, (${octet()}) done`,
    `git@example.com:team/${hex.slice(0, 6)}.git at ${hex.slice(0, 7)}`,
  ];
}
