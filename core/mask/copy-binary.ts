/** Masks the binary format of COPY OUT: a header, tuples of fields with lengths, a trailer. */
import {
  CopyFormatError,
  type CopyMachine,
  copyFieldBytesMax,
  encode,
  FieldBuffer,
  MaskedValue,
} from './copy-machine.ts';
import { ByteSink } from './sink.ts';
import { type CellWriter, unchanged } from './writer.ts';

const signature = Uint8Array.from([...encode('PGCOPY\n'), 0xff, 0x0d, 0x0a, 0x00]);
/** Flags above bit 15 change how the rest is read; none is known. */
const criticalFlags = 0xffff0000;

type Phase = 'signature' | 'flags' | 'extension_length' | 'extension' | 'count' | 'length' | 'value' | 'done';

/** Sizes of the parts that are read whole. */
const sizes: Readonly<Record<'signature' | 'flags' | 'extension_length' | 'count' | 'length', number>> = {
  signature: signature.length,
  flags: 4,
  extension_length: 4,
  count: 2,
  length: 4,
};

export class BinaryCopy implements CopyMachine {
  cells = 0;
  rows = 0;
  private phase: Phase = 'signature';
  private column = 0;
  /** Bytes of the value or the extension that are still to come. */
  private remaining = 0;
  /** Of the value at hand. */
  private writer: CellWriter | null = null;
  private readonly part = new ByteSink(16);
  private readonly field = new FieldBuffer();
  private readonly masked = new MaskedValue();

  constructor(private readonly writers: readonly (CellWriter | null)[]) {}

  push(chunk: Uint8Array, start: number, end: number, out: ByteSink): boolean {
    let position = start;
    while (position < end) position = this.step(chunk, position, end, out);
    return false;
  }

  end(): void {
    if (this.phase !== 'done') throw new CopyFormatError('it ends before its trailer');
  }

  private step(chunk: Uint8Array, position: number, end: number, out: ByteSink): number {
    if (this.phase === 'done') throw new CopyFormatError('something follows its trailer');
    if (this.phase === 'value' || this.phase === 'extension') return this.content(chunk, position, end, out);
    const size = sizes[this.phase];
    const taken = Math.min(size - this.part.length, end - position);
    this.part.append(chunk, position, position + taken);
    if (this.part.length === size) {
      const bytes = this.part.view();
      const view = new DataView(bytes.buffer, bytes.byteOffset, size);
      this.part.clear();
      this.complete(this.phase, view, out);
    }
    return position + taken;
  }

  private content(chunk: Uint8Array, position: number, end: number, out: ByteSink): number {
    const taken = Math.min(this.remaining, end - position);
    const writer = this.phase === 'value' ? this.writer : null;
    if (writer === null) out.append(chunk, position, position + taken);
    else this.field.add(chunk, { start: position, end: position + taken }, { writer, out });
    this.remaining -= taken;
    if (this.remaining === 0) this.contentEnd(writer, out);
    return position + taken;
  }

  private contentEnd(writer: CellWriter | null, out: ByteSink): void {
    if (this.phase === 'extension') {
      this.phase = 'count';
      return;
    }
    if (writer !== null) {
      const { raw } = this.field;
      const written = this.field.isOversize ? -1 : this.masked.of(writer, raw.bytes, { start: 0, length: raw.length });
      if (written !== unchanged) this.cells += 1;
      const value = written === unchanged ? raw : this.masked.bytes;
      out.int32(written === -1 ? -1 : value.length);
      if (written !== -1) out.append(value.bytes, 0, value.length);
      this.field.clear();
    }
    this.nextField();
  }

  private nextField(): void {
    this.column += 1;
    this.phase = this.column === this.writers.length ? 'count' : 'length';
    if (this.phase === 'count') this.rows += 1;
  }

  private complete(phase: keyof typeof sizes, view: DataView, out: ByteSink): void {
    const forward = () => out.append(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    switch (phase) {
      case 'signature':
        if (!signature.every((byte, index) => view.getUint8(index) === byte)) throw new CopyFormatError('no signature');
        forward();
        this.phase = 'flags';
        return;
      case 'flags':
        if ((view.getUint32(0) & criticalFlags) !== 0) throw new CopyFormatError('unknown flags');
        forward();
        this.phase = 'extension_length';
        return;
      case 'extension_length':
        forward();
        this.remaining = view.getInt32(0);
        if (this.remaining < 0) throw new CopyFormatError('a negative length');
        this.phase = this.remaining === 0 ? 'count' : 'extension';
        return;
      case 'count':
        forward();
        this.count(view.getInt16(0));
        return;
      case 'length':
        this.length(view.getInt32(0), out, forward);
    }
  }

  private count(columns: number): void {
    if (columns === -1) {
      this.phase = 'done';
      return;
    }
    if (columns !== this.writers.length || columns === 0)
      throw new CopyFormatError('a row has another number of columns');
    this.column = 0;
    this.phase = 'length';
  }

  private length(bytes: number, out: ByteSink, forward: () => void): void {
    if (bytes < -1) throw new CopyFormatError('a negative length');
    if (bytes === -1) {
      forward();
      this.nextField();
      return;
    }
    const writer = this.writers[this.column] ?? null;
    const passes = writer?.passesOversize === true && bytes > (writer.copyBytesMax ?? copyFieldBytesMax);
    this.writer = passes ? null : writer;
    if (this.writer === null) forward();
    this.remaining = bytes;
    this.phase = 'value';
    if (bytes === 0) this.contentEnd(this.writer, out);
  }
}
