/** Errors with two audiences: a stable code and a public sentence go out, the cause goes to the log only. */
import 'server-only';
import { ORPCError, ValidationError } from '@orpc/server';
import { type ErrorCode, errorCodes, errorTable } from '#core/contract/error.ts';
import { log } from '#lib/log.ts';
import type { BaseContext } from './context.ts';
import { isDatabaseGone } from './outage.ts';

/** One thing that is wrong with the input. `path` is dotted, e.g. `approvers.0.group`; empty for the input as a whole. */
export type Issue = { path: string; message: string };

export type ErrorDetails = {
  issues?: readonly Issue[];
  hint?: string;
  /** The permission that is missing. */
  permission?: string;
  /** What an edit was made against, when the object has moved on. */
  currentVersion?: number;
  retryAfterSeconds?: number;
};

/** An expected refusal. `message` is shown to the caller: lower case, no full stop, no secrets, nothing the caller may not know. */
export class AppError extends Error {
  override name = 'AppError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails & { cause?: unknown } = {}) {
    const { cause, ...rest } = details;
    super(message, { cause });
    this.code = code;
    this.details = rest;
  }
}

/** The one answer for what does not exist and for what the caller may not know to exist. */
export const notFound = (what = 'object'): AppError => new AppError('not_found', `no such ${what}`);

/** `data` of the error as the browser client sees it. */
export type ErrorData = ErrorDetails & { requestId: string };

function issuesOf(error: ORPCError<string, unknown>): Issue[] {
  if (!(error.cause instanceof ValidationError)) return [];
  return error.cause.issues.slice(0, 50).map(issue => ({
    path: (issue.path ?? []).map(part => String(typeof part === 'object' ? part.key : part)).join('.'),
    message: issue.message.slice(0, 500),
  }));
}

const statusCodes: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_input',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'unsupported',
  413: 'payload_too_large',
  415: 'invalid_input',
  429: 'rate_limited',
};

const isErrorCode = (code: string): code is ErrorCode => (errorCodes as string[]).includes(code);

/** PostgreSQL: character_not_in_repertoire, untranslatable_character. Its texts have no NUL and its JSON no half characters. */
const impossibleText = ['22021', '22P05'];
/** numeric_value_out_of_range, invalid_datetime_format, datetime_field_overflow: its numbers and its calendar have ends. */
const impossibleValues = ['22003', '22007', '22008'];

const hasCode = (thrown: unknown, codes: readonly string[]): boolean =>
  thrown instanceof Error &&
  [thrown, thrown.cause].some(each => each instanceof Error && 'code' in each && codes.includes(String(each.code)));

const impossible = (message: string, requestId: string) =>
  new ORPCError('invalid_input', { status: 400, message, data: { requestId } });

/** Whatever was thrown, as what may leave the process. Anything unexpected is logged and becomes an opaque 500. */
export function toPublicError(thrown: unknown, requestId: string): ORPCError<string, ErrorData> {
  if (thrown instanceof AppError) {
    return new ORPCError(thrown.code, {
      status: errorTable[thrown.code].status,
      message: thrown.message,
      data: { ...thrown.details, requestId },
    });
  }
  if (thrown instanceof ORPCError) {
    if (isErrorCode(thrown.code)) return thrown as ORPCError<string, ErrorData>;
    const code = statusCodes[thrown.status];
    if (code) {
      const issues = issuesOf(thrown);
      const message = issues.length > 0 ? `the input is not valid: ${issues[0]?.path || 'input'}` : thrown.message;
      return new ORPCError(code, { status: errorTable[code].status, message, data: { issues, requestId } });
    }
  }
  if (hasCode(thrown, impossibleText)) return impossible('the input holds characters that no text may have', requestId);
  if (hasCode(thrown, impossibleValues)) {
    log().warn({ err: thrown, requestId }, 'a value is out of range');
    return impossible('the input holds a number or a time that is out of range', requestId);
  }
  if (isDatabaseGone(thrown)) {
    log().warn({ err: thrown, requestId }, 'the control database is away');
    return new ORPCError('unavailable', {
      status: errorTable.unavailable.status,
      message: 'the console cannot reach its database at the moment',
      data: { requestId },
    });
  }
  log().error({ err: thrown, cause: thrown instanceof Error ? thrown.cause : undefined, requestId }, 'request failed');
  return new ORPCError('internal', { status: 500, message: 'something went wrong on our side', data: { requestId } });
}

/** The interceptor that stands between every procedure and its caller. */
export async function publicErrors<T>(options: { next(): Promise<T>; context: BaseContext }): Promise<T> {
  try {
    return await options.next();
  } catch (thrown) {
    throw toPublicError(thrown, options.context.request.id);
  }
}

const titles: Partial<Record<ErrorCode, string>> = {
  unauthenticated: 'Sign-in needed',
  forbidden: 'Not permitted',
  not_found: 'Not found',
  conflict: 'Conflict',
  precondition_failed: 'Changed in the meantime',
  invalid_input: 'Invalid input',
  payload_too_large: 'Too large',
  rate_limited: 'Too many requests',
  internal: 'Internal error',
  unavailable: 'Not available',
};

/** The body of a refused REST request (RFC 9457). */
export function problemOf(error: ORPCError<string, unknown>): Record<string, unknown> {
  const code = isErrorCode(error.code) ? error.code : (statusCodes[error.status] ?? 'internal');
  const { requestId, ...details } = (error.data ?? {}) as Partial<ErrorData>;
  return {
    type: `urn:weir:problem:${code}`,
    title: titles[code] ?? code.replaceAll('_', ' '),
    status: error.status,
    detail: error.message,
    code,
    ...details,
    ...(requestId ? { instance: `urn:uuid:${requestId}` } : {}),
  };
}
