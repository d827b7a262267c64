/** What the session needs from the rest of the proxy, as plain interfaces, so that it runs in a test or a simulator alike. */
import type { Labels } from '#core/catalog/labels.ts';
import type { Catalog } from '#core/catalog/lookup.ts';
import type { CatalogData } from '#core/catalog/snapshot.ts';
import type { Failure, Result } from '#core/contract/error.ts';
import type { HeldStatement, Impact } from '#core/contract/proxy.ts';
import type { Event, Sealed } from '#core/event/schema.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { Bundle, Connection, Grant } from '#core/policy/bundle.ts';
import type { CompiledSet } from '#core/policy/compile.ts';
import type { Decision } from '#core/policy/decision.ts';
import type { Analysis } from '#core/sql/analysis.ts';

export type Clock = {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Monotonic microseconds. */
  nowUs(): number;
};

/** An event without what the recorder adds. */
type Draft<E> = E extends unknown ? Omit<E, 'v' | 'proxy' | 'seq' | 'time'> : never;
export type EventDraft = Draft<Event>;

export type Recorder = {
  /** Numbers, chains and buffers the event. */
  append(draft: EventDraft): void;
  /**
   * The hot path's form: `fragment` is the JSON of the draft's members without the outer braces, made once per cached
   * decision; `tail` are further members, e.g. `"statement":7`. Same result as `append`.
   */
  appendFragment(fragment: string, tail: string): void;
  /** Writes all that is buffered to the spool before it returns. Throws `RecordingError` when it cannot: then nothing may be forwarded. */
  commit(): void;
  /** False while the spool is full or failing: refuse before appending. */
  readonly healthy: boolean;
  /** Seals literals to the control plane's key, for statements with this fingerprint alone; null when there are none. */
  seal(literals: readonly string[], fingerprint: string): Sealed | null;
  /** The JWE that opens the current content key (for requests). */
  readonly contentKeyJwe: string | null;
};

export class RecordingError extends Error {
  override name = 'RecordingError';
}

/** Who is behind one client connection, as authenticated. */
export type SessionIdentity = {
  principal: Principal;
  onBehalfOf: Principal | null;
  /** jti of the token. */
  tokenId: string;
  /** Milliseconds since the epoch. The session may outlive it; a new one may not start. */
  tokenExpiresAt: number;
  connection: Connection;
  /** Null when access is standing (by policy). */
  grant: Grant | null;
};

/** Everything that can change a decision besides the text; compared by identity. */
export type DecisionContext = {
  identity: SessionIdentity;
  searchPath: readonly string[];
  /** Increases with each change of the bundle, the catalog or the session's own objects. */
  generation: number;
};

export type Verdict = {
  analysis: Analysis;
  decision: Decision;
  /** JSON members of `statement.decided` that are the same for every run of this text (no braces). */
  fragment: string;
};

export type HoldOutcome =
  | { outcome: 'approved'; by: readonly string[]; reason: string }
  | { outcome: 'denied'; by: readonly string[]; reason: string }
  | { outcome: 'expired' | 'withdrawn' | 'revoked' | 'unavailable'; by: readonly string[]; reason: string };

/** Files requests with the control plane and waits for their outcome. */
export type HoldDesk = {
  /**
   * Resolves when the control plane has the request, or has not: it takes no more of an identity that has too many waiting
   * (`rate_limited`), or cannot be reached.
   */
  file(held: HeldStatement): Promise<Result<{ url: string }>>;
  /** Resolves once, when decided, expired or aborted (then `withdrawn`). */
  wait(requestId: string, signal: AbortSignal): Promise<HoldOutcome>;
  /** Nobody waits any more, but the request stays open: once approved, `claim` finds it. */
  release(requestId: string): void;
  attachImpact(requestId: string, impact: Impact): void;
  /** Uses up an approval with this hash that is still in its window; at most once over all proxies. */
  claim(hash: string, connectionId: string, identityId: string): Promise<{ requestId: string } | null>;
  /** What became of an approved statement. */
  report(
    requestId: string,
    result: { outcome: 'ok' | 'error' | 'cancelled'; rows: number; sqlstate: string | null },
  ): void;
  urlOf(requestId: string): string;
};

/** Signs a client in with what it sent. The failure is what it gets to read; `session.refused` is the caller's to record. */
export type Authenticate = (attempt: {
  login: string;
  /** The token. */
  password: string;
  /** Name of the connection, as the startup message's database. */
  database: string;
  address: string;
  application: string;
}) => Promise<Result<SessionIdentity>>;

/** A bundle in force, with what is looked up in it all the time. Another bundle is another object: compare by identity. */
export type AppliedBundle = {
  readonly bundle: Bundle;
  readonly policies: CompiledSet;
  /** Increases with each bundle applied by this process. */
  readonly generation: number;
  principalById(id: string): Principal | null;
  connectionByName(name: string): Connection | null;
  connectionById(id: string): Connection | null;
  isRevoked(tokenId: string): boolean;
};

/** Everything that decisions on one connection rest on. A change of bundle or catalog is another object. */
export type ConnectionView = {
  readonly applied: AppliedBundle;
  readonly connection: Connection;
  readonly catalog: Catalog;
  /** What `catalog` is made of. */
  readonly data: CatalogData;
  /** Of the bundle, resolved against this catalog. */
  readonly labels: Labels;
  /** Increases with each change of the bundle or this catalog. */
  readonly generation: number;
};

export type ConnectionViews = {
  /** Fails closed: `bundle_missing`, `bundle_expired`, `unknown_connection`, or `unavailable` before the catalog was read. */
  of(connectionId: string): Result<ConnectionView>;
  /** After DDL, or when the server disagrees with the catalog: reads it again before answering. */
  refresh(connectionId: string): Promise<Result<ConnectionView>>;
};

/** A live session as the rest of the proxy sees it. */
export type LiveSession = {
  readonly id: string;
  readonly identity: SessionIdentity;
  readonly application: string;
  readonly address: string;
  /** The same identity as a newer bundle has it: groups, roles or grant changed. */
  refresh(identity: SessionIdentity): void;
  /** Ends the session with a FATAL error, its statement upstream included. */
  cut(failure: Failure): void;
};

export type LiveSessions = { list(): Iterable<LiveSession> };
