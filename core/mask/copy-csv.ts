/** Masks the CSV format of COPY OUT. Quoting is read as PostgreSQL reads it (CopyReadAttributesCSV), so that both see the same fields. */
import { DelimitedCopy, newline } from './copy-delimited.ts';
import { type CopyFormat, singleByte } from './copy-machine.ts';
import type { ByteSink } from './sink.ts';
import { nextStop } from './stops.ts';
import type { CellWriter } from './writer.ts';

const carriageReturn = 0x0d;

export class CsvCopy extends DelimitedCopy {
  #isQuoted = false;
  /** Inside quotes, behind an escape: whether it escapes depends on what follows. */
  #isPending = false;
  readonly #quote: number;
  readonly #escape: number;
  /** 1 for bytes that mean something outside of quotes. */
  readonly #stops = new Uint8Array(256);
  /** 1 for bytes for which a value is put in quotes. */
  readonly #special = new Uint8Array(256);

  constructor(writers: readonly (CellWriter | null)[], format: CopyFormat) {
    super(writers, format);
    this.#quote = singleByte(format.quote, 'the quote');
    this.#escape = singleByte(format.escape, 'the escape');
    for (const byte of [newline, this.#quote, this.delimiter]) this.#stops[byte] = 1;
    for (const byte of [newline, carriageReturn, this.#quote, this.delimiter]) this.#special[byte] = 1;
  }

  protected override fieldEnd(chunk: Uint8Array, from: number, end: number): number {
    const stops = this.#stops;
    for (let at = from; at < end; at += 1) {
      if (!this.#isQuoted && !this.#isPending) at = nextStop(chunk, at, end, stops);
      if (at >= end) return end;
      const byte = chunk[at] as number;
      if (!this.#isInside(byte) && (byte === this.delimiter || byte === newline)) return at;
    }
    return end;
  }

  /** Follows quotes and escapes; true when the byte belongs to a field whatever it is. */
  #isInside(byte: number): boolean {
    if (this.#isPending) {
      this.#isPending = false;
      if (byte === this.#quote || byte === this.#escape) return true;
      // The escape was none; where it is the quote as well, it ended the quotes.
      if (this.#escape === this.#quote) this.#isQuoted = false;
    }
    if (!this.#isQuoted) {
      if (byte !== this.#quote) return false;
      this.#isQuoted = true;
      this.isEncoded = true;
      return true;
    }
    if (byte === this.#escape) this.#isPending = true;
    else if (byte === this.#quote) this.#isQuoted = false;
    return true;
  }

  /** The server puts a value in quotes that reads like NULL. */
  protected override mayBeValue(): boolean {
    return false;
  }

  protected override decode({ bytes, length }: ByteSink): void {
    this.plain.clear();
    this.plain.reserve(length);
    let isQuoted = false;
    for (let index = 0; index < length; index += 1) {
      const byte = bytes[index] ?? 0;
      const next = bytes[index + 1];
      if (isQuoted && byte === this.#escape && index + 1 < length && (next === this.#quote || next === this.#escape)) {
        index += 1;
        this.plain.byte(next);
      } else if (byte === this.#quote) {
        isQuoted = !isQuoted;
      } else {
        this.plain.byte(byte);
      }
    }
  }

  /** What was quoted is a value, whatever it says. */
  protected override isNullText(raw: ByteSink): boolean {
    return !this.isEncoded && super.isNullText(raw);
  }

  #needsQuotes(value: ByteSink): boolean {
    const { bytes, length } = value;
    return nextStop(bytes, 0, length, this.#special) < length || super.isNullText(value);
  }

  protected override encode(value: ByteSink, out: ByteSink, keepsShape: boolean): void {
    const { bytes, length } = value;
    // A client chooses what is put in quotes: the digit that it looks for as the delimiter, or the value as the text of NULL.
    if (!(keepsShape && this.isEncoded) && !this.#needsQuotes(value)) {
      out.append(bytes, 0, length);
      return;
    }
    out.byte(this.#quote);
    for (let index = 0; index < length; index += 1) {
      const byte = bytes[index] as number;
      if (byte === this.#quote || byte === this.#escape) out.byte(this.#escape);
      out.byte(byte);
    }
    out.byte(this.#quote);
  }
}
