/** The proxy's own queries to a database (catalog, impact), one at a time on one connection. Never a client's statement. */
import type net from 'node:net';
import type { UpstreamTarget } from '../config.ts';
import { encodeDescribe, encodeExecute, encodeQuery, syncMessage, terminateMessage } from '../postgres/wire/encode.ts';
import { decodeErrorFields } from '../postgres/wire/error.ts';
import { backend, frontend, lengthAt } from '../postgres/wire/message.ts';
import { Reader } from '../postgres/wire/reader.ts';
import { utf8Of } from '../postgres/wire/text.ts';
import { Writer } from '../postgres/wire/writer.ts';
import { dial } from './dial.ts';

export type TextRow = readonly (string | null)[];

/** Parameters as a client bound them, passed on as they are. */
export type BoundParameters = {
  types: readonly number[];
  /** 0 text, 1 binary: none, one for all, or one each. */
  formats: readonly number[];
  values: readonly (Uint8Array | null)[];
};

/** What the server said to a query. The message is the server's own and may hold values: for logs at most. */
export class QueryError extends Error {
  override name = 'QueryError';
  readonly sqlstate: string;
  constructor(sqlstate: string, message: string) {
    super(message);
    this.sqlstate = sqlstate;
  }
}

const messageBytesMax = 256 * 1024 * 1024;
const rowsMax = 2_000_000;
/** A server that takes longer for one statement is taken for gone: its own time limits are shorter. */
const answerTimeoutDefaultMs = 65_000;
const lingerMs = 2_000;
/** Statements whose plans the server keeps for one connection. */
const keptMax = 64;

export class QueryClient {
  private readonly socket: net.Socket;
  private readonly frames: FrameReader;
  private busy: Promise<unknown> = Promise.resolve();
  private broken: Error | null = null;

  private readonly answerTimeoutMs: number;
  /** Names of prepared statements, by text; null where they are not known. */
  private kept: Map<string, string> | null = new Map();

  private constructor(socket: net.Socket, rest: Uint8Array, answerTimeoutMs: number) {
    this.socket = socket;
    this.answerTimeoutMs = answerTimeoutMs;
    this.frames = new FrameReader(rest);
    socket.on('data', chunk => this.frames.feed(chunk));
    socket.on('error', error => this.lost(error));
    socket.on('close', () => this.lost(new Error('the connection was closed')));
    socket.resume();
  }

  /** Throws when the database cannot be reached. */
  static async connect(
    target: UpstreamTarget,
    options: { timeoutMs: number; answerTimeoutMs?: number; parameters?: Record<string, string> },
  ): Promise<QueryClient> {
    const dialed = await dial(target, {
      timeoutMs: options.timeoutMs,
      parameters: { application_name: 'weir', standard_conforming_strings: 'on', ...options.parameters },
    });
    if (!dialed.ok) throw new Error(dialed.error.message);
    const { socket, ready } = dialed.value;
    return new QueryClient(socket, ready.rest, options.answerTimeoutMs ?? answerTimeoutDefaultMs);
  }

  get isOpen(): boolean {
    return this.broken === null;
  }

  /** One statement, rows as text. */
  query(text: string): Promise<TextRow[]> {
    return this.exclusively(() => this.run(encodeQuery(text)));
  }

  /** Several statements in one message, the rows of each. */
  queryAll(texts: readonly string[]): Promise<TextRow[][]> {
    return this.exclusively(() => this.runAll(encodeQuery(texts.join(';\n'))));
  }

  /**
   * The same for statements that are asked again and again: the server plans each of them once, which takes longer than running
   * most. Rejects with SQLSTATE 26000 or 42P05 where something in between gives the connection to others.
   */
  queryAllKept(texts: readonly string[]): Promise<TextRow[][]> {
    const before: string[] = [];
    if (this.kept === null || this.kept.size + texts.length > keptMax) before.push('DEALLOCATE ALL');
    const kept = before.length > 0 || this.kept === null ? new Map<string, string>() : this.kept;
    // As long as nobody knows what the server has of it.
    this.kept = null;
    for (const text of texts) {
      if (kept.has(text)) continue;
      kept.set(text, `weir_${kept.size}`);
      before.push(`PREPARE ${kept.get(text)} AS ${text}`);
    }
    return this.queryAll([...before, ...texts.map(text => `EXECUTE ${kept.get(text)}`)]).then(answers => {
      this.kept = kept;
      return answers.slice(before.length);
    });
  }

  /** One statement with parameters. */
  queryBound(text: string, parameters: BoundParameters): Promise<TextRow[]> {
    return this.exclusively(() => this.run(encodeBound(text, parameters)));
  }

  /** The types the server gives the parameters of a statement, which is parsed and not run. 0 in `types` lets it choose. */
  parameterTypes(text: string, types: readonly number[]): Promise<number[]> {
    return this.exclusively(async () => {
      let found: number[] = [];
      await this.exchange(encodeDescribed(text, types), frame => {
        if (frame[0] === backend.parameterDescription) found = typesOf(frame);
      });
      return found;
    });
  }

  close(): void {
    if (this.broken) return;
    this.socket.end(terminateMessage);
    this.lost(new Error('closed'));
    this.socket.unref();
  }

  private exclusively<T>(run: () => Promise<T>): Promise<T> {
    const next = this.busy.then(run, run);
    this.busy = next.catch(() => {});
    return next;
  }

  private async run(bytes: Uint8Array): Promise<TextRow[]> {
    return (await this.runAll(bytes)).flat();
  }

