/** A growing buffer that writers append to; reused from chunk to chunk. */

const shortBytes = 48;

/** In network byte order. */
export function putInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export class ByteSink {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity = 16 * 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  clear(): void {
    this.length = 0;
  }

  /** Makes room for `count` more bytes; `bytes` may be another array afterwards. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  /** Room that is filled in later. */
  skip(count: number): void {
    this.reserve(count);
    this.length += count;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length] = value;
    this.length += 1;
  }

  append(source: Uint8Array, start = 0, end = source.length): void {
    const count = end - start;
    if (count <= 0) return;
    this.reserve(count);
    const { bytes, length } = this;
    // Short ranges are copied by hand: a view costs more than they do.
    if (count <= shortBytes)
      for (let index = 0; index < count; index += 1) bytes[length + index] = source[start + index] as number;
    else bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), length);
    this.length = length + count;
  }

  int32(value: number): void {
    this.reserve(4);
    putInt32(this.bytes, this.length, value);
    this.length += 4;
  }

  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}
