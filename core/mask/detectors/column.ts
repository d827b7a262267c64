/** Looks at each value of one output column, hides what policy masks, and counts what it found. */
import type { OutputDetectors } from '../../policy/detect.ts';
import { type CellWriter, unchanged } from '../writer.ts';
import type { Text } from './bytes.ts';
import { charactersMax, type ValueForm } from './form.ts';
import type { HitSink } from './hit.ts';
import { bytesMinOf, type DetectorKind, detectorKinds, kindBit } from './kinds.ts';
import type { Place } from './place.ts';
import { anything, type Scanner, scannerFor } from './scan.ts';
import type { Tally } from './tally.ts';
import { ValueReader, type ValueSink } from './value.ts';
import type { ColumnWatch, Sampling } from './watch.ts';

/** A value that is searched for what has to be hidden is read whole; larger ones are shown as NULL in COPY. */
export const searchedBytesMax = 64 * 1024 * 1024;

const nothing: Uint8Array = Buffer.alloc(0);
const star = 0x2a;
const zero = 0x30;
const space = 0x20;
/** Stands for a character of two bytes, so that neither bytes nor characters change in number: a middle dot. */
const dot = [0xc2, 0xb7] as const;

export type DetectorTarget = {
  detectors: OutputDetectors;
  form: ValueForm;
  typeOid: number;
  typmod: number;
  format: 0 | 1;
  /** Index of the column in the tallies. */
  place: number;
  watch: ColumnWatch;
  sampling: Sampling;
};

const bitsOf = (detectors: OutputDetectors, verdict: 'mask' | 'alert'): number =>
  detectorKinds.filter(kind => detectors[kind]?.verdict === verdict).reduce((bits, kind) => bits | kindBit(kind), 0);

/** Null when no value of the column can hold any of the kinds. */
export function columnDetector(target: DetectorTarget): ColumnDetector | null {
  const { detectors, typeOid, typmod } = target;
  const bits = bitsOf(detectors, 'mask') | bitsOf(detectors, 'alert');
  const fits = charactersMax(typeOid, typmod);
  return bits === 0 || (fits !== null && fits < bytesMinOf(bits)) ? null : new ColumnDetector(target);
}

export class ColumnDetector implements CellWriter, ValueSink {
  readonly maxGrowth = 0;
  readonly copyBytesMax = searchedBytesMax;
  readonly keepsShape = true;
  /** Nothing is hidden here: what is too large to be read whole may pass. */
  readonly passesOversize: boolean;
  /** Where finds are counted from now on. */
  tally: Tally | null = null;
  readonly #target: DetectorTarget;
  readonly #reader: ValueReader;
  readonly #mask: number;
  readonly #alert: number;
  readonly #masking: Scanner;
  readonly #alerting: Scanner;
  readonly #all: Scanner;
  readonly #bytesMin: number;
  readonly #isOpaque: boolean;
  /** Where the value is the text that is scanned. */
  readonly #plain: HitSink | null;

  // Of the value at hand.
  readonly #text: Text = { bytes: nothing, start: 0, end: 0 };
  #source: Uint8Array = nothing;
  #start = 0;
  #length = 0;
  #out: Uint8Array = nothing;
  #outOffset = 0;
  #found = 0;
  #isCopied = false;
  #isNull = false;

