/** For tests: a second encoder, written apart from the product's, and a client that keeps every byte it gets. */
import type net from 'node:net';
import { dial } from '../control/dial.ts';
import { RawSocket, targetOf } from './proxy-testing.ts';

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
};
const int16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value & 0xffff);
  return bytes;
};
const zero = Buffer.from([0]);
const text = (value: string): Buffer => Buffer.concat([Buffer.from(value, 'utf8'), zero]);

export const message = (type: string, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type, 'latin1'), int32(body.length + 4), body]);
};

type Value = string | Buffer | null;

/** Messages as the protocol's documentation lays them out. */
export const say = {
  startup: (parameters: [string, string][], version = 196608): Buffer => {
    const body = Buffer.concat([
      int32(version),
      ...parameters.flatMap(([name, value]) => [text(name), text(value)]),
      zero,
    ]);
    return Buffer.concat([int32(body.length + 4), body]);
  },
  ssl: Buffer.concat([int32(8), int32(80877103)]),
  gss: Buffer.concat([int32(8), int32(80877104)]),
  cancel: (processId: number, secret: number): Buffer =>
    Buffer.concat([int32(16), int32(80877102), int32(processId), int32(secret)]),
  password: (value: string): Buffer => message('p', text(value)),
  query: (sql: string): Buffer => message('Q', text(sql)),
  parse: (sql: string, name = '', types: number[] = []): Buffer =>
    message('P', text(name), text(sql), int16(types.length), ...types.map(int32)),
  bind: (values: Value[] = [], { portal = '', statement = '', formats = [], results = [] }: BindOptions = {}): Buffer =>
    message(
      'B',
      text(portal),
      text(statement),
      int16(formats.length),
      ...formats.map(int16),
      int16(values.length),
      ...values.flatMap(value => {
        if (value === null) return [int32(-1)];
        const bytes = Buffer.from(value);
        return [int32(bytes.length), bytes];
      }),
      int16(results.length),
      ...results.map(int16),
    ),
  describeStatement: (name = ''): Buffer => message('D', Buffer.from('S'), text(name)),
  describePortal: (name = ''): Buffer => message('D', Buffer.from('P'), text(name)),
  execute: (portal = '', rows = 0): Buffer => message('E', text(portal), int32(rows)),
  closeStatement: (name = ''): Buffer => message('C', Buffer.from('S'), text(name)),
  closePortal: (name = ''): Buffer => message('C', Buffer.from('P'), text(name)),
  sync: message('S'),
  flush: message('H'),
  terminate: message('X'),
  copyData: (data: string | Buffer): Buffer => message('d', Buffer.from(data)),
  copyDone: message('c'),
  copyFail: (reason: string): Buffer => message('f', text(reason)),
  functionCall: (oid: number): Buffer => message('F', int32(oid), int16(0), int16(0), int16(0)),
} as const;

type BindOptions = { portal?: string; statement?: string; formats?: number[]; results?: number[] };

export type Heard = { type: string; body: Buffer };

/** Cuts a stream into messages; what is incomplete at the end is left out. */
export function cut(bytes: Buffer): Heard[] {
  const heard: Heard[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (end > bytes.length) break;
    heard.push({ type: bytes.toString('latin1', at, at + 1), body: bytes.subarray(at + 5, end) });
    at = end;
  }
  return heard;
}

export function fieldsOf(body: Buffer): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; body[at]; ) {
    const end = body.indexOf(0, at + 1);
    fields[String.fromCharCode(body[at] as number)] = body.toString('utf8', at + 1, end);
    at = end + 1;
  }
  return fields;
}

export const cellsOf = (body: Buffer): (string | null)[] => {
  const cells: (string | null)[] = [];
  let at = 2;
  for (let left = body.readUInt16BE(0); left > 0; left -= 1) {
    const length = body.readInt32BE(at);
    at += 4;
    cells.push(length < 0 ? null : body.toString('latin1', at, at + length));
    at += Math.max(0, length);
  }
  return cells;
};

/** Speaks for itself after sign-in, directly to a server or through a proxy. */
export class WireClient {
  readonly #socket: net.Socket;
  received: Buffer = Buffer.alloc(0);
  isClosed = false;
  key: { processId: number; secret: number } = { processId: 0, secret: 0 };
  parameters: Record<string, string> = {};

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', chunk => {
      this.received = Buffer.concat([this.received, chunk]);
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.resume();
  }

  static async direct(url: string, parameters: Record<string, string> = {}): Promise<WireClient> {
    const dialed = await dial(targetOf(url), { timeoutMs: 10_000, parameters });
    if (!dialed.ok) throw new Error(dialed.error.message);
    const client = new WireClient(dialed.value.socket);
    client.parameters = Object.fromEntries(dialed.value.ready.parameters);
    return client;
  }

  static async through(
    port: number,
    given: { parameters?: [string, string][]; password?: string; user?: string } = {},
  ): Promise<WireClient> {
    const raw = new RawSocket(port);
    const { parameters = [], password = 'good', user = 'dev@example.com' } = given;
    raw.send(say.startup([['user', user], ['database', 'shop'], ...parameters]));
    await raw.until(({ received, isClosed }) => received.length >= 9 || isClosed);
    raw.send(say.password(password));
    const last = () => cut(raw.received).at(-1)?.type;
    await raw.until(({ isClosed }) => last() === 'Z' || last() === 'E' || isClosed);
    raw.socket.removeAllListeners('data');
    const client = new WireClient(raw.socket);
    for (const { type, body } of cut(raw.received)) {
      if (type === 'K') client.key = { processId: body.readInt32BE(0), secret: body.readInt32BE(4) };
      if (type === 'S') {
        const [name = '', value = ''] = body.toString('utf8').split('\0');
        client.parameters[name] = value;
      }
      if (type === 'E') throw Object.assign(new Error(fieldsOf(body).M), { fields: fieldsOf(body) });
    }
    return client;
  }

  send(...messages: Uint8Array[]): void {
    this.#socket.write(Buffer.concat(messages));
  }

  /** Reading stops, as if the client were busy. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  heard(): Heard[] {
    return cut(this.received);
  }

  /** Waits for so many messages of a type since the last `clear`, or for the end. */
  async until(type: string, count = 1, timeoutMs = 15_000): Promise<Heard[]> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const heard = this.heard();
      if (heard.filter(each => each.type === type).length >= count) return heard;
      if (this.isClosed) throw new Error(`closed after ${heard.map(each => each.type).join('')}`);
      if (Date.now() > deadline) throw new Error(`only ${heard.map(each => each.type).join('')} came`);
      await new Promise(resolve => setTimeout(resolve, 2));
    }
  }

  /** Sends and waits for ReadyForQuery. */
  async ask(...messages: Uint8Array[]): Promise<Heard[]> {
    this.received = Buffer.alloc(0);
    this.send(...messages);
    return this.until('Z');
  }

  clear(): void {
    this.received = Buffer.alloc(0);
  }

  close(): void {
    this.#socket.destroy();
  }
}
