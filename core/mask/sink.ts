/** A growing buffer that writers append to; reused from chunk to chunk. */

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

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length] = value;
    this.length += 1;
  }

  append(source: Uint8Array, start = 0, end = source.length): void {
    const count = end - start;
    if (count <= 0) return;
    this.reserve(count);
    this.bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), this.length);
    this.length += count;
  }

  int32(value: number): void {
    this.reserve(4);
    new DataView(this.bytes.buffer, this.bytes.byteOffset).setInt32(this.length, value);
    this.length += 4;
  }

  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}
