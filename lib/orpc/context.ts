/** What every procedure is given: who calls, when, and the database. */
import 'server-only';
import type { ErrorCode } from '#core/contract/error.ts';
import type { IdentityKind } from '#core/identity/principal.ts';
import type { Permission, Role } from '#core/identity/role.ts';
import type { Db, Sql, Tx } from '#db/client.ts';

export type IdentityCaller = {
  type: 'identity';
  id: string;
  login: string;
  displayName: string;
  kind: IdentityKind;
  roles: readonly Role[];
  groups: readonly string[];
  /** Of the roles; narrowed to the scope of the API token, if one is used. */
  permissions: ReadonlySet<Permission>;
  /** The web session, when signed in with a browser. */
  sessionId: string | null;
  /** The API token, when called with one. */
  apiTokenId: string | null;
  /** A `client_token` lies in the settings of database tools: it reaches what names its permission, and nothing that is open to all. */
  credential: 'session' | 'api_token' | 'client_token';
};
export type ProxyCaller = { type: 'proxy'; id: string; name: string };
/** A job of the control plane itself. */
export type SystemCaller = { type: 'system'; name: string };
/** Nobody, or somebody whose credentials are not good: then `reason` says in what way. */
export type AnonymousCaller = { type: 'anonymous'; reason: ErrorCode | null };
export type Caller = IdentityCaller | ProxyCaller | SystemCaller | AnonymousCaller;

export type Clock = { now(): Date };
export const systemClock: Clock = { now: () => new Date() };

export type RequestInfo = {
  /** UUID, logged with every error of the request and named in the answer. */
  id: string;
  via: 'rest' | 'rpc' | 'page' | 'job';
  /** Address of the client as the socket (or a trusted reverse proxy) has it; null when unknown. */
  address: string | null;
  userAgent: string | null;
  idempotencyKey: string | null;
  /** The version named by If-Match, when there is one. */
  ifMatch: number | null;
};

export type BaseContext = {
  caller: Caller;
  db: Db;
  /** Raw postgres.js, for streaming reads. */
  sql: Sql;
  clock: Clock;
  request: RequestInfo;
  /** Headers to add to the answer; absent for calls inside the server. */
  resHeaders?: Headers;
  /** Asks again who calls; long-lived streams do so. */
  authenticate?: () => Promise<Caller>;
  /** When `caller` was found out, by `performance.now()`; absent where that is part of the same work. */
  authenticatedAtMs?: number;
};

export type IdentityContext = BaseContext & { caller: IdentityCaller };
export type ProxyContext = BaseContext & { caller: ProxyCaller };
/** A command's transaction: what it changes, its audit events and its outbox messages commit together. */
export type WithTx<C extends BaseContext> = C & { tx: Tx };
/** Streams end when `signal` aborts: the client left, the caller was signed out, or the server stops. */
export type WithSignal<C extends BaseContext> = C & { signal: AbortSignal };

/** The version an edit was made against: from the input, else from If-Match. */
export const expectedVersion = (context: BaseContext, input: { expectedVersion?: number | null }): number | null =>
  input.expectedVersion ?? context.request.ifMatch;

export type ProcedureMeta = {
  kind: 'query' | 'command' | 'stream';
  audience: 'identity' | 'proxy' | 'public';
  /** Null: any signed-in caller. */
  permission: Permission | null;
  /** The read itself is an audit event. */
  sensitive: boolean;
};
