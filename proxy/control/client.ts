/**
 * Calls the control plane's REST API. Expected failures are values: the problem document's code (RFC 9457), or `unavailable` when
 * the control plane could not be reached or did not answer in time.
 */
import type { z } from 'zod';
import { type ErrorCode, errorTable, fail, ok, type Result } from '#core/contract/error.ts';

export type ControlCall = {
  method: 'GET' | 'POST' | 'PUT';
  /** Below `/api/v1`, e.g. `/proxies/self/heartbeat`. */
  path: string;
  json?: unknown;
  /** Instead of `json`. */
  body?: { bytes: Uint8Array<ArrayBuffer>; type: string; encoding?: string };
  headers?: Record<string, string>;
  timeoutMs?: number;
  signal?: AbortSignal;
};

export type ControlAnswer = { status: number; headers: Headers; text: string };

export type ControlClient = {
  /** The answer when its status is 2xx or 304. */
  call(call: ControlCall): Promise<Result<ControlAnswer>>;
  /** The same, with the body checked against `schema`. */
  get<T>(schema: z.ZodType<T>, call: ControlCall): Promise<Result<T>>;
  /** The open response of a stream; the caller reads and aborts it. */
  open(call: ControlCall): Promise<Result<Response>>;
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

export function controlClient(options: ControlOptions): ControlClient {
  const open = async (call: ControlCall): Promise<Result<Response>> => {
    try {
      const response = await fetch(`${options.url}/api/v1${call.path}`, await requestOf(options, call));
      if (response.ok || response.status === 304) return ok(response);
      return await problemOf(response);
    } catch (error) {
      return fail('unavailable', `the control plane cannot be reached: ${reasonOf(error)}`);
    }
  };
  const call = async (request: ControlCall): Promise<Result<ControlAnswer>> => {
    const limit = new TimeLimit(request.timeoutMs ?? options.timeoutMs ?? timeoutDefaultMs, request.signal);
    try {
      const response = await open({ ...request, signal: limit.signal });
      if (!response.ok) return response;
      const text = await readText(response.value);
      return ok({ status: response.value.status, headers: response.value.headers, text });
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

/** Ends a call after a time or with another signal. AbortSignal.any is collected too early on Node 20, and then never fires. */
class TimeLimit {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly parent: AbortSignal | undefined;
  private readonly abort = () => this.controller.abort(this.parent?.reason);

  constructor(ms: number, parent: AbortSignal | undefined) {
    this.parent = parent;
    this.timer = setTimeout(() => this.controller.abort(new DOMException('no answer in time', 'TimeoutError')), ms);
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

async function requestOf(options: ControlOptions, call: ControlCall): Promise<RequestInit> {
  const headers: Record<string, string> = { accept: 'application/json', ...call.headers };
  if (options.bearer) headers.authorization = `Bearer ${await options.bearer()}`;
  if (call.json !== undefined) headers['content-type'] = 'application/json';
  if (call.body) {
    headers['content-type'] = call.body.type;
    if (call.body.encoding) headers['content-encoding'] = call.body.encoding;
  }
  const body = call.body?.bytes ?? (call.json === undefined ? undefined : JSON.stringify(call.json));
  return {
    method: call.method,
    headers,
    redirect: 'error',
    ...(body !== undefined && { body }),
    ...(call.signal && { signal: call.signal }),
  };
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
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
async function problemOf(response: Response): Promise<Result<never>> {
  const { code, detail } = problemFields(await readText(response).catch(() => ''));
  const known = code !== null && code in errorTable ? (code as ErrorCode) : codeOfStatus[response.status];
  return fail(known ?? 'unavailable', detail ?? `the control plane answered ${response.status}`);
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

/** fetch hides what happened in `cause`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  const { cause } = error;
  return cause instanceof Error ? cause.message || cause.name : error.message;
}
