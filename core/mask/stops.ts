/** Leaps over bytes that mean nothing to a reader. */

/** The first byte in [from, to) for which `stops` has 1, or `to`. */
export function nextStop(bytes: Uint8Array, from: number, to: number, stops: Uint8Array): number {
  let at = from;
  // Four at a time: most bytes are none.
  while (
    at + 3 < to &&
    (stops[bytes[at] as number] as number) +
      (stops[bytes[at + 1] as number] as number) +
      (stops[bytes[at + 2] as number] as number) +
      (stops[bytes[at + 3] as number] as number) ===
      0
  )
    at += 4;
  while (at < to && stops[bytes[at] as number] === 0) at += 1;
  return at;
}
