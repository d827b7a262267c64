/** A client that asks and counts bytes, and does nothing else: what it measures is the server's side. */
import type { Socket } from 'node:net';
import pg from 'pg';

/** Last message of an answer outside of a transaction: ReadyForQuery, idle. */
const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

export class RawClient {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Signs in with `pg`, then takes its socket. */
  static async connect(url: string): Promise<RawClient> {
    const client = new pg.Client({ connectionString: url, ssl: false });
    // It still listens to the socket, whose end is ours to judge.
    client.on('error', () => {});
    await client.connect();
    const socket = (client as unknown as { connection: { stream: Socket } }).connection.stream;
    socket.removeAllListeners('data');
    socket.setNoDelay(true);
    return new RawClient(socket);
  }

  /** Bytes of the answer. Rejects when it is an error. */
  async query(text: string): Promise<number> {
    const body = Buffer.from(`${text}\0`);
    const message = Buffer.alloc(5 + body.length);
    message[0] = 0x51;
    message.writeInt32BE(4 + body.length, 1);
    body.copy(message, 5);
    let bytes = 0;
    await this.#answer(message, chunk => {
      bytes += chunk.length;
    });
    return bytes;
  }

  /** The whole answer to messages that the server answers as one. Rejects when it is an error. */
  async exchange(messages: Uint8Array): Promise<Buffer> {
    const chunks: Buffer[] = [];
    await this.#answer(messages, chunk => chunks.push(chunk));
    return Buffer.concat(chunks);
  }

  #answer(messages: Uint8Array, take: (chunk: Buffer) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      let isFirst = true;
      let tail: Buffer = Buffer.alloc(0);
      const onData = (chunk: Buffer) => {
        if (isFirst && chunk[0] === 0x45) {
          this.#socket.off('data', onData);
          reject(new Error(chunk.toString('utf8').replaceAll('\0', ' ')));
          return;
        }
        isFirst = false;
        take(chunk);
        tail =
          chunk.length >= ready.length
            ? chunk.subarray(-ready.length)
            : Buffer.concat([tail, chunk]).subarray(-ready.length);
        if (!tail.equals(ready)) return;
        this.#socket.off('data', onData);
        resolve();
      };
      this.#socket.on('data', onData);
      this.#socket.write(messages);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
