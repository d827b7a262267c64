/** Finds what is written in digits: card numbers, social security numbers, telephone numbers of the North American plan. */
import { charClass, classes, type Text } from './bytes.ts';
import { cardDigits, groupedMin, isCard, isCardGrouping } from './card.ts';
import type { HitSink } from './hit.ts';
import { kindBit } from './kinds.ts';
import { NumberRun, separators } from './number-run.ts';
import { isNorthAmerican } from './phone.ts';
import { isSsn } from './ssn.ts';

const cardBit = kindBit('card');
const ssnBit = kindBit('ssn');
const phoneBit = kindBit('phone');
const run = new NumberRun();
const groupsMax = 7;
/** Fewer digits are nothing; fewer than a card has are something only with a group of three, as every other number has. */
const anyDigitsMin = 9;
const areaDigits = 3;
const dot = separators.dot;

/** End of a run of numbers that cannot hold a find, which is most of them: times, dates, amounts. 0 when it may. */
export function harmlessEnd({ bytes, end }: Text, at: number, hasDots: boolean): number {
  let position = at;
  let total = 0;
  let hasArea = false;
  for (;;) {
    const start = position;
    let byte = 0x30;
    while (byte >= 0x30 && byte <= 0x39) {
      position += 1;
      byte = position < end ? (bytes[position] as number) : 0;
    }
    const length = position - start;
    total += length;
    if (length === areaDigits) hasArea = true;
    if (length >= cardDigits.min || total >= groupedMin || (total >= anyDigitsMin && hasArea)) return 0;
    if (((classes[byte] as number) & charClass.separator) === 0 || (byte === dot && !hasDots)) return position;
    const next = position + 1 < end ? (bytes[position + 1] as number) : 0;
    if (next < 0x30 || next > 0x39) return position;
    position += 1;
  }
}

export type NumberSearch = HitSink & { readonly kinds: number };

/** `at` is the first digit of a group; the result is where scanning goes on. */
export function findNumbers(text: Text, at: number, search: NumberSearch): number {
  run.read(text, at);
  const { startable } = run;
  for (let group = 0; group < startable; ) {
    const last = findAt(text, group, search);
    if (last >= startable && last >= group) return run.endOf(last);
    group = last < group ? group + 1 : last + 1;
  }
  return Math.max(run.next, at + 1);
}

/** The last group of what begins at `first`, or -1. */
function findAt(text: Text, first: number, search: NumberSearch): number {
  const { kinds } = search;
  const report = (kind: 'card' | 'ssn' | 'phone', last: number): number => {
    search.found(kind, run.starts[first] as number, run.endOf(last));
    return last;
  };
  if ((kinds & cardBit) !== 0) {
    const last = cardAt(text, first);
    if (last >= 0) return report('card', last);
  }
  if ((kinds & ssnBit) !== 0 && isSsnAt(text, first)) return report('ssn', first + 2);
  if ((kinds & phoneBit) !== 0) {
    const last = phoneAt(text, first);
    if (last >= 0) return report('phone', last);
  }
  return -1;
}

function cardAt(text: Text, first: number): number {
  let found = -1;
  let total = 0;
  const lengths: number[] = [];
  for (let last = first; last < run.groups && last < first + groupsMax; last += 1) {
    const length = run.lengths[last] as number;
    total += length;
    if (total > cardDigits.max) break;
    lengths.push(length);
    if (total < cardDigits.min || run.isInWord(first, last) || run.hasDot(first, last)) continue;
    if (!isCard(run.digits, 0, run.digitsOf(text, first, last))) continue;
    if (isCardGrouping(lengths, run.isAlone(first, last)) && stands(text, first, last)) found = last;
  }
  return found;
}

/**
 * Whether groups stand for themselves rather than in the middle of a list of such groups. Cards that follow each other may: then
 * they fill the list from its beginning to its end.
 */
function stands(text: Text, first: number, last: number): boolean {
  if (first === last) return true;
  const isSame = (group: number, boundary: number) =>
    run.lengths[group] === 4 && run.before[boundary] === run.separatorOf(first, last);
  const continues = isSame(last + 1, last + 1) && last + 1 < run.groups;
  const continued = first > 0 && isSame(first - 1, first);
  if (!continues && !continued) return true;
  let from = first;
  while (from > 0 && isSame(from - 1, from)) from -= 1;
  let to = last;
  while (to + 1 < run.groups && isSame(to + 1, to + 1)) to += 1;
  return last - first === 3 && (first - from) % 4 === 0 && to - from < stretchMax && areCards(text, from, to);
}

/** Groups of a list that is looked at as cards behind each other. */
const stretchMax = 48;

function areCards(text: Text, from: number, to: number): boolean {
  for (let group = from; group <= to; group += 4) {
    if (group + 3 > to || !isCard(run.digits, 0, run.digitsOf(text, group, group + 3))) return false;
  }
  return true;
}

const lengthsAre = (first: number, lengths: readonly number[]): boolean =>
  first + lengths.length <= run.groups && lengths.every((length, index) => run.lengths[first + index] === length);

/** In one kind of separator that does not go on; blanks only where nothing else stands beside them. */
function isGrouped(first: number, last: number, allowed: readonly number[]): boolean {
  const separator = run.separatorOf(first, last);
  if (!allowed.includes(separator) || run.isInWord(first, last)) return false;
  if (separator === separators.space) return run.isAlone(first, last);
  return run.before[first] !== separator && run.before[last + 1] !== separator;
}

function isSsnAt(text: Text, first: number): boolean {
  if (!lengthsAre(first, [3, 2, 4]) || !isGrouped(first, first + 2, [separators.dash, separators.space])) return false;
  run.digitsOf(text, first, first + 2);
  return isSsn(run.digits);
}

const phoneGroups = [
  [3, 3, 4],
  [1, 3, 3, 4],
] as const;

function phoneAt(text: Text, first: number): number {
  for (const lengths of phoneGroups) {
    const last = first + lengths.length - 1;
    if (!lengthsAre(first, lengths)) continue;
    if (!isGrouped(first, last, [separators.dash, separators.dot, separators.space])) continue;
    const count = run.digitsOf(text, first, last);
    const offset = count - 10;
    if ((offset === 0 || run.digits[0] === 1) && isNorthAmerican(run.digits, offset)) return last;
  }
  return -1;
}
