/** What is one is found wherever it stands; what nearly is one is not; harmless text is left alone; and it takes linear time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ibanLengths } from './iban.ts';
import { type DetectorKind, detectorFacts, detectorKinds } from './kinds.ts';
import {
  awsSecrets,
  cards,
  findIn,
  githubTokens,
  harmless,
  ibans,
  jwts,
  randomFrom,
  valid,
  withCheckDigits,
} from './testing.ts';

const runs = { numRuns: 300 };
const digitsOf = (text: string) => text.replace(/\D/g, '');

/** What may stand around a value: nothing of which goes on with it. */
const before = fc.constantFrom(
  '',
  ' ',
  'note: ',
  '"',
  '("',
  '=',
  "'",
  '>',
  ',',
  ';',
  '\n',
  '\t',
  '…',
  'card\n',
  '{"a":"',
  '[',
  'x: ',
  '\\n',
);
const behind = fc.constantFrom('', ' ', '"', '")', "'", '<', ',', ';', '\n', ' and so on', '…', '"}', ']', ' |');

describe.each(detectorKinds)('%s', kind => {
  it('is found wherever it stands, as a whole', () => {
    fc.assert(
      fc.property(valid[kind], before, behind, (value, prefix, suffix) => {
        expect(findIn(`${prefix}${value}${suffix}`)).toEqual([{ kind, text: value }]);
      }),
      runs,
    );
  });

  it('is found each time, in a long text', () => {
    fc.assert(
      fc.property(fc.array(valid[kind], { minLength: 2, maxLength: 6 }), values => {
        const text = values.map((value, index) => `line ${index} of the report\n${value}\n`).join('');
        expect(findIn(text).map(found => found.text)).toEqual(values);
      }),
      { numRuns: 50 },
    );
  });

  it('is not shorter than is said', () => {
    fc.assert(fc.property(valid[kind], value => value.length >= detectorFacts[kind].bytesMin));
  });

  it('is found by itself alone, too', () => {
    fc.assert(
      fc.property(valid[kind], value => {
        expect(findIn(value, [kind])).toEqual([{ kind, text: value }]);
      }),
      runs,
    );
  });
});

/** Without these two, texts that can hold nothing are told by a part of their bytes. */
const lookedAhead = detectorKinds.filter(kind => kind !== 'email' && kind !== 'phone');

describe('a text of which a part is enough to see that it holds nothing', () => {
  const around = fc.string({ unit: fc.constantFrom(...' 7-.x/_B4é{"'), maxLength: 30 });

  it.each(lookedAhead)('is not one that holds a %s', kind => {
    fc.assert(
      fc.property(valid[kind], before, behind, around, around, (value, prefix, suffix, left, right) => {
        const text = `${left} ${prefix}${value}${suffix} ${right}`;
        const expected = findIn(text).filter(found => found.kind !== 'email' && found.kind !== 'phone');
        expect(findIn(text, lookedAhead)).toEqual(expected);
        expect(findIn(text, [kind])).toEqual(expected.filter(found => found.kind === kind));
      }),
      runs,
    );
  });

  it('is not one with a secret access key', () => {
    fc.assert(
      fc.property(awsSecrets, around, ({ name, secret }, left) => {
        expect(findIn(`${left} ${name}${secret}"`, lookedAhead)).toContainEqual({ kind: 'aws_key', text: secret });
      }),
    );
  });
});

const otherDigit = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 9 }));
/** With one digit changed, which a checksum always notices. */
function misread(value: string, [place, by]: [number, number]): string {
  const places = [...value.matchAll(/\d/g)].map(match => match.index);
  const at = places[place % places.length] ?? 0;
  return `${value.slice(0, at)}${(Number(value[at]) + by) % 10}${value.slice(at + 1)}`;
}

it('finds secret access keys behind their name, and only there', () => {
  fc.assert(
    fc.property(awsSecrets, ({ name, secret }) => {
      expect(findIn(`${name}${secret}"`)).toEqual([{ kind: 'aws_key', text: secret }]);
      expect(findIn(`other_name = ${secret}`)).toEqual([]);
      expect(findIn(`${name}${secret}x`)).toEqual([]);
    }),
  );
});

it('knows how long the IBANs of each country are', () => {
  const lengths =
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 ' +
    'FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 ' +
    'LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 ' +
    'SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30';
  expect([...ibanLengths].map(([country, length]) => `${country}${length}`).join(' ')).toBe(lengths);
});

/** Of the longest ones a part may be a card by chance. */
const shortCards = cards.filter(card => digitsOf(card).length <= 16);

