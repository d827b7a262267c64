/** One socket with back-pressure: writes go out at once, reading stops while somebody cannot take more. */
import type net from 'node:net';
import { ReadBuffer } from '../read-buffer.ts';

/** Unsent bytes at which the other side is not read any more. */
const unsentBytesMax = 256 * 1024;

export type LinkEvents = {
  /** Reads from the chunk during the call; afterwards only as long as `isInUse`. */
  bytes(chunk: Uint8Array): void;
  /** What was made of the last chunk has not gone out. */
  isInUse(): boolean;
  /** All that was unsent has gone out. */
  drained(): void;
  /** Once; nothing more will come. */
  closed(): void;
};

export class Link {
  readonly socket: net.Socket;
  #isReading = false;
  #isClosed = false;

  /** The socket must be paused. */
  constructor(socket: net.Socket, events: LinkEvents) {
    this.socket = socket;
    socket.setNoDelay(true);
    const isHanded = ReadBuffer.hand(socket, { take: chunk => events.bytes(chunk), isInUse: events.isInUse });
    if (!isHanded) socket.on('data', events.bytes);
    socket.on('drain', events.drained);
    socket.on('error', () => {});
    // A client that half-closes has nothing more to say; PostgreSQL ends its session, too.
    socket.on('end', () => this.#close(events));
    socket.on('close', () => this.#close(events));
    socket.pause();
  }

  /** True when the bytes are not in use any more. */
  write(bytes: Uint8Array): boolean {
    if (this.#isClosed || this.socket.destroyed) return true;
    this.socket.write(bytes);
    return this.socket.writableLength === 0;
  }

  get hasUnsent(): boolean {
    return this.socket.writableLength > 0;
  }

  get isCongested(): boolean {
    return this.socket.writableLength > unsentBytesMax;
  }

  read(isReading: boolean): void {
    if (isReading === this.#isReading || this.#isClosed) return;
    this.#isReading = isReading;
    if (isReading) this.socket.resume();
    else this.socket.pause();
  }

  /** Sends what is unsent and closes; a peer that does not take it is cut off. */
  end(last?: Uint8Array): void {
    if (this.socket.destroyed) return;
    if (last === undefined) this.socket.end();
    else this.socket.end(last);
    this.socket.resume();
    const timer = setTimeout(() => this.socket.destroy(), 2_000);
    timer.unref();
    this.socket.once('close', () => clearTimeout(timer));
  }

  #close(events: LinkEvents): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    events.closed();
  }
}
