/**
 * What every procedure is built from, and from nothing else: `query`, `command`, `stream` for identities, and the same for
 * proxies and for the public. Who may call is decided before the input is looked at; commands commit together with their
 * audit events; reads marked `sensitive` are audit events themselves.
 */
import 'server-only';
import type { AnySchema } from '@orpc/contract';
import { os } from '@orpc/server';
import type { Permission } from '#core/identity/role.ts';
import type { AuditEntry } from '#lib/audit/append.ts';
import { oneOfFew } from './busy.ts';
import { commandBuilder } from './command.ts';
import type {
  AnonymousCaller,
  BaseContext,
  Caller,
  IdentityCaller,
  IdentityContext,
  ProcedureMeta,
  ProxyCaller,
  ProxyContext,
  WithSignal,
} from './context.ts';
import { AppError } from './error.ts';
import { answeredInTime } from './outage.ts';
import { recordReading } from './record-read.ts';
import { whileDatabaseAnswers } from './silence.ts';
import { streamLifetime, until } from './streams.ts';
import { keepsRights } from './watch-caller.ts';

const root = os.$context<BaseContext>().$meta<ProcedureMeta>({
  kind: 'query',
  audience: 'identity',
  permission: null,
  sensitive: false,
});

const signInAgain: Partial<Record<NonNullable<AnonymousCaller['reason']>, string>> = {
  token_expired: 'the token has expired',
  token_revoked: 'the token was revoked',
  identity_disabled: 'this identity is disabled',
};

function refuseAnonymous(caller: AnonymousCaller): AppError {
  const code = caller.reason ?? 'unauthenticated';
  return new AppError(code, signInAgain[code] ?? 'sign in first');
}

function identityOf(caller: Caller, permission: Permission | null): IdentityCaller {
  if (caller.type === 'anonymous') throw refuseAnonymous(caller);
  if (caller.type !== 'identity') throw new AppError('forbidden', 'this is for people, agents and services');
  if (permission !== null && !caller.permissions.has(permission))
    throw new AppError('forbidden', `this needs the permission \`${permission}\``, { permission });
  if (permission === null && caller.credential === 'client_token')
    throw new AppError('forbidden', 'a token for proxies does not reach this: sign in to the console');
  return caller;
}

export function proxyOf(caller: Caller): ProxyCaller {
  if (caller.type === 'anonymous') throw refuseAnonymous(caller);
  if (caller.type !== 'proxy') throw new AppError('forbidden', 'this is for proxies');
  return caller;
}

export const staleAfterMs = 250;

/**
 * Who called when the head of the request came may be cut off by the time its body is there, and a body can be made to take minutes.
 */
async function callerNow({ caller, authenticate, authenticatedAtMs }: BaseContext): Promise<Caller> {
  const isStale = authenticatedAtMs !== undefined && performance.now() - authenticatedAtMs > staleAfterMs;
  return isStale && authenticate ? answeredInTime(authenticate()) : caller;
}

const forIdentity = (permission: Permission | null) =>
  root.middleware(async ({ context, next }) =>
    next({ context: { caller: identityOf(await callerNow(context), permission) } }),
  );

const forProxy = () =>
  root.middleware(async ({ context, next }) => next({ context: { caller: proxyOf(await callerNow(context)) } }));

/** After the read succeeded and before its result leaves: no record, no result. */
const recordRead = root.middleware(async ({ context, next, path, procedure }, input: unknown) => {
  const result = await oneOfFew(context.caller, next);
  try {
    await recordReading(context, path, await understood(procedure['~orpc'].inputSchema, input));
  } catch (thrown) {
    // Nobody will read it: what it holds open is to be let go.
    if (result.output instanceof ReadableStream) await result.output.cancel().catch(() => undefined);
    throw thrown;
  }
  return result;
});

/** What the procedure made of its input: the rest of what the caller sent is not for the log. */
async function understood(schema: AnySchema | undefined, input: unknown): Promise<unknown> {
  if (schema === undefined) return {};
  const parsed = await schema['~standard'].validate(input);
  return parsed.issues ? {} : parsed.value;
}

/** Outermost: nobody waits longer for a database than it takes to find out that it does not answer. */
const inTime = root.middleware(({ context, next }) => whileDatabaseAnswers(context.sql, Promise.resolve(next())));

const passRead = root.middleware(({ next }) => next());

export type QueryOptions = { permission: Permission | null; sensitive?: boolean };

export const query = ({ permission, sensitive = false }: QueryOptions) =>
  root
    .meta({ kind: 'query', audience: 'identity', permission, sensitive })
    .use(inTime)
    .use(forIdentity(permission))
    .use(sensitive ? recordRead : passRead);

export const publicQuery = () =>
  root.meta({ kind: 'query', audience: 'public', permission: null, sensitive: false }).use(inTime);

export const proxyQuery = () =>
  root.meta({ kind: 'query', audience: 'proxy', permission: null, sensitive: false }).use(inTime).use(forProxy());

const live = (permitted: (began: Caller) => (now: Caller) => boolean) =>
  root.middleware(async ({ context, next, signal }) => {
    const lifetime = streamLifetime({ context, request: signal, permits: permitted(context.caller) });
    try {
      const result = await next({ context: { signal: lifetime.signal } });
      const output = until(result.output as AsyncIterator<unknown>, lifetime);
      return { ...result, output };
    } catch (thrown) {
      lifetime.release();
      throw thrown;
    }
  });

/** Live: the handler is an async generator; `context.signal` aborts when it must end. */
export const stream = ({ permission }: { permission: Permission | null }) =>
  root
    .meta({ kind: 'stream', audience: 'identity', permission, sensitive: false })
    .use(forIdentity(permission))
    .use(live(began => keepsRights(began, permission)));

export const proxyStream = () =>
  root
    .meta({ kind: 'stream', audience: 'proxy', permission: null, sensitive: false })
    .use(forProxy())
    .use(live(() => now => now.type === 'proxy'));

export type StreamContext = WithSignal<IdentityContext>;
export type ProxyStreamContext = WithSignal<ProxyContext>;

type CommandOptions = {
  permission: Permission | null;
  /** The result holds a secret that is shown once: it is not kept for Idempotency-Key. */
  shownOnce?: boolean;
};

/** Writes. The handler returns `{ result, audit }`; `audit` has at least one entry. */
export const command = ({ permission, shownOnce = false }: CommandOptions) =>
  commandBuilder<IdentityContext, AuditEntry | readonly [AuditEntry, ...AuditEntry[]]>(
    root.meta({ kind: 'command', audience: 'identity', permission, sensitive: false }).use(forIdentity(permission)),
    { shownOnce, isRecorded: true },
  );

/** `audit` is null when nothing happened, e.g. for a poll that has to go on. */
export const publicCommand = ({ shownOnce = false } = {}) =>
  commandBuilder<BaseContext, AuditEntry | readonly AuditEntry[] | null>(
    root.meta({ kind: 'command', audience: 'public', permission: null, sensitive: false }),
    { shownOnce, isRecorded: false },
  );

/**
 * A proxy's reports (events, heartbeats, catalogs) are recorded as what they are; those return `audit: null`. With `ignoresKey`
 * the input names what it makes: repeating makes nothing and answers with the present state, not with the first answer.
 */
export const proxyCommand = ({ ignoresKey = false } = {}) =>
  commandBuilder<ProxyContext, AuditEntry | readonly AuditEntry[] | null>(
    root.meta({ kind: 'command', audience: 'proxy', permission: null, sensitive: false }).use(forProxy()),
    { shownOnce: false, ignoresKey, isRecorded: false },
  );
