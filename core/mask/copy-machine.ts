/** What the masking machines of the COPY formats have in common. */
import type { StatementAnalysis } from '../sql/analysis.ts';
import { ByteSink } from './sink.ts';
import type { CellWriter } from './writer.ts';

export type CopyFormat = NonNullable<StatementAnalysis['copy']>;

/** Takes bytes in any cuts; throws `CopyFormatError` when they are not what was announced. */
export type CopyMachine = {
  /** True when they were whole rows that pass as they are: then nothing was appended. */
  push(chunk: Uint8Array, start: number, end: number, out: ByteSink): boolean;
  end(): void;
  /** Values masked so far, NULLs not counted. */
  readonly cells: number;
  readonly rows: number;
};

export class CopyFormatError extends Error {
  override name = 'CopyFormatError';
}

/** A masked value longer than this is shown as NULL without being read whole. */
export const copyFieldBytesMax = 1024 * 1024;

/** A delimiter or quote of COPY: one single-byte character. */
export function singleByte(text: string, what: string): number {
  const code = text.charCodeAt(0);
  if (text.length !== 1 || code > 127 || code === 0)
    throw new CopyFormatError(`${what} is not a single-byte character`);
  return code;
}

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The raw bytes of one masked field as they arrive. */
export class FieldBuffer {
  readonly raw = new ByteSink(256);
  isOversize = false;
  /** Too large, and nothing to be hidden in it: it has left already as far as it has come. */
  isPassing = false;

  add(
    source: Uint8Array,
    { start, end }: { start: number; end: number },
    to: { writer: CellWriter; out: ByteSink },
  ): void {
    if (this.isPassing) to.out.append(source, start, end);
    else if (this.isOversize || this.raw.length + (end - start) > (to.writer.copyBytesMax ?? copyFieldBytesMax)) {
      this.isOversize = true;
      if (to.writer.passesOversize !== true) return;
      this.isPassing = true;
      to.out.append(this.raw.bytes, 0, this.raw.length);
      to.out.append(source, start, end);
    } else this.raw.append(source, start, end);
  }

  clear(): void {
    this.raw.clear();
    this.isOversize = false;
    this.isPassing = false;
  }
}

/** The masked form of one value, in a buffer that the next one overwrites. */
export class MaskedValue {
  /** Of the last call that gave a length. */
  readonly bytes = new ByteSink(256);

  /** Masks `value[start, start + length)`. The length of the masked form, -1 for NULL, or `unchanged` when it passes. */
  of(writer: CellWriter, value: Uint8Array, { start, length }: { start: number; length: number }): number {
    this.bytes.clear();
    this.bytes.reserve(length + writer.maxGrowth);
    const written = writer.write(value, start, length, this.bytes.bytes, 0);
    this.bytes.length = Math.max(written, 0);
    return written;
  }
}