  private async runAll(bytes: Uint8Array): Promise<TextRow[][]> {
    const answers: TextRow[][] = [];
    let rows: TextRow[] = [];
    let count = 0;
    await this.exchange(bytes, frame => {
      if (frame[0] === backend.commandComplete) {
        answers.push(rows);
        rows = [];
      } else if (frame[0] === backend.dataRow) {
        count += 1;
        if (count > rowsMax) throw this.lost(new Error('the answer has too many rows'));
        rows.push(rowOf(frame));
      }
    });
    return answers;
  }

  /** Sends and reads until the server is ready again. Rejects with the first error it reported. */
  private async exchange(bytes: Uint8Array, take: (frame: Uint8Array) => void): Promise<void> {
    if (this.broken) throw this.broken;
    this.socket.write(bytes);
    const timer = setTimeout(() => this.lost(new Error('no answer in time')), this.answerTimeoutMs);
    try {
      await this.answer(take);
    } catch (error) {
      throw error instanceof QueryError ? error : this.lost(error as Error);
    } finally {
      clearTimeout(timer);
    }
  }

  private async answer(take: (frame: Uint8Array) => void): Promise<void> {
    let failure: QueryError | null = null;
    for (;;) {
      const frame = this.frames.ready() ?? (await this.frames.next());
      if (frame[0] === backend.readyForQuery) break;
      if (frame[0] === backend.errorResponse) failure ??= errorOf(frame);
      else if (frame[0] === backend.copyInResponse || frame[0] === backend.copyOutResponse) {
        throw this.lost(new Error('the statement asked for COPY'));
      } else take(frame);
    }
    if (failure) throw failure;
  }

  private lost(error: Error): Error {
    this.broken ??= error;
    this.frames.fail(this.broken);
    this.socket.destroySoon();
    // What it does not take any more must not keep it open.
    setTimeout(() => this.socket.destroy(), lingerMs).unref();
    return this.broken;
  }
}

function beginParse(text: string, types: readonly number[]): Writer {
  const writer = new Writer(text.length + 256).begin(frontend.parse).cstring('').cstring(text).int16(types.length);
  for (const type of types) writer.int32(type | 0);
  return writer.end();
}

const encodeDescribed = (text: string, types: readonly number[]): Uint8Array =>
  beginParse(text, types).raw(encodeDescribe('S', '')).raw(syncMessage).finish();

function typesOf(frame: Uint8Array): number[] {
  const reader = new Reader(frame, 5, frame.length);
  return Array.from({ length: reader.uint16() }, () => reader.uint32());
}

function encodeBound(text: string, { types, formats, values }: BoundParameters): Uint8Array {
  const writer = beginParse(text, types);
  writer.begin(frontend.bind).cstring('').cstring('').int16(formats.length);
  for (const format of formats) writer.int16(format);
  writer.int16(values.length);
  for (const value of values) {
    writer.int32(value === null ? -1 : value.length);
    if (value !== null) writer.raw(value);
  }
  writer.int16(0).end();
  return writer.raw(encodeExecute('', 0)).raw(syncMessage).finish();
}

/** A catalog comes in hundreds of thousands of cells. */
function rowOf(frame: Uint8Array): TextRow {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const row: (string | null)[] = [];
  let at = 7;
  for (let left = view.getUint16(5); left > 0; left -= 1) {
    const length = view.getInt32(at);
    at += 4;
    row.push(length < 0 ? null : utf8Of(frame, at, at + length));
    at += Math.max(length, 0);
  }
  return row;
}

function errorOf(frame: Uint8Array): QueryError {
  const fields = decodeErrorFields(frame, 5, frame.length);
  return new QueryError(fields?.get('C') ?? 'XX000', fields?.get('M') ?? 'the server reported an error');
}

/** Bytes in, whole messages out. */
export class FrameReader {
  private chunks: Uint8Array[];
  private length: number;
  private waiting: { resolve: (frame: Uint8Array) => void; reject: (error: Error) => void } | null = null;
  private error: Error | null = null;

  constructor(rest: Uint8Array) {
    this.chunks = [rest];
    this.length = rest.length;
  }

  feed(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.length += chunk.length;
    this.deliver();
  }

  /** What arrived before the end is still given. */
  fail(error: Error): void {
    this.error ??= error;
    this.deliver();
  }

  /** A message that has arrived, if any: most of a long answer has, and need not be waited for. */
  ready(): Uint8Array | null {
    return this.waiting ? null : this.take();
  }

  next(): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.deliver();
    });
  }

  private deliver(): void {
    if (!this.waiting) return;
    const { resolve, reject } = this.waiting;
    const frame = this.take();
    if (!frame && !this.error) return;
    this.waiting = null;
    if (frame) resolve(frame);
    else if (this.error) reject(this.error);
  }

  private take(): Uint8Array | null {
    if (this.length < 5) return null;
    const first = this.chunks[0] as Uint8Array;
    const head = first.length >= 5 ? first : this.join();
    const size = lengthAt(head, 0) + 1;
    if (size < 5 || size > messageBytesMax) {
      this.error = new Error('the server sent a message of invalid length');
      return null;
    }
    if (this.length < size) return null;
    const bytes = head.length >= size ? head : this.join();
    this.chunks[0] = bytes.subarray(size);
    this.length -= size;
    return bytes.subarray(0, size);
  }

  private join(): Uint8Array {
    const joined = Buffer.concat(this.chunks);
    this.chunks = [joined];
    return joined;
  }
}
