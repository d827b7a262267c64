/** A cursor over one message's body that cannot read past its end: reading too much sets `failed` and gives zeroes. */

const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

export class Reader {
  bytes: Uint8Array;
  at: number;
  end: number;
  failed = false;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = Math.min(end, bytes.length);
  }

  get left(): number {
    return this.end - this.at;
  }

  /** True when all was read and nothing was missing. */
  get isComplete(): boolean {
    return !this.failed && this.at === this.end;
  }

  uint8(): number {
    return this.#take(1) ? (this.bytes[this.at - 1] as number) : 0;
  }

  uint16(): number {
    return this.#take(2) ? new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at - 2).getUint16(0) : 0;
  }

  int16(): number {
    return (this.uint16() << 16) >> 16;
  }

  int32(): number {
    return this.#take(4) ? new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at - 4).getInt32(0) : 0;
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /** A string up to its NUL, decoded as UTF-8. */
  cstring(): string {
    const nul = this.bytes.indexOf(0, this.at);
    if (this.failed || nul < 0 || nul >= this.end) {
      this.failed = true;
      return '';
    }
    const text = utf8.decode(this.bytes.subarray(this.at, nul));
    this.at = nul + 1;
    return text;
  }

  /** A view, valid as long as the underlying bytes are. */
  take(length: number): Uint8Array {
    return this.#take(length) ? this.bytes.subarray(this.at - length, this.at) : new Uint8Array(0);
  }

  #take(length: number): boolean {
    if (this.failed || length < 0 || length > this.end - this.at) {
      this.failed = true;
      return false;
    }
    this.at += length;
    return true;
  }
}