  constructor(target: DetectorTarget) {
    this.#target = target;
    this.#reader = new ValueReader(target.form, target.format);
    this.#mask = bitsOf(target.detectors, 'mask');
    this.#alert = bitsOf(target.detectors, 'alert');
    this.#masking = scannerFor(this.#mask);
    this.#alerting = scannerFor(this.#alert);
    this.#all = scannerFor(this.#mask | this.#alert);
    this.#bytesMin = bytesMinOf(this.#mask | this.#alert);
    this.#isOpaque = target.form.kind === 'opaque';
    const isPlain = !target.form.isArray && (target.form.kind === 'text' || this.#isOpaque);
    this.#plain = isPlain ? { found: (kind, from, to) => this.found(kind, { from, to, place: 'text' }) } : null;
    this.passesOversize = this.#mask === 0;
  }

  write(source: Uint8Array, start: number, length: number, out: Uint8Array, outOffset: number): number {
    const { watch, sampling } = this.#target;
    const isSampled = this.#alert !== 0 && watch.isDue(sampling);
    this.#count(isSampled);
    if (length < this.#bytesMin || (this.#mask === 0 && !isSampled)) {
      if (isSampled) watch.saw(false);
      return unchanged;
    }
    const mayHold = this.#plain === null || isSampled ? anything : this.#masking.mayHold(source, start, start + length);
    if (mayHold === 0) return unchanged;
    this.#source = source;
    this.#start = start;
    this.#length = length;
    this.#out = out;
    this.#outOffset = outOffset;
    this.#found = 0;
    this.#isCopied = false;
    this.#isNull = false;
    this.#search(isSampled, mayHold);
    this.#source = nothing;
    this.#out = nothing;
    this.#text.bytes = nothing;
    if (isSampled) watch.saw((this.#found & this.#alert) !== 0);
    if (this.#found !== 0) this.tally?.add(this.#target.place, this.#found);
    if (this.#isNull) return -1;
    return this.#isCopied ? length : unchanged;
  }

  get watch(): ColumnWatch {
    return this.#target.watch;
  }

  /** Whether values that are not sampled have to be glanced at; null where a glance does not tell enough. */
  get needsGlance(): boolean | null {
    if (this.#mask === 0) return false;
    return this.#plain !== null && this.#masking.looksAhead ? true : null;
  }

  /** Values that may pass before one is sampled. */
  get unsampled(): number {
    const { watch, sampling } = this.#target;
    return this.#alert === 0 ? Number.POSITIVE_INFINITY : watch.notDue(sampling);
  }

  /** So many values were given to nobody because they hold nothing: at most as many as are `unsampled`. */
  passed(values: number): void {
    if (this.#alert !== 0) this.#target.watch.passed(values);
    const { masked } = this.tally ?? {};
    if (masked !== undefined) masked[this.#target.place] = (masked[this.#target.place] ?? 0) + values;
  }

  found(kind: DetectorKind, { from, to, place }: { from: number; to: number; place: Place }): void {
    const bit = kindBit(kind);
    this.#found |= bit;
    if ((this.#mask & bit) === 0 || this.#isNull) return;
    const isNumber = place === 'number';
    if (this.#isOpaque || place === 'markup' || (isNumber && !this.#isDigits(from, to))) {
      this.#isNull = true;
      return;
    }
    if (!this.#isCopied) {
      this.#isCopied = true;
      this.#out.set(this.#source.subarray(this.#start, this.#start + this.#length), this.#outOffset);
    }
    const shift = this.#outOffset - this.#start;
    if (isNumber) {
      this.#out.fill(space, from + shift, to + shift);
      this.#out[from + shift] = zero;
    } else this.#hide(from, to, shift);
  }

  #count(isSampled: boolean): void {
    const { tally } = this;
    if (tally === null) return;
    const { place } = this.#target;
    tally.masked[place] = (tally.masked[place] ?? 0) + 1;
    if (isSampled) tally.sampled[place] = (tally.sampled[place] ?? 0) + 1;
  }

  #search(isSampled: boolean, mayHold: number): void {
    const { bytesMax } = this.#target.sampling;
    const isLarge = this.#length > bytesMax;
    if (!isSampled) this.#read(this.#masking, this.#length, mayHold);
    else if (!isLarge) this.#read(this.#all, this.#length);
    else {
      if (this.#mask !== 0) this.#read(this.#masking, this.#length);
      this.#read(this.#alerting, bytesMax);
    }
  }

  #read(scanner: Scanner, length: number, mayHold = anything): void {
    const text = this.#text;
    text.bytes = this.#source;
    text.start = this.#start;
    text.end = this.#start + length;
    if (this.#plain === null) this.#reader.read(text, scanner, this);
    else scanner.scanFor(mayHold, text, this.#plain);
  }

  #isDigits(from: number, to: number): boolean {
    for (let at = from; at < to; at += 1) {
      const byte = this.#source[at] as number;
      if (byte < 0x30 || byte > 0x39) return false;
    }
    return true;
  }

  #hide(from: number, to: number, shift: number): void {
    for (let at = from; at < to; at += 1) {
      const isPair = (this.#source[at] as number) >= 0xc0 && at + 1 < to;
      this.#out[at + shift] = isPair ? dot[0] : star;
      if (isPair) {
        this.#out[at + 1 + shift] = dot[1];
        at += 1;
      }
    }
  }
}
