/**
 * Collects what goes out in one turn so that it leaves in one write: a view of the incoming chunk as long as that is all there
 * is, a buffer of its own as soon as something is put in, left out or changed.
 */
const empty = new Uint8Array(0);
const initialBytes = 4 * 1024;
/** A buffer that one large turn has blown up is let go. */
const keptBytesMax = 256 * 1024;

export class Outlet {
  #source: Uint8Array = empty;
  #from = 0;
  #to = 0;
  #buffer: Uint8Array = empty;
  #length = 0;
  /** How much of what is collected ends a unit that the server answers by itself (Sync, Query). */
  #boundary = 0;

  get isEmpty(): boolean {
    return this.#to === this.#from && this.#length === 0;
  }

  get length(): number {
    return this.#length + this.#to - this.#from;
  }

  /** Appends bytes that stay valid until `take` or `settle`. */
  view(source: Uint8Array, from: number, to: number): void {
    if (from === to) return;
    if (this.#source === source && this.#to === from && this.#to !== this.#from) {
      this.#to = to;
      return;
    }
    this.settle();
    if (this.#length > 0) {
      this.#copy(source, from, to);
      return;
    }
    this.#source = source;
    this.#from = from;
    this.#to = to;
  }

  /** Appends a copy. */
  bytes(bytes: Uint8Array): void {
    this.settle();
    this.#copy(bytes, 0, bytes.length);
  }

  /** Room for `length` bytes at the returned offset of `target`; `advance` then says how many were written. */
  reserve(length: number): number {
    this.settle();
    this.#grow(this.#length + length);
    return this.#length;
  }

  get target(): Uint8Array {
    return this.#buffer;
  }

  advance(length: number): void {
    this.#length += length;
  }

  /** Copies a view into the own buffer: its source is about to change. */
  settle(): void {
    if (this.#to === this.#from) return;
    const source = this.#source;
    const from = this.#from;
    const to = this.#to;
    this.#source = empty;
    this.#from = 0;
    this.#to = 0;
    this.#copy(source, from, to);
  }

  mark(): number {
    return this.length;
  }

  /** Forgets what was appended since `mark`. */
  rollback(mark: number): void {
    this.settle();
    this.#length = Math.min(this.#length, mark);
    this.#boundary = Math.min(this.#boundary, mark);
  }

  markBoundary(): void {
    this.#boundary = this.length;
  }

  /** All that was collected; valid until the next append. Null when there is nothing. */
  take(): Uint8Array | null {
    this.#boundary = 0;
    if (this.#to !== this.#from) {
      const view =
        this.#from === 0 && this.#to === this.#source.length
          ? this.#source
          : this.#source.subarray(this.#from, this.#to);
      this.#source = empty;
      this.#from = 0;
      this.#to = 0;
      return view;
    }
    if (this.#length === 0) return null;
    const view = this.#buffer.subarray(0, this.#length);
    this.#length = 0;
    if (this.#buffer.length > keptBytesMax) this.#buffer = empty;
    return view;
  }

  /** The last taken bytes are still on their way out: write elsewhere from now on. */
  disown(): void {
    this.#buffer = this.#length === 0 ? empty : this.#buffer.slice(0, this.#length);
  }

  /** What was collected up to the last boundary; the rest stays. */
  takeToBoundary(): Uint8Array | null {
    this.settle();
    if (this.#boundary === 0) return null;
    const view = this.#buffer.slice(0, this.#boundary);
    this.#buffer.copyWithin(0, this.#boundary, this.#length);
    this.#length -= this.#boundary;
    this.#boundary = 0;
    return view;
  }

  #copy(source: Uint8Array, from: number, to: number): void {
    this.#grow(this.#length + to - from);
    this.#buffer.set(source.subarray(from, to), this.#length);
    this.#length += to - from;
  }

  #grow(needed: number): void {
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2, initialBytes));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}
