/**
 * What the text and CSV formats of COPY OUT have in common: fields between delimiters, rows between newlines. Fields that stand in
 * the chunk as they are meant are masked where they stand, and rows in which nothing changes are not copied.
 */
import {
  type CopyFormat,
  CopyFormatError,
  type CopyMachine,
  copyFieldBytesMax,
  encode,
  FieldBuffer,
  MaskedValue,
  singleByte,
} from './copy-machine.ts';
import { ByteSink } from './sink.ts';
import { type CellWriter, unchanged } from './writer.ts';

export const newline = 0x0a;

/** Where the field at hand stands: [start, at) of the chunk, of which bytes before `rest` have left. */
type Place = { rest: number; start: number; at: number };

export abstract class DelimitedCopy implements CopyMachine {
  cells = 0;
  rows = 0;
  /** The field at hand has quotes or escapes: it is written in another way than it reads. */
  protected isEncoded = false;
  protected readonly delimiter: number;
  protected readonly nullText: Uint8Array;
  /** A value may be written as NULL is: then nothing is known to be NULL, and all of it is masked. */
  readonly #isNullAmbiguous: boolean;
  /** What `decode` makes of a field. */
  protected readonly plain = new ByteSink(256);
  readonly #writers: readonly (CellWriter | null)[];
  readonly #field = new FieldBuffer();
  readonly #masked = new MaskedValue();
  #column = 0;
  #inHeader: boolean;
  /** At the beginning of a row. */
  #isFresh = true;
  /** The field at hand began in an earlier chunk: what came of it is in `#field`. */
  #isPartial = false;

  constructor(writers: readonly (CellWriter | null)[], format: CopyFormat) {
    this.#writers = writers;
    this.delimiter = singleByte(format.delimiter, 'the delimiter');
    this.nullText = encode(format.null);
    this.#isNullAmbiguous = this.mayBeValue(format.null);
    this.#inHeader = format.header;
  }

  /** The next byte from `at` that ends a field, or `end`. Follows quotes and escapes, also from one chunk to the next. */
  protected abstract fieldEnd(chunk: Uint8Array, at: number, end: number): number;
  /** Puts what `raw` means into `plain`. */
  protected abstract decode(raw: ByteSink): void;
  /** Appends a masked value as this format writes it. Only where it `keepsShape` may that show how the value itself was written. */
  protected abstract encode(value: ByteSink, out: ByteSink, keepsShape: boolean): void;
  /** Whether the server writes some value as it writes NULL. */
  protected abstract mayBeValue(nullText: string): boolean;

  push(chunk: Uint8Array, start: number, end: number, out: ByteSink): boolean {
    const before = out.length;
    let rest = start;
    let from = start;
    for (let at = this.fieldEnd(chunk, start, end); at < end; at = this.fieldEnd(chunk, from, end)) {
      const writer = this.#writer();
      if (writer !== null) rest = this.#mask(writer, chunk, { rest, start: from, at }, out);
      this.#isPartial = false;
      this.isEncoded = false;
      this.#advance(chunk[at] === newline);
      from = at + 1;
    }
    if (from < end) this.#isFresh = false;
    if (rest === start && this.#isFresh && out.length === before) return true;
    const writer = this.#writer();
    if (writer === null) out.append(chunk, rest, end);
    else {
      if (!this.#isPartial) out.append(chunk, rest, from);
      this.#field.add(chunk, { start: from, end }, { writer, out });
      this.#isPartial ||= from < end;
    }
    return false;
  }

  end(): void {
    if (!this.#isFresh) throw new CopyFormatError('it ends in the middle of a row');
  }

  #writer(): CellWriter | null {
    return this.#inHeader ? null : (this.#writers[this.#column] ?? null);
  }

  /** Where the bytes that have not left begin now. */
  #mask(writer: CellWriter, chunk: Uint8Array, place: Place, out: ByteSink): number {
    const { rest, start, at } = place;
    const length = at - start;
    if (this.#isPartial || this.isEncoded || length > (writer.copyBytesMax ?? copyFieldBytesMax)) {
      if (!this.#isPartial) out.append(chunk, rest, start);
      this.#field.add(chunk, { start, end: at }, { writer, out });
      this.#finish(writer, out);
      return at;
    }
    if (this.#isNull(chunk, start, length)) return rest;
    const written = this.#masked.of(writer, chunk, { start, length });
    if (written === unchanged) return rest;
    out.append(chunk, rest, start);
    this.#put(written, writer, out);
    return at;
  }

  #isNull(bytes: Uint8Array, start: number, length: number): boolean {
    if (length !== this.nullText.length || this.#isNullAmbiguous) return false;
    for (let index = 0; index < length; index += 1) if (bytes[start + index] !== this.nullText[index]) return false;
    return true;
  }

  /** A field that was collected. */
  #finish(writer: CellWriter, out: ByteSink): void {
    const { raw, isOversize, isPassing } = this.#field;
    if (!isOversize && this.isNullText(raw)) out.append(this.nullText);
    else if (!isPassing) {
      if (!isOversize) this.decode(raw);
      const written = isOversize
        ? -1
        : this.#masked.of(writer, this.plain.bytes, { start: 0, length: this.plain.length });
      if (written === unchanged) out.append(raw.bytes, 0, raw.length);
      else this.#put(written, writer, out);
    }
    this.#field.clear();
  }

  /** Whether a field that was collected stands for NULL. */
  protected isNullText(raw: ByteSink): boolean {
    return this.#isNull(raw.bytes, 0, raw.length);
  }

  /** What the writer has written, or NULL below 0. */
  #put(written: number, writer: CellWriter, out: ByteSink): void {
    this.cells += 1;
    if (written < 0) out.append(this.nullText);
    else this.encode(this.#masked.bytes, out, writer.keepsShape === true);
  }

  #advance(isRowEnd: boolean): void {
    this.#column += 1;
    this.#isFresh = false;
    if (isRowEnd !== (this.#column === this.#writers.length))
      throw new CopyFormatError('a row has another number of columns');
    if (!isRowEnd) return;
    this.#column = 0;
    this.#isFresh = true;
    if (this.#inHeader) this.#inHeader = false;
    else this.rows += 1;
  }
}
