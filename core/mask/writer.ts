/** The shape of everything that masks one value: it appends to a buffer of the caller's, so that rows cost no garbage. */

/** Instead of a length: the value passes as it is, and nothing was written. */
export const unchanged = -2;

export type CellWriter = {
  /**
   * Appends the masked form of `source[start, start + length)` to `out` at `outOffset` and returns its length in bytes, −1 for
   * NULL, or `unchanged`. There must be room for `length + maxGrowth` bytes. A source that is NULL is not given to it: NULL stays
   * NULL.
   */
  readonly write: (source: Uint8Array, start: number, length: number, out: Uint8Array, outOffset: number) => number;
  /** By how many bytes a value can get longer. */
  readonly maxGrowth: number;
  /** Of a value in COPY, where that is not the usual maximum: what is larger is shown as NULL. */
  readonly copyBytesMax?: number;
  /** It hides nothing: in COPY, what is larger passes as it is. */
  readonly passesOversize?: boolean;
  /** Only a part of the value is hidden: how COPY writes it may show. */
  readonly keepsShape?: boolean;
};

export const nullWriter: CellWriter = { write: () => -1, maxGrowth: 0 };

export function constantWriter(value: Uint8Array): CellWriter {
  const size = value.length;
  return {
    write(_source, _start, _length, out, outOffset) {
      out.set(value, outOffset);
      return size;
    },
    maxGrowth: size,
  };
}
