/** Signing in with a password, and what both ways of signing in share: the session row, the record, the refusals. */
import 'server-only';
import { createHash } from 'node:crypto';
import { and, desc, eq, gt } from 'drizzle-orm';
import type { Db, Sql, Tx } from '#db/client.ts';
import { identity, webSession } from '#db/schema/identity.ts';
import { endWebSession, openWebSession } from '#lib/identity/web-session.ts';
import { actorOf } from '#lib/orpc/actor.ts';
import type { Clock, RequestInfo } from '#lib/orpc/context.ts';
import { recordEvent, transact } from '#lib/transaction.ts';
import { verifyPassword } from './password.ts';
import { addressGroup, type Excess, excessOf, forget, giveBack, type Window } from './throttle.ts';

export type SigningIn = { db: Db; sql: Sql; clock: Clock; request: RequestInfo; previousSessionId: string | null };
export type Attempt = { login: string; password: string };
export type SignInResult =
  | { ok: true; sessionId: string; identityId: string; login: string }
  | { ok: false; code: 'bad_credentials' | 'disabled' | 'rate_limited'; retryAfterSeconds?: number };

/** Guesses of one account from one address, of any account from one address, and of one account from anywhere. */
export const limits = {
  pair: { max: 10, seconds: 15 * 60 },
  address: { max: 60, seconds: 15 * 60 },
  account: { max: 100, seconds: 60 * 60 },
} as const;

/** An address from which the account was signed in to within this time is not shut out by guesses from elsewhere. */
const knownAddressDays = 30;

/** Logins are strangers' input, so that keys made of them are hashed to a fixed size. */
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

function windowsOf(login: string, address: string | null): Record<keyof typeof limits, Window> {
  const group = addressGroup(address);
  return {
    pair: { key: `signin:pair:${digest(`${login} ${group}`)}`, ...limits.pair },
    address: { key: `signin:address:${group}`, ...limits.address },
    account: { key: `signin:account:${digest(login)}`, ...limits.account },
  };
}

/** Sessions looked at for addresses somebody signs in from. */
const knownSessionsMax = 500;

/** By network where that is one customer's: such addresses change every day. Asked for logins that do not exist as well, so that time tells nothing. */
async function isKnownAddress(on: SigningIn, identityId: string | null): Promise<boolean> {
  const since = new Date(on.clock.now().getTime() - knownAddressDays * 86_400_000);
  const rows = await on.db
    .select({ address: webSession.address })
    .from(webSession)
    .where(and(eq(webSession.identityId, identityId ?? nobodyId), gt(webSession.createdAt, since)))
    .orderBy(desc(webSession.createdAt))
    .limit(knownSessionsMax);
  const { address } = on.request;
  return address !== null && rows.some(row => row.address && addressGroup(row.address) === addressGroup(address));
}

const nobodyId = '00000000-0000-0000-0000-000000000000';

type Refusal = Extract<SignInResult, { ok: false }>;

/**
 * The windows that count, the address first: what it has no attempts left for is counted nowhere else, so that nobody fills the
 * table, or the counters of other people, faster than that.
 */
async function throttled(on: SigningIn, windows: readonly Window[]): Promise<(Refusal & Excess) | null> {
  for (const window of windows) {
    const excess = await excessOf(on.sql, window, on.clock.now());
    if (excess) return { ok: false, code: 'rate_limited', retryAfterSeconds: excess.waitSeconds, ...excess };
  }
  return null;
}

/** As it is stored; what PostgreSQL has no text for is in no login. */
const loginOf = (text: string): string => text.replaceAll('\0', '').trim().toLowerCase().slice(0, 320);

