/** What all sessions of a proxy keep by name, together: when it is much, each may only keep its share. */

const roomBytesMax = 512 * 1024 * 1024;
/** So much anybody may keep, however much there is. */
const shareBytes = 256 * 1024;

export class Room {
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Whether somebody who keeps `ownBytes` may keep more. */
  isFullFor(ownBytes: number): boolean {
    return this.#bytes >= roomBytesMax && ownBytes >= shareBytes;
  }
}
