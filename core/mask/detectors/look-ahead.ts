/**
 * Whether a text may hold anything at all, told from a part of its bytes: most texts hold nothing, and are let go here. E-mail
 * addresses and telephone numbers are too short and too loose for it.
 */
import { alnum, charClass, classes } from './bytes.ts';
import { isCountry } from './iban.ts';

const tableOf = (wanted: number, others: string): Uint8Array => {
  const table = classes.map(each => ((each & wanted) === 0 ? 0 : 1));
  for (const character of others) table[character.charCodeAt(0)] = 1;
  return table;
};

type Glance = (bytes: Uint8Array, start: number, end: number) => boolean;

/**
 * Whether so many bytes of a table stand in one piece. The last byte of each possible run is looked at first: where it is none of
 * them, the run cannot have begun before it.
 */
const hasRun =
  (table: Uint8Array, min: number): Glance =>
  (bytes, start, end) => {
    let from = start;
    let seen = start - 1;
    for (let at = start + min - 1; at < end; at = from + min - 1) {
      let back = at;
      while (back > seen && table[bytes[back] as number] === 1) back -= 1;
      if (back === seen) return true;
      seen = at;
      from = back + 1;
    }
    return false;
  };

/** For card and social security numbers: digits with what stands between them, eleven at least. */
export const mayHoldNumber: Glance = hasRun(tableOf(charClass.digit, ' -'), 11);

/** For keys and tokens of every kind, with what stands between their parts: they are of twenty such bytes or more. */
export const mayHoldToken: Glance = hasRun(tableOf(alnum | charClass.dash, './+='), 20);

const isDigit = (byte: number): boolean => (byte - 0x30) >>> 0 < 10;

/** Two letters of a country with two digits behind them. Every other byte is enough to see a pair of digits. */
export const mayHoldIban: Glance = (bytes, start, end) => {
  let at = start + 1;
  for (;;) {
    while (
      at + 6 < end &&
      !isDigit(bytes[at] as number) &&
      !isDigit(bytes[at + 2] as number) &&
      !isDigit(bytes[at + 4] as number) &&
      !isDigit(bytes[at + 6] as number)
    )
      at += 8;
    while (at < end && !isDigit(bytes[at] as number)) at += 2;
    if (at >= end) return false;
    const from = isDigit(bytes[at - 1] as number) ? at - 1 : at;
    if (from > start && (bytes[from - 1] as number) >= 0x41 && isCountry(bytes, from - 2, start)) return true;
    at += 2;
  }
};
