/** Digits in groups, as numbers are written: `4111 1111 1111 1111`, `078-05-1120`, `1.25`. Read once, then looked at group by group. */
import { alnum, byteAt, charClass, classes, isClass, isWordBefore, type Text } from './bytes.ts';

export const separators = { space: 0x20, dash: 0x2d, dot: 0x2e } as const;

/** A longer run is read in pieces that overlap by `overlap`. */
const groupsMax = 128;
const overlap = 8;
/** A window that is turned into digits is never longer. */
const digitsMax = 24;

/** Reused from run to run; valid until the next `read`. */
export class NumberRun {
  groups = 0;
  readonly starts = new Int32Array(groupsMax);
  readonly lengths = new Int32Array(groupsMax);
  /** What stands before a group: a separator within a run, 0 at its beginning. */
  readonly before = new Uint8Array(groupsMax + 1);
  /** A letter or digit goes on right before the first group, or right behind the last. */
  isWordBefore = false;
  isWordAfter = false;
  /** Where reading goes on. */
  next = 0;
  readonly digits = new Uint8Array(digitsMax);

  /** `at` is the first digit of a group. */
  read(text: Text, at: number): void {
    const { bytes, end } = text;
    this.groups = 0;
    this.isWordBefore = isWordBefore(text, at, alnum);
    const isContinued = isClass(text, at - 1, charClass.separator) && isClass(text, at - 2, charClass.digit);
    this.before[0] = isContinued ? byteAt(text, at - 1) : 0;
    let position = at;
    for (;;) {
      const start = position;
      while (position < end && ((classes[bytes[position] as number] as number) & charClass.digit) !== 0) position += 1;
      this.starts[this.groups] = start;
      this.lengths[this.groups] = position - start;
      this.groups += 1;
      const separator = byteAt(text, position);
      if (!isClass(text, position, charClass.separator) || !isClass(text, position + 1, charClass.digit)) {
        this.before[this.groups] = 0;
        break;
      }
      this.before[this.groups] = separator;
      if (this.groups === groupsMax) break;
      position += 1;
    }
    const isCut = this.before[this.groups] !== 0;
    this.isWordAfter = isClass(text, position, alnum);
    this.next = isCut ? (this.starts[groupsMax - overlap] as number) : position;
  }

  /** Groups a find may begin with: the others are read again with what follows them. */
  get startable(): number {
    return this.before[this.groups] === 0 ? this.groups : this.groups - overlap;
  }

  endOf(group: number): number {
    return (this.starts[group] as number) + (this.lengths[group] as number);
  }

  /** Whether a word goes on at either side of the groups `first` to `last`. */
  isInWord(first: number, last: number): boolean {
    return (first === 0 && this.isWordBefore) || (last === this.groups - 1 && this.isWordAfter);
  }

  isAlone(first: number, last: number): boolean {
    return this.before[first] === 0 && this.before[last + 1] === 0;
  }

  /** The one separator between the groups, 0 when they differ. */
  separatorOf(first: number, last: number): number {
    const separator = this.before[first + 1] as number;
    for (let group = first + 1; group <= last; group += 1) if (this.before[group] !== separator) return 0;
    return separator;
  }

  hasDot(first: number, last: number): boolean {
    for (let group = first; group <= last + 1; group += 1) if (this.before[group] === separators.dot) return true;
    return false;
  }

  /** Puts the digits of the groups into `digits`; the number of them. */
  digitsOf({ bytes }: Text, first: number, last: number): number {
    let count = 0;
    for (let group = first; group <= last; group += 1) {
      const start = this.starts[group] as number;
      for (let index = 0; index < (this.lengths[group] as number) && count < digitsMax; index += 1) {
        this.digits[count] = (bytes[start + index] as number) - 0x30;
        count += 1;
      }
    }
    return count;
  }
}
