/** Builds messages into one growing buffer. Lengths are patched when a message ends. */

const encoder = new TextEncoder();

export class Writer {
  #bytes: Uint8Array;
  #length = 0;
  #start = 0;

  constructor(sizeHint = 256) {
    this.#bytes = new Uint8Array(sizeHint);
  }

  get length(): number {
    return this.#length;
  }

  /** Starts a message; type 0 is a startup packet, which has none. */
  begin(type: number): this {
    this.#start = this.#length;
    if (type !== 0) this.uint8(type);
    return this.int32(0);
  }

  end(): this {
    const lengthAt = this.#bytes[this.#start] === 0 ? this.#start : this.#start + 1;
    this.#view().setInt32(lengthAt, this.#length - lengthAt);
    return this;
  }

  uint8(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
    return this;
  }

  int16(value: number): this {
    this.#reserve(2);
    this.#view().setInt16(this.#length, value);
    this.#length += 2;
    return this;
  }

  int32(value: number): this {
    this.#reserve(4);
    this.#view().setInt32(this.#length, value);
    this.#length += 4;
    return this;
  }

  /** UTF-8, without an end mark. */
  text(value: string): this {
    this.#reserve(value.length * 3);
    this.#length += encoder.encodeInto(value, this.#bytes.subarray(this.#length)).written;
    return this;
  }

  cstring(value: string): this {
    return this.text(value).uint8(0);
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** A copy of all that was written; the writer is empty afterwards. */
  finish(): Uint8Array {
    const result = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return result;
  }

  #view(): DataView {
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
