/** The one table of error codes both planes speak: code ↔ HTTP status ↔ SQLSTATE. It formats nothing and throws nothing. */

export const errorTable = {
  unauthenticated: { status: 401, sqlstate: '28P01' },
  token_expired: { status: 401, sqlstate: '28P01' },
  token_revoked: { status: 401, sqlstate: '28P01' },
  identity_disabled: { status: 403, sqlstate: '28000' },
  tls_required: { status: 403, sqlstate: '28000' },
  forbidden: { status: 403, sqlstate: '28000' },
  unknown_connection: { status: 404, sqlstate: '3D000' },
  not_found: { status: 404, sqlstate: '42704' },
  conflict: { status: 409, sqlstate: '55000' },
  precondition_failed: { status: 412, sqlstate: '55000' },
  invalid_input: { status: 400, sqlstate: '22023' },
  payload_too_large: { status: 413, sqlstate: '54000' },
  rate_limited: { status: 429, sqlstate: '53400' },
  internal: { status: 500, sqlstate: 'XX000' },
  unavailable: { status: 503, sqlstate: '57P03' },
  protocol_violation: { status: 400, sqlstate: '08P01' },
  unsupported: { status: 501, sqlstate: '0A000' },
  /** Policy said no. */
  refused: { status: 403, sqlstate: '42501' },
  /** The statement could not be resolved to the column, so policy could not be applied. */
  unresolved: { status: 403, sqlstate: '42501' },
  syntax_error: { status: 400, sqlstate: '42601' },
  undefined_column: { status: 400, sqlstate: '42703' },
  ambiguous_column: { status: 400, sqlstate: '42702' },
  undefined_table: { status: 400, sqlstate: '42P01' },
  undefined_function: { status: 400, sqlstate: '42883' },
  undefined_object: { status: 400, sqlstate: '42704' },
  statement_too_complex: { status: 413, sqlstate: '54001' },
  /** Needs approval and the session chose not to wait. */
  approval_required: { status: 403, sqlstate: '42501' },
  approval_denied: { status: 403, sqlstate: '42501' },
  approval_expired: { status: 403, sqlstate: '42501' },
  approval_withdrawn: { status: 409, sqlstate: '57014' },
  bundle_missing: { status: 503, sqlstate: '57P03' },
  bundle_expired: { status: 503, sqlstate: '57P03' },
  recording_failed: { status: 503, sqlstate: '53100' },
  session_revoked: { status: 403, sqlstate: '57P01' },
  too_many_connections: { status: 503, sqlstate: '53300' },
  /** A statement returned more than a policy lets it. */
  row_limit: { status: 403, sqlstate: '54000' },
  /** What a policy gives to an identity for a window of time is used up. */
  budget_exhausted: { status: 429, sqlstate: '53400' },
  statement_timeout: { status: 504, sqlstate: '57014' },
  idle_in_transaction: { status: 408, sqlstate: '25P03' },
} as const satisfies Record<string, { status: number; sqlstate: string }>;

export type ErrorCode = keyof typeof errorTable;

export const errorCodes = Object.keys(errorTable) as ErrorCode[];

/** Expected outcomes are values, not exceptions. */
export type Result<T, E = Failure> = { ok: true; value: T } | { ok: false; error: E };

export type Failure = { code: ErrorCode; message: string; hint?: string; detail?: string; position?: number };

export const ok = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });
export const fail = (code: ErrorCode, message: string, more: Omit<Failure, 'code' | 'message'> = {}) => ({
  ok: false as const,
  error: { code, message, ...more },
});
