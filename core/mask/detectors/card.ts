/**
 * Payment card numbers: 12 to 19 digits whose first ones belong to an issuer that gives out numbers of this length, with a right
 * Luhn digit (ISO/IEC 7812-1), written in one piece or in groups.
 */

type Issuer = { from: number; to: number; digits: number; lengths: readonly number[] };

const range = (from: number, to: number, lengths: readonly number[]): Issuer => ({
  from,
  to,
  digits: String(from).length,
  lengths,
});
const upTo19 = [16, 17, 18, 19];

/** By first digits. Lengths are those in use; UATP (1…) is left out, because times in milliseconds begin so. */
const issuers: readonly Issuer[] = [
  range(4, 4, [13, 16, 19]), // Visa
  range(51, 55, [16]), // Mastercard
  range(2221, 2720, [16]), // Mastercard
  range(34, 34, [15]), // American Express
  range(37, 37, [15]),
  range(300, 305, [14, 16]), // Diners Club
  range(3095, 3095, [14, 16]),
  range(36, 36, [14, 16]),
  range(38, 39, [14, 16]),
  range(6011, 6011, upTo19), // Discover
  range(644, 649, upTo19),
  range(65, 65, upTo19),
  range(3528, 3589, upTo19), // JCB
  range(62, 62, upTo19), // UnionPay
  range(2200, 2204, upTo19), // Mir
  range(9792, 9792, [16]), // Troy
  range(5060, 5061, [16, 18, 19]), // Verve
  range(5085, 5089, [16]), // RuPay
  ...[5018, 5020, 5038, 5893, 6304, 6759, 6761, 6762, 6763].map(prefix =>
    range(prefix, prefix, [12, 13, 14, 15, 16, 17, 18, 19]),
  ), // Maestro
];

export const cardDigits = { min: 12, max: 19 };

/** Lengths that exist for the four first digits, as bits. */
const lengthsByPrefix = Int32Array.from({ length: 10_000 }, (_, first) => {
  const matching = issuers.filter(({ from, to, digits }) => {
    const prefix = Math.floor(first / 10 ** (4 - digits));
    return prefix >= from && prefix <= to;
  });
  return matching.flatMap(issuer => issuer.lengths).reduce((bits, length) => bits | (1 << length), 0);
});

/** `digits[from, from + count)` are 0 to 9. */
export function isCard(digits: Uint8Array, from: number, count: number): boolean {
  if (count < cardDigits.min || count > cardDigits.max) return false;
  let first = 0;
  for (let index = 0; index < 4; index += 1) first = first * 10 + (digits[from + index] as number);
  return ((lengthsByPrefix[first] as number) & (1 << count)) !== 0 && hasLuhnDigit(digits, from, count);
}

export function hasLuhnDigit(digits: Uint8Array, from: number, count: number): boolean {
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    const digit = digits[from + count - 1 - index] as number;
    const doubled = digit * 2;
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Groups in which cards are printed: four by four, American Express, Diners Club. */
const printed = new Set(['4-4-4-4', '4-4-4-4-3', '4-4-4-4-2', '4-4-4-4-1', '4-6-5', '4-6-4', '4-4-4-1', '4-4-4-3']);
const groupsMax = 7;
/** With fewer digits in groups it is more likely an article number. */
export const groupedMin = 13;

/** Whether groups of digits of these lengths are how a card is written. `isAlone`: nothing else stands in the run of numbers. */
export function isCardGrouping(lengths: readonly number[], isAlone: boolean): boolean {
  if (lengths.length === 1 || printed.has(lengths.join('-'))) return true;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  return (
    isAlone && total >= groupedMin && lengths.length <= groupsMax && lengths.slice(0, -1).every(length => length >= 2)
  );
}
