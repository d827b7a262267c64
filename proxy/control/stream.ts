/**
 * The control plane's stream to this proxy (server-sent events): read, resumed with Last-Event-ID, reconnected for ever. What was
 * missed while it was down is not made up here: `onUp` lets the owner look for itself.
 */
import type { Failure } from '#core/contract/error.ts';
import { type StreamMessage, streamMessageSchema } from '#core/contract/proxy.ts';
import { Pause } from '../pause.ts';
import type { ControlClient } from './client.ts';

export type ControlStreamOptions = {
  client: Pick<ControlClient, 'open'>;
  onMessage: (message: StreamMessage) => void;
  /** Connected, for the first time or again. */
  onUp: () => void;
  onDown: (reason: string) => void;
  /** The control plane does not let this proxy in. */
  onRefused?: (failure: Failure) => void;
  /** Without a byte for this long the connection is taken for dead; the server sends comments in between. */
  silenceMaxMs?: number;
  retryMs?: { first: number; most: number };
};

const lineCharactersMax = 1_000_000;

export class ControlStream {
  private readonly options: ControlStreamOptions;
  private readonly pause = new Pause();
  private readonly silenceMaxMs: number;
  private readonly retryMs: { first: number; most: number };
  private lastEventId: string | null = null;
  private failures = 0;
  private running: Promise<void> | null = null;
  private current: AbortController | null = null;
  isUp = false;

  constructor(options: ControlStreamOptions) {
    this.options = options;
    this.silenceMaxMs = options.silenceMaxMs ?? 30_000;
    this.retryMs = options.retryMs ?? { first: 200, most: 5_000 };
  }

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.pause.end();
    this.current?.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.pause.ended) {
      const reason = await this.readOnce().catch(error => (error instanceof Error ? error.message : String(error)));
      if (this.isUp) this.options.onDown(reason);
      this.isUp = false;
      this.failures += 1;
      await this.pause.jittered(Math.min(this.retryMs.most, this.retryMs.first * 2 ** Math.min(this.failures, 10)));
    }
  }

  /** Reads until the connection ends; gives the reason. */
  private async readOnce(): Promise<string> {
    const abort = new AbortController();
    this.current = abort;
    let watchdog = setTimeout(() => abort.abort(), this.silenceMaxMs);
    const headers = {
      accept: 'text/event-stream',
      ...(this.lastEventId !== null && { 'last-event-id': this.lastEventId }),
    };
    try {
      const opened = await this.options.client.open({
        method: 'GET',
        path: '/proxies/self/stream',
        headers,
        signal: abort.signal,
      });
      if (!opened.ok) {
        this.options.onRefused?.(opened.error);
        return opened.error.message;
      }
      this.isUp = true;
      this.options.onUp();
      const parser = new EventParser(event => this.take(event));
      const decoder = new TextDecoder();
      for await (const chunk of opened.value as AsyncIterable<Buffer>) {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => abort.abort(), this.silenceMaxMs);
        this.failures = 0;
        parser.feed(decoder.decode(chunk, { stream: true }));
      }
      return 'the control plane ended the stream';
    } finally {
      clearTimeout(watchdog);
      this.current = null;
      abort.abort();
    }
  }

  private take(event: SseEvent): void {
    if (event.id !== null) this.lastEventId = event.id;
    if (event.type !== 'message' || event.data === '') return;
    const parsed = streamMessageSchema.safeParse(parseJson(event.data));
    // A newer control plane may say what this version does not know.
    if (parsed.success) this.options.onMessage(parsed.data);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

type SseEvent = { type: string; id: string | null; data: string };

/** The event stream format (HTML Standard, section 9.2.6), fed in pieces. */
export class EventParser {
  private readonly emit: (event: SseEvent) => void;
  private rest = '';
  private type = '';
  private id: string | null = null;
  private data: string[] = [];

  constructor(emit: (event: SseEvent) => void) {
    this.emit = emit;
  }

  /** Throws when a line grows beyond all bounds. */
  feed(text: string): void {
    this.rest += text;
    // A carriage return at the end may be half of a line end.
    const complete = /^([\s\S]*)(\r\n|\n|\r(?!$))/.exec(this.rest)?.[0] ?? '';
    this.rest = this.rest.slice(complete.length);
    if (this.rest.length > lineCharactersMax) throw new Error('the control plane sent a line without end');
    if (complete === '') return;
    for (const line of complete.split(/\r\n|\n|\r/).slice(0, -1)) this.line(line);
  }

  private line(line: string): void {
    if (line === '') {
      if (this.data.length > 0 || this.id !== null) {
        this.emit({ type: this.type || 'message', id: this.id, data: this.data.join('\n') });
      }
      this.type = '';
      this.id = null;
      this.data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.type = value;
    else if (field === 'id' && !value.includes('\0')) this.id = value;
  }
}