export async function signInWithPassword(on: SigningIn, attempt: Attempt): Promise<SignInResult> {
  const login = loginOf(attempt.login);
  const [row] = await on.db.select().from(identity).where(eq(identity.login, login));
  const { address, pair, account } = windowsOf(login, on.request.address);
  const isKnown = await isKnownAddress(on, row?.id ?? null);
  const counted = isKnown ? [address, pair] : [address, pair, account];
  const excess = await throttled(on, counted);
  if (excess) {
    const { waitSeconds: _, isFirst, ...refusal } = excess;
    // The log is for ever: that guessing has begun is in it once per window, whatever a stranger sends.
    return isFirst ? refuse(on, { login, identityId: row?.id ?? null }, refusal) : refusal;
  }
  const isRight = await verifyPassword(row?.kind === 'user' ? row.passwordHash : null, attempt.password.slice(0, 200));
  if (!row || !isRight)
    return refuse(on, { login, identityId: row?.id ?? null }, { ok: false, code: 'bad_credentials' });
  await forget(on.sql, pair.key);
  await giveBack(
    on.sql,
    counted.map(window => window.key),
  );
  const result = await transact(on, async tx => {
    const refusal = await refusalNow(tx, row);
    return refusal ?? openSession(tx, on, { id: row.id, login, method: 'password' });
  });
  return result.ok ? result : refuse(on, { login, identityId: row.id }, result);
}

/** Comparing a password takes its time. Whoever was disabled in the meantime, or got another password, is not let in with the old one. */
async function refusalNow(tx: Tx, { id, passwordHash }: typeof identity.$inferSelect): Promise<Refusal | null> {
  const [now] = await tx.select().from(identity).where(eq(identity.id, id)).for('share');
  if (now?.passwordHash !== passwordHash) return { ok: false, code: 'bad_credentials' };
  return now.enabled ? null : { ok: false, code: 'disabled' };
}

type Who = { login: string; identityId: string | null };

export async function refuse(on: SigningIn, who: Who, refusal: Refusal): Promise<Refusal> {
  const { id, via, address } = on.request;
  await transact(on, async tx =>
    recordEvent(tx, {
      action: 'identity.sign_in',
      outcome: 'refused',
      actor: actorOf({ type: 'anonymous', reason: null }, who.login),
      request: { id, via, address },
      target: { type: 'identity', id: who.identityId ?? '', label: who.login },
      before: null,
      after: null,
      reason: refusal.code,
    }),
  );
  return refusal;
}

type SignedIn = { id: string; login: string; method: 'password' | 'oidc' };

/** A new session each time; the one the browser came with ends (session fixation). */
export async function openSession(tx: Tx, on: SigningIn, who: SignedIn): Promise<Extract<SignInResult, { ok: true }>> {
  const now = on.clock.now();
  const { id, via, address, userAgent } = on.request;
  if (on.previousSessionId) await endWebSession(tx, on.previousSessionId, { now, reason: 'signed in again' });
  const sessionId = await openWebSession(tx, { identityId: who.id, method: who.method, address, userAgent, now });
  recordEvent(tx, {
    action: 'identity.sign_in',
    actor: { type: 'identity', id: who.id, login: who.login, sessionId },
    request: { id, via, address },
    target: { type: 'identity', id: who.id, label: who.login },
    before: null,
    after: { method: who.method, sessionId },
  });
  return { ok: true, sessionId, identityId: who.id, login: who.login };
}

export async function signOut(on: Omit<SigningIn, 'previousSessionId'>, sessionId: string): Promise<void> {
  const { id, via, address } = on.request;
  await transact(on, async tx => {
    const [row] = await tx
      .select({ id: identity.id, login: identity.login })
      .from(webSession)
      .innerJoin(identity, eq(identity.id, webSession.identityId))
      .where(eq(webSession.id, sessionId));
    if (!row || !(await endWebSession(tx, sessionId, { now: on.clock.now(), reason: 'signed out' }))) return;
    recordEvent(tx, {
      action: 'identity.sign_out',
      actor: { type: 'identity', ...row, sessionId },
      request: { id, via, address },
      target: { type: 'web_session', id: sessionId, label: row.login },
      before: null,
      after: null,
    });
  });
}
