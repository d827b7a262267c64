/** International bank account numbers: country, length and structure of the SWIFT registry, check digits of ISO 7064 (mod 97-10). */
import { alnum, byteAt, charClass, classes, isClass, isWordBefore, type Text } from './bytes.ts';

/** Behind country and check digits: how many of n digits, a capital letters, c either. */
const structures =
  'AD8n12c AE19n AL8n16c AT16n AZ4a20c BA16n BE12n BG4a6n8c BH4a14c BI23n BR23n1a1c BY4c4n16c CH5n12c CR18n CY8n16c CZ20n DE18n DJ23n DK14n DO4c20n EE16n EG25n ES20n FI14n FK2a12n FO14n FR10n11c2n GB4a14n GE2a16n GI4a15c GL14n GR7n16c GT24c HN4a20n HR17n HU24n IE4a14n IL19n IQ4a15n IS22n IT1a10n12c JO4a4n18c KW4a22c KZ3n13c LB4n20c LC4a24c LI5n12c LT16n LU3n13c LV4a13c LY21n MC10n11c2n MD20c ME18n MK3n10c2n MN16n MR23n MT4a5n18c MU4a19n3a NI4a20n NL4a10n NO11n OM3n16c PK4a16c PL24n PS4a21c PT21n QA4a21c RO4a16c RS18n RU14n15c SA2n18c SC4a20n3a SD14n SE20n SI15n SK20n SM1a10n12c SO19n ST21n SV4a20n TL19n TN20n TR6n16c UA6n19c VA18n VG4a16n XK16n YE4a4n18c';

const classOf: Readonly<Record<string, number>> = { n: charClass.digit, a: charClass.upper, c: alnum };

/** One byte class per place behind the check digits, by country. */
const places = new Map(
  structures.split(' ').map(entry => {
    const parts = [...entry.slice(2).matchAll(/(\d+)([nac])/g)];
    return [
      entry.slice(0, 2),
      parts.flatMap(([, count, kind = 'c']) => Array<number>(Number(count)).fill(classOf[kind] ?? 0)),
    ];
  }),
);

/** Country code → length of the whole IBAN. */
export const ibanLengths: ReadonlyMap<string, number> = new Map(
  [...places].map(([code, rest]) => [code, rest.length + 4]),
);

/** 1 for every pair of letters that begins an IBAN, in either case: asked of each letter with a digit behind it. */
const countries = new Uint8Array(32 * 32);
for (const code of places.keys()) countries[((code.charCodeAt(0) & 31) << 5) | (code.charCodeAt(1) & 31)] = 1;
const letter = charClass.upper | charClass.lower;

/** `start`: where the text begins. */
export const isCountry = (bytes: Uint8Array, at: number, start: number): boolean =>
  at >= start &&
  ((classes[bytes[at] as number] as number) & letter) !== 0 &&
  ((classes[bytes[at + 1] as number] as number) & letter) !== 0 &&
  countries[(((bytes[at] as number) & 31) << 5) | ((bytes[at + 1] as number) & 31)] === 1;

/** Case is of no meaning, but mixed cases are no IBAN. */
const isLower = (byte: number): boolean => byte >= 0x61 && byte <= 0x7a;

/**
 * Where the IBAN ends whose check digits begin at `at`, two letters before it; -1 when there is none. In groups of four with one
 * space or dash between, or in one piece.
 */
export function ibanEnd(text: Text, at: number): number {
  const start = at - 2;
  if (!isClass(text, at + 1, charClass.digit) || isWordBefore(text, start)) return -1;
  const first = byteAt(text, start);
  const second = byteAt(text, start + 1);
  if (isLower(first) !== isLower(second)) return -1;
  const country = String.fromCharCode(first & 0xdf, second & 0xdf);
  const expected = places.get(country);
  if (expected === undefined) return -1;
  return readIban(text, { start, expected, lower: isLower(first) });
}

type Reading = { start: number; expected: readonly number[]; lower: boolean };

function readIban(text: Text, { start, expected, lower }: Reading): number {
  let remainder = 0;
  let at = start + 4;
  const separator = byteAt(text, at);
  const isGrouped = separator === 0x20 || separator === 0x2d;
  for (let place = 0; place < expected.length; place += 1) {
    if (isGrouped && place % 4 === 0) {
      if (byteAt(text, at) !== separator) return -1;
      at += 1;
    }
    const byte = byteAt(text, at);
    if (lower ? byte >= 0x41 && byte <= 0x5a : isLower(byte)) return -1;
    const upper = isLower(byte) ? byte & 0xdf : byte;
    if (((classes[upper] as number) & (expected[place] as number)) === 0) return -1;
    remainder = fold(remainder, upper);
    at += 1;
  }
  if (isClass(text, at, alnum)) return -1;
  for (let index = 0; index < 4; index += 1) {
    const byte = byteAt(text, start + index);
    remainder = fold(remainder, isLower(byte) ? byte & 0xdf : byte);
  }
  return remainder === 1 ? at : -1;
}

/** Letters count as 10 to 35. */
const fold = (remainder: number, byte: number): number =>
  byte <= 0x39 ? (remainder * 10 + byte - 0x30) % 97 : (remainder * 100 + byte - 0x37) % 97;
