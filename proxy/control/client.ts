/**
 * Calls the control plane's REST API. Expected failures are values: the problem document's code (RFC 9457), or `unavailable` when
 * the control plane could not be reached or did not answer in time. On node:http, because fetch on Node 20 forgets to abort what
 * was collected.
 */
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { z } from 'zod';
import { type ErrorCode, errorTable, fail, ok, type Result } from '#core/contract/error.ts';

export type ControlCall = {
  method: 'GET' | 'POST' | 'PUT';
  /** Below `/api/v1`, e.g. `/proxies/self/heartbeat`. */
  path: string;
  json?: unknown;
  /** Instead of `json`. */
  body?: { bytes: Uint8Array; type: string; encoding?: string };
  headers?: Record<string, string>;
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Must not be sent a second time when a kept connection turns out to be closed. */
  once?: boolean;
};

export type ControlAnswer = { status: number; headers: http.IncomingHttpHeaders; text: string };

export type ControlClient = {
  /** The answer when its status is 2xx or 304. */
  call(call: ControlCall): Promise<Result<ControlAnswer>>;
  /** The same, with the body checked against `schema`. */
  get<T>(schema: z.ZodType<T>, call: ControlCall): Promise<Result<T>>;
  /** The open response of a stream, without a time limit; the caller reads and destroys it. */
  open(call: ControlCall): Promise<Result<IncomingMessage>>;
};

export type ControlOptions = {
  /** Without the path, e.g. https://weir.example.com */
  url: string;
  /** Null for the calls that need no authentication. */
  bearer: (() => Promise<string>) | null;
  timeoutMs?: number;
};

/** An answer is read to its end up to this size; bundles are the largest. */
const answerBytesMax = 256 * 1024 * 1024;
const timeoutDefaultMs = 10_000;
const agents = {
  'http:': new http.Agent({ keepAlive: true, maxSockets: 16 }),
  'https:': new https.Agent({ keepAlive: true, maxSockets: 16 }),
};

export function controlClient(options: ControlOptions): ControlClient {
  const open = async (call: ControlCall): Promise<Result<IncomingMessage>> => {
    try {
      const response = await send(options, call);
      const status = response.statusCode ?? 0;
      return (status >= 200 && status < 300) || status === 304 ? ok(response) : await problemOf(response);
    } catch (error) {
      return fail('unavailable', `the control plane cannot be reached: ${reasonOf(error)}`);
    }
  };
  const call = async (request: ControlCall): Promise<Result<ControlAnswer>> => {
    const limit = new TimeLimit(request.timeoutMs ?? options.timeoutMs ?? timeoutDefaultMs, request.signal);
    try {
      const response = await open({ ...request, signal: limit.signal });
      if (!response.ok) return response;
      const { statusCode = 0, headers } = response.value;
      const text = await readText(response.value);
      return ok({ status: statusCode, headers, text });
    } catch (error) {
      return fail('unavailable', `the control plane did not finish its answer: ${reasonOf(error)}`);
    } finally {
      limit.end();
    }
  };
  return {
    open,
    call,
    get: async (schema, request) => {
      const answer = await call(request);
      return answer.ok ? parseAnswer(schema, answer.value.text) : answer;
    },
  };
}

/** Ends a call after a time or with another signal. */
class TimeLimit {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly parent: AbortSignal | undefined;
  private readonly abort = () => this.controller.abort(new Error('the call was given up'));

  constructor(ms: number, parent: AbortSignal | undefined) {
    this.parent = parent;
    this.timer = setTimeout(() => this.controller.abort(new Error('no answer in time')), ms);
    parent?.addEventListener('abort', this.abort, { once: true });
    if (parent?.aborted) this.abort();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  end(): void {
    clearTimeout(this.timer);
    this.parent?.removeEventListener('abort', this.abort);
  }
}

/** A kept connection may have been closed by the other side meanwhile: then the call is made again on a new one. */
async function send(options: ControlOptions, call: ControlCall): Promise<IncomingMessage> {
  const request = await sendOnce(options, call);
  if (!('retry' in request)) return request;
  const again = await sendOnce(options, { ...call, once: true });
  if ('retry' in again) throw again.retry;
  return again;
}

async function sendOnce(options: ControlOptions, call: ControlCall): Promise<IncomingMessage | { retry: Error }> {
  const url = new URL(`${options.url}/api/v1${call.path}`);
  const secure = url.protocol === 'https:';
  const headers = await headersOf(options, call);
  const body = call.body?.bytes ?? (call.json === undefined ? undefined : Buffer.from(JSON.stringify(call.json)));
  if (body !== undefined) headers['content-length'] = String(body.length);
  const agent = secure ? agents['https:'] : agents['http:'];
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(url, { method: call.method, headers, agent });
    let response: IncomingMessage | null = null;
    const abort = () => {
      const reason = call.signal?.reason instanceof Error ? call.signal.reason : new Error('the call was given up');
      (response ?? request).destroy(reason);
    };
    call.signal?.addEventListener('abort', abort, { once: true });
    request.on('close', () => call.signal?.removeEventListener('abort', abort));
    request.on('response', answered => {
      response = answered;
      resolve(answered);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = request.reusedSocket && error.code === 'ECONNRESET' && call.once !== true;
      if (isStale) resolve({ retry: error });
      else reject(error);
    });
    if (call.signal?.aborted) abort();
    request.end(body);
  });
}

async function headersOf(options: ControlOptions, call: ControlCall): Promise<Record<string, string>> {
  return {
    accept: 'application/json',
    ...call.headers,
    ...(options.bearer && { authorization: `Bearer ${await options.bearer()}` }),
    ...(call.json !== undefined && { 'content-type': 'application/json' }),
    ...(call.body && { 'content-type': call.body.type }),
    ...(call.body?.encoding && { 'content-encoding': call.body.encoding }),
  };
}

/** JSON that fits `schema`, or `unavailable`: a control plane that answers something else is not one we can use. */
export function parseAnswer<T>(schema: z.ZodType<T>, text: string): Result<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail('unavailable', 'the control plane answered something other than JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  return fail('unavailable', `the control plane's answer is not understood: ${where} ${issue?.message ?? ''}`);
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_input',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  412: 'precondition_failed',
  413: 'payload_too_large',
  429: 'rate_limited',
};

/** The failure in a problem document; by status where the body is none. */
async function problemOf(response: IncomingMessage): Promise<Result<never>> {
  const { code, detail } = problemFields(await readText(response).catch(() => ''));
  const status = response.statusCode ?? 0;
  const known = code !== null && code in errorTable ? (code as ErrorCode) : codeOfStatus[status];
  return fail(known ?? 'unavailable', detail ?? `the control plane answered ${status}`);
}

function problemFields(text: string): { code: string | null; detail: string | null } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return { code: null, detail: null };
    const fields = value as { code?: unknown; detail?: unknown; title?: unknown };
    const detail = fields.detail ?? fields.title;
    return {
      code: typeof fields.code === 'string' ? fields.code : null,
      detail: typeof detail === 'string' ? detail : null,
    };
  } catch {
    return { code: null, detail: null };
  }
}

/** A host with several addresses fails with all of their errors at once. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
}
