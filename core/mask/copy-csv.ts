/** Masks the CSV format of COPY OUT. Quoting is read as PostgreSQL reads it (CopyReadAttributesCSV), so that both see the same fields. */
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
const carriageReturn = 0x0d;

export class CsvCopy implements CopyMachine {
  cells = 0;
  rows = 0;
  private column = 0;
  private isQuoted = false;
  private wasQuoted = false;
  /** Inside quotes, behind an escape: whether it escapes depends on what follows. */
  private isPending = false;
  private inHeader: boolean;
  private isFresh = true;
  private readonly delimiter: number;
  private readonly quote: number;
  private readonly escape: number;
  private readonly nullText: Uint8Array;
  private readonly field = new FieldBuffer();
  private readonly plain = new ByteSink(256);
  private readonly masked = new MaskedValue();

  constructor(
    private readonly writers: readonly (CellWriter | null)[],
    format: CopyFormat,
  ) {
    this.delimiter = singleByte(format.delimiter, 'the delimiter');
    this.quote = singleByte(format.quote, 'the quote');
    this.escape = singleByte(format.escape, 'the escape');
    this.nullText = encode(format.null);
    this.inHeader = format.header;
  }

  push(chunk: Uint8Array, start: number, end: number, out: ByteSink): void {
    let from = start;
    for (let position = start; position < end; position += 1) {
      const byte = chunk[position] ?? 0;
      this.isFresh = false;
      if (this.isInside(byte)) continue;
      if (byte === this.delimiter || byte === newline) {
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

  /** Follows quotes and escapes; true when the byte belongs to a field whatever it is. */
  private isInside(byte: number): boolean {
    if (this.isPending) {
      this.isPending = false;
      if (byte === this.quote || byte === this.escape) return true;
      // The escape was none; where it is the quote as well, it ended the quotes.
      if (this.escape === this.quote) this.isQuoted = false;
    }
    if (!this.isQuoted) {
      if (byte !== this.quote) return false;
      this.isQuoted = true;
      this.wasQuoted = true;
      return true;
    }
    if (byte === this.escape) this.isPending = true;
    else if (byte === this.quote) this.isQuoted = false;
    return true;
  }

  private writer(): CellWriter | null {
    return this.inHeader ? null : (this.writers[this.column] ?? null);
  }

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
    this.wasQuoted = false;
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
    if (!this.wasQuoted && this.field.equals(this.nullText)) {
      out.append(this.nullText);
    } else if (!this.field.isPassing) {
      const value = this.field.isOversize ? null : this.masked.of(writer, this.unquote(), this.plain.length);
      if (value !== unchanged) this.cells += 1;
      if (value === unchanged) out.append(this.field.raw.bytes, 0, this.field.raw.length);
      else if (value === null) out.append(this.nullText);
      else this.write(value, out);
    }
    this.field.clear();
  }

  private unquote(): Uint8Array {
    const { bytes, length } = this.field.raw;
    this.plain.clear();
    this.plain.reserve(length);
    let isQuoted = false;
    for (let index = 0; index < length; index += 1) {
      const byte = bytes[index] ?? 0;
      const next = bytes[index + 1];
      if (isQuoted && byte === this.escape && index + 1 < length && (next === this.quote || next === this.escape)) {
        index += 1;
        this.plain.byte(next);
      } else if (byte === this.quote) {
        isQuoted = !isQuoted;
      } else {
        this.plain.byte(byte);
      }
    }
    return this.plain.bytes;
  }

  private needsQuotes(value: Uint8Array): boolean {
    const special = (byte: number) =>
      byte === this.delimiter || byte === this.quote || byte === newline || byte === carriageReturn;
    const isNullText =
      value.length === this.nullText.length && value.every((byte, index) => byte === this.nullText[index]);
    return this.wasQuoted || isNullText || value.some(special);
  }

  private write(value: Uint8Array, out: ByteSink): void {
    if (!this.needsQuotes(value)) {
      out.append(value);
      return;
    }
    out.byte(this.quote);
    for (const byte of value) {
      if (byte === this.quote || byte === this.escape) out.byte(this.escape);
      out.byte(byte);
    }
    out.byte(this.quote);
  }
}
