/**
 * One buffer that a socket reads into again and again, where Node would make a new one for every chunk. As long as nobody has
 * taken the socket over, chunks are copied and come as `data`, as from any other socket.
 */
import type net from 'node:net';

const bufferBytes = 64 * 1024;

export type Taker = {
  /** The chunk is overwritten afterwards, unless it is in use by then. */
  take(chunk: Uint8Array): void;
  /** Somebody still reads from the last chunk. */
  isInUse(): boolean;
};

const buffers = new WeakMap<net.Socket, ReadBuffer>();

export class ReadBuffer {
  #bytes = Buffer.allocUnsafeSlow(bufferBytes);
  #socket: net.Socket | null = null;
  #taker: Taker | null = null;

  /** For `net.connect`. */
  readonly onread: net.OnReadOpts = {
    buffer: () => this.#free(),
    callback: bytes => {
      this.#read(bytes);
      return true;
    },
  };

  /** The socket that was made with `onread`, before anything is read. */
  serve(socket: net.Socket): void {
    this.#socket = socket;
    buffers.set(socket, this);
  }

  /** From now on nothing comes as `data`. False for a socket without such a buffer. */
  static hand(socket: net.Socket, taker: Taker): boolean {
    const found = buffers.get(socket);
    if (found !== undefined) found.#taker = taker;
    return found !== undefined;
  }

  /** Asked for before the first and after every chunk. */
  #free(): Buffer {
    if (this.#taker?.isInUse() === true) this.#bytes = Buffer.allocUnsafeSlow(bufferBytes);
    return this.#bytes;
  }

  #read(bytes: number): void {
    const chunk = this.#bytes.subarray(0, bytes);
    if (this.#taker !== null) this.#taker.take(chunk);
    else this.#socket?.emit('data', Buffer.from(chunk));
  }
}