describe('near misses', () => {
  it('a card with one wrong digit', () => {
    fc.assert(
      fc.property(shortCards, otherDigit, (card, change) => {
        expect(findIn(misread(card, change), ['card'])).toEqual([]);
      }),
      runs,
    );
  });

  it('an IBAN with one wrong digit', () => {
    fc.assert(
      fc.property(ibans, otherDigit, (iban, change) => {
        expect(findIn(misread(iban, change), ['iban'])).toEqual([]);
      }),
      runs,
    );
  });

  it('an IBAN of a wrong length, country or structure', () => {
    const tooLong = withCheckDigits('DE', '1234567890123456789');
    const letters = withCheckDigits('DE', '12345678901234567X');
    for (const text of [tooLong, letters, withCheckDigits('ZZ', '123456789012345678')])
      expect(findIn(text)).toEqual([]);
  });

  it('a GitHub token with another checksum', () => {
    fc.assert(
      fc.property(
        githubTokens.filter(token => token.startsWith('gh') && !token.startsWith('github')),
        token => {
          const last = token.at(-1) === 'a' ? 'b' : 'a';
          expect(findIn(`${token.slice(0, -1)}${last}`)).toEqual([]);
        },
      ),
      runs,
    );
  });

  it('three parts with dots that do not decode to a token', () => {
    fc.assert(
      fc.property(jwts, jwt => {
        expect(findIn(jwt.replace('eyJ', 'eyJX'))).toEqual([]);
      }),
      runs,
    );
    expect(findIn('eyJhbGciOiJIUzI1NiJ9.bm90IGpzb24.c2lnbmF0dXJl')).toEqual([]);
  });

  it.each<[DetectorKind, string]>([
    ['card', '4111 1111 1111 1112'],
    ['card', '1111 2222 3333 4444'],
    ['card', 'x4111111111111111'],
    ['card', '0.4111111111111111'],
    ['card', '41111111111111110'],
    ['card', '4111.1111.1111.1111'],
    ['ssn', '000-12-3456'],
    ['ssn', '666-12-3456'],
    ['ssn', '912-12-3456'],
    ['ssn', '123-00-4567'],
    ['ssn', '123-45-0000'],
    ['ssn', '078-05-1120'],
    ['ssn', '1-123-45-6789'],
    ['ssn', '123456789'],
    ['private_key', '-----BEGIN PRIVATE KEY----- is how it begins, and a good many words follow that are none of it'],
    ['private_key', `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(64)}\n-----END PUBLIC KEY-----`],
    ['private_key', `-----BEGIN CERTIFICATE-----\n${'A'.repeat(64)}\n-----END CERTIFICATE-----`],
    ['aws_key', 'AKIA0123456789ABCDEF'],
    ['aws_key', 'AKIAABCDEFGHIJKLMNO'],
    ['aws_key', 'AKIAABCDEFGHIJKLMNOPQ'],
    ['gcp_key', `AIza${'a'.repeat(34)}`],
    ['slack_token', 'xoxb-is-not-a-token-because-of-words'],
    ['stripe_key', 'pk_live_abcdefghijklmnopqrstuvwx'],
    ['stripe_key', 'task_live_abcdefghijklmnopqrstuvwx'],
    ['email', 'logo@2x.png'],
    ['email', 'git@example.com:team/project.git'],
    ['email', 'postgres://app:word@db.example.com/shop'],
    ['email', 'me@localhost'],
    ['email', 'package@1.2.3'],
    ['phone', '+00 12345678'],
    ['phone', '+11115551234'],
    ['phone', '111-555-1234'],
    ['phone', '2026-11-21 03:54:47+00'],
    ['phone', '415 555 1234 99'],
  ])('%s: %s', (kind, text) => expect(findIn(text, [kind])).toEqual([]));
});

it.each<[string, readonly DetectorKind[]]>([
  ['4111 1111 1111 1111 12 25', ['card']],
  ['4111 1111 1111 1111 5500 0000 0000 0004', ['card', 'card']],
  ['card 2 4111-1111-1111-1111', ['card']],
  ['Write to a.b@example.com.', ['email']],
  ['x@example.com:hunter2', ['email']],
  ['+49 (0)151 2345 6789 / +1 (212) 555-0123', ['phone', 'phone']],
  ['jörg.müller@exämple.de', ['email']],
])('finds in %s', (text, kinds) => expect(findIn(text).map(found => found.kind)).toEqual(kinds));

it('leaves harmless text alone', () => {
  const random = randomFrom(7);
  const texts = Array.from({ length: 3_000 }, () => harmless(random)).flat();
  const found = texts.flatMap(text => findIn(text).map(({ kind }) => `${kind}: ${text}`));
  expect(found.slice(0, 20)).toEqual([]);
});

it('takes long numbers for cards no more often than their check digit says', () => {
  const random = randomFrom(11);
  const numbers = Array.from({ length: 20_000 }, () => digitsOf(String(1e15 + Math.floor(random() * 8.9e15))));
  const share = numbers.filter(number => findIn(number).length > 0).length / numbers.length;
  expect(share).toBeLessThan(0.04);
});

describe('time is linear', () => {
  const hostile: Readonly<Record<string, string>> = {
    digits: '4',
    groups: '4111 ',
    'groups of one': '1 ',
    dashes: '-',
    'groups with dashes': '4111-',
    'headings of keys': '-----BEGIN PRIVATE KEY-----',
    'headings and words': '-----BEGIN PRIVATE KEY----- word word ',
    'beginnings of tokens': 'eyJ.',
    'heads of tokens': 'eyJhbGciOiJIUzI1NiJ9.',
    'long parts': `eyJ${'a'.repeat(500)}.`,
    'at signs': '@',
    addresses: 'a@',
    'local parts': `${'a'.repeat(70)}@`,
    domains: 'a@b.',
    'plus signs': '+4',
    parentheses: '(415',
    'countries of IBANs': 'DE89 ',
    underscores: 'ghp_',
    slack: 'xoxb-1',
    slashes: '/T',
    backslashes: '\\n4',
    anything: 'a@b.c +49(415)4111-eyJ.ghp_xoxb-AKIA DE89 ',
  };
  const smallBytes = 128 * 1024;
  const fill = (part: string, bytes: number) => part.repeat(Math.ceil(bytes / part.length)).slice(0, bytes);

  /** Processor time: what else the machine does is not in it. The best of a few, because collecting garbage is. */
  function bestMs(text: string, times: number): number {
    const spent = Array.from({ length: times }, () => {
      const before = process.cpuUsage();
      findIn(text);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    });
    return Math.min(...spent);
  }

  it.each(Object.entries(hostile))('%s', (_name, part) => {
    const small = bestMs(fill(part, smallBytes), 4);
    const large = bestMs(fill(part, smallBytes * 8), 2);
    // Eight times the text; quadratic would be sixty-four times the time.
    expect(large / Math.max(small, 2)).toBeLessThan(24);
  });
});
