/** A PostgreSQL client as small as the built-in prompt needs: password in clear over TLS, simple queries, cancellation. */
import type net from 'node:net';
import { fail, ok, type Result } from '#core/contract/error.ts';
import { openSocket, type SocketTarget } from '../control/dial.ts';
import { FrameReader } from '../control/query-client.ts';
import { encodeCancel, encodePassword, encodeQuery, encodeStartup, terminateMessage } from '../postgres/wire/encode.ts';
import { decodeErrorFields, type ErrorFields } from '../postgres/wire/error.ts';
import { backend, frontend } from '../postgres/wire/message.ts';
import { Reader } from '../postgres/wire/reader.ts';
import { decodeRowDescription } from '../postgres/wire/row-description.ts';
import { Writer } from '../postgres/wire/writer.ts';

export type Column = { name: string; typeOid: number };

/** Called in the order the server sends. */
export type Handlers = {
  columns(columns: readonly Column[]): void;
  row(row: readonly (string | null)[]): void;
  copyData(bytes: Uint8Array): void;
  /** The server wanted COPY data, which this client does not send. */
  copyRefused(): void;
  /** The command tag of a statement that is done, e.g. `UPDATE 3`. */
  complete(tag: string): void;
  error(fields: ErrorFields): void;
};

export type ClientOptions = {
  target: SocketTarget;
  user: string;
  password: string;
  database: string;
  application: string;
  /** More startup parameters. */
  parameters?: Readonly<Record<string, string>>;
  timeoutMs: number;
  onNotice: (fields: ErrorFields) => void;
};

/** `I` idle, `T` in a transaction, `E` in a failed one. */
export type TransactionState = 'I' | 'T' | 'E';

export class WireClient {
  /** After the last query. */
  state: TransactionState = 'I';
  private readonly socket: net.Socket;
  private readonly options: ClientOptions;
  private readonly frames = new FrameReader(new Uint8Array(0));
  private key: { processId: number; secret: Uint8Array } | null = null;
  private isLost = false;

  private constructor(socket: net.Socket, options: ClientOptions) {
    this.socket = socket;
    this.options = options;
    socket.on('data', chunk => this.frames.feed(chunk));
    socket.on('error', error => this.frames.fail(error));
    socket.on('close', () => {
      this.isLost = true;
      this.frames.fail(new Error('the connection was closed'));
    });
    socket.resume();
  }

  /** The failure has the server's own words and hint. */
  static async connect(options: ClientOptions): Promise<Result<WireClient>> {
    const opened = await openSocket(options.target, options.timeoutMs);
    if (!opened.ok) return opened;
    const client = new WireClient(opened.value, options);
    const timer = setTimeout(() => opened.value.destroy(new Error('no answer in time')), options.timeoutMs);
    try {
      const problem = await client.signIn();
      if (problem) opened.value.destroy();
      return problem ?? ok(client);
    } catch (error) {
      return fail('unavailable', error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(timer);
    }
  }

  get isOpen(): boolean {
    return !this.isLost;
  }

  /** One query message, which may hold several statements. Rejects when the connection is lost. */
  async query(text: string, handlers: Handlers): Promise<void> {
    this.socket.write(encodeQuery(text));
    for (;;) {
      const frame = await this.frames.next();
      const body = new Reader(frame, 5, frame.length);
      switch (frame[0]) {
        case backend.readyForQuery:
          this.state = String.fromCharCode(body.uint8()) as TransactionState;
          return;
        case backend.copyInResponse:
          this.socket.write(copyFail);
          handlers.copyRefused();
          break;
        default:
          this.deliver(frame, body, handlers);
      }
    }
  }

  /** Asks the server to stop what it is doing, on a connection of its own. */
  async cancel(): Promise<void> {
    if (!this.key) return;
    const opened = await openSocket(this.options.target, this.options.timeoutMs);
    if (opened.ok) opened.value.end(encodeCancel(this.key.processId, this.key.secret));
  }

  close(): void {
    this.socket.end(terminateMessage);
  }

  private deliver(frame: Uint8Array, body: Reader, handlers: Handlers): void {
    switch (frame[0]) {
      case backend.rowDescription:
        handlers.columns(decodeRowDescription(frame, 5, frame.length) ?? []);
        return;
      case backend.dataRow:
        handlers.row(rowOf(body));
        return;
      case backend.copyData:
        handlers.copyData(body.take(body.left));
        return;
      case backend.commandComplete:
        handlers.complete(body.cstring());
        return;
      case backend.errorResponse:
        handlers.error(decodeErrorFields(frame, 5, frame.length) ?? new Map());
        return;
      case backend.noticeResponse:
        this.options.onNotice(decodeErrorFields(frame, 5, frame.length) ?? new Map());
        return;
    }
  }

  private async signIn(): Promise<Result<never> | null> {
    const { user, database, application, parameters } = this.options;
    const startup = { user, database, application_name: application, client_encoding: 'UTF8', ...parameters };
    this.socket.write(encodeStartup(Object.entries(startup)));
    for (;;) {
      const frame = await this.frames.next();
      const body = new Reader(frame, 5, frame.length);
      switch (frame[0]) {
        case backend.authentication: {
          const problem = this.authenticate(body.int32());
          if (problem) return problem;
          break;
        }
        case backend.backendKeyData:
          this.key = { processId: body.int32(), secret: body.take(body.left).slice() };
          break;
        case backend.errorResponse:
          return failureOf(decodeErrorFields(frame, 5, frame.length) ?? new Map());
        case backend.noticeResponse:
          this.options.onNotice(decodeErrorFields(frame, 5, frame.length) ?? new Map());
          break;
        case backend.readyForQuery:
          return null;
      }
    }
  }

  private authenticate(method: number): Result<never> | null {
    if (method === 0) return null;
    if (method !== 3) return fail('unsupported', 'this is not a Weir proxy: it asks for another kind of password');
    this.socket.write(encodePassword(this.options.password));
    return null;
  }
}

const copyFail = new Writer(64).begin(frontend.copyFail).cstring('the client does not send COPY data').end().finish();

const utf8 = new TextDecoder();

function rowOf(reader: Reader): (string | null)[] {
  const row: (string | null)[] = [];
  for (let left = reader.uint16(); left > 0; left -= 1) {
    const length = reader.int32();
    row.push(length < 0 ? null : utf8.decode(reader.take(length)));
  }
  return row;
}

function failureOf(fields: ErrorFields): Result<never> {
  const [message, detail, hint] = [fields.get('M') ?? 'sign-in failed', fields.get('D'), fields.get('H')];
  return fail('unauthenticated', message, { ...(detail && { detail }), ...(hint && { hint }) });
}
