/** Masks the text format of COPY OUT. */
import {
  type CopyFormat,
  CopyFormatError,
  type CopyMachine,
  encode,
  FieldBuffer,
  MaskedValue,
  singleByte,
} from './copy-machine.ts';
import { ByteSink } from './sink.ts';
import { type CellWriter, unchanged } from './writer.ts';

const newline = 0x0a;
const backslash = 0x5c;

/** The characters behind a backslash, and what they stand for. */
const escapes: readonly (readonly [number, number])[] = [
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x76, 0x0b],
];
const unescaped = new Map(escapes);
const escaped = new Map(escapes.map(([letter, value]) => [value, letter]));

export class TextCopy implements CopyMachine {
  cells = 0;
  rows = 0;
  private column = 0;
  private isEscaped = false;
  private inHeader: boolean;
  private isFresh = true;
  private readonly delimiter: number;
  private readonly nullText: Uint8Array;
  private readonly field = new FieldBuffer();
  private readonly plain = new ByteSink(256);
  private readonly masked = new MaskedValue();

  constructor(
    private readonly writers: readonly (CellWriter | null)[],
    format: CopyFormat,
  ) {
    this.delimiter = singleByte(format.delimiter, 'the delimiter');
    this.nullText = encode(format.null);
    this.inHeader = format.header;
  }

  push(chunk: Uint8Array, start: number, end: number, out: ByteSink): void {
    let from = start;
    for (let position = start; position < end; position += 1) {
      const byte = chunk[position];
      this.isFresh = false;
      if (this.isEscaped) {
        this.isEscaped = false;
      } else if (byte === backslash) {
        this.isEscaped = true;
      } else if (byte === this.delimiter || byte === newline) {
        from = this.boundary(chunk, { from, position, isRowEnd: byte === newline }, out);
      }
    }
    const writer = this.writer();
    if (writer === null) out.append(chunk, from, end);
    else this.field.add(chunk, { start: from, end }, { writer, out });
  }

  end(): void {
    if (!this.isFresh) throw new CopyFormatError('it ends in the middle of a row');
  }

  private writer(): CellWriter | null {
    return this.inHeader ? null : (this.writers[this.column] ?? null);
  }

  /** Handles the end of a field and returns where the bytes not yet handled start. */
  private boundary(
    chunk: Uint8Array,
    { from, position, isRowEnd }: { from: number; position: number; isRowEnd: boolean },
    out: ByteSink,
  ): number {
    const writer = this.writer();
    let rest = from;
    if (writer !== null) {
      this.field.add(chunk, { start: from, end: position }, { writer, out });
      this.finish(writer, out);
      rest = position;
    }
    this.advance(isRowEnd);
    if (this.writer() === null) return rest;
    out.append(chunk, rest, position + 1);
    return position + 1;
  }

  private advance(isRowEnd: boolean): void {
    this.column += 1;
    if (isRowEnd !== (this.column === this.writers.length))
      throw new CopyFormatError('a row has another number of columns');
    if (!isRowEnd) return;
    this.column = 0;
    this.isFresh = true;
    if (this.inHeader) this.inHeader = false;
    else this.rows += 1;
  }

  private finish(writer: CellWriter, out: ByteSink): void {
    if (this.field.equals(this.nullText)) out.append(this.nullText);
    else if (!this.field.isPassing) {
      const value = this.field.isOversize ? null : this.masked.of(writer, this.unescape(), this.plain.length);
      if (value !== unchanged) this.cells += 1;
      if (value === unchanged) out.append(this.field.raw.bytes, 0, this.field.raw.length);
      else if (value === null) out.append(this.nullText);
      else this.escape(value, out);
    }
    this.field.clear();
  }

  private unescape(): Uint8Array {
    const { bytes, length } = this.field.raw;
    this.plain.clear();
    this.plain.reserve(length);
    for (let index = 0; index < length; index += 1) {
      const byte = bytes[index] ?? 0;
      if (byte !== backslash || index + 1 >= length) {
        this.plain.byte(byte);
        continue;
      }
      index += 1;
      const behind = bytes[index] ?? 0;
      this.plain.byte(unescaped.get(behind) ?? behind);
    }
    return this.plain.bytes;
  }

  private escape(value: Uint8Array, out: ByteSink): void {
    for (const byte of value) {
      const letter = byte === backslash || byte === this.delimiter ? byte : escaped.get(byte);
      if (letter !== undefined) out.byte(backslash);
      out.byte(letter ?? byte);
    }
  }
}
