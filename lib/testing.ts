/** A control plane for tests: its own database, a clock that only moves when told, identities, and the REST API called in process. */

import { randomUUID } from 'node:crypto';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/fetch';
import { eq } from 'drizzle-orm';
import { encode } from 'next-auth/jwt';
import type { IdentityKind } from '#core/identity/principal.ts';
import { type Permission, permissions, type Role } from '#core/identity/role.ts';
import { type Database, openDatabase, type Sql } from '#db/client.ts';
import { apiToken, identity } from '#db/schema/identity.ts';
import { testDatabase } from '#db/testing.ts';
import { until } from '#scripts/wait.ts';
import { sessionCookieName, webSecret } from './auth/cookie.ts';
import { hashOfToken, mintApiToken } from './identity/api-token.ts';
import { identityCaller } from './identity/caller.ts';
import { openWebSession } from './identity/web-session.ts';
import type { BaseContext, Caller } from './orpc/context.ts';
import { handleRest, handleRpc, type Serving } from './orpc/handle.ts';
import type { AppClient } from './router.ts';
import { transact } from './transaction.ts';

export type TestIdentity = { id: string; login: string; bearer: string };
export type TestAnswer = { status: number; headers: Headers; body: Record<string, unknown> };

type Making = { kind?: IdentityKind; roles?: Role[]; ownerId?: string; login?: string; scope?: Permission[] };
type Asking = { as?: TestIdentity | { bearer: string }; body?: unknown; headers?: Record<string, string> };

export type TestPlane = {
  database: Database;
  /** Of its database. */
  url: string;
  clock: { now(): Date; advance(ms: number): void };
  /** With an API token that holds all permissions of its roles. */
  identity(making?: Making): Promise<TestIdentity>;
  /** `path` below /api/v1. */
  rest(method: string, path: string, asking?: Asking): Promise<TestAnswer>;
  response(method: string, path: string, asking?: Asking): Promise<Response>;
  /** The browser's way: a web session of the identity's own, and the console's own origin unless `headers` say otherwise. */
  rpc(
    path: string,
    input: unknown,
    asking: { as: TestIdentity | null; headers?: Record<string, string> },
  ): Promise<TestAnswer>;
  /** For calling procedures or functions directly. */
  context(caller: Caller | TestIdentity): Promise<BaseContext>;
  /** Signed in, as the browser's pages call. */
  browser(as: TestIdentity): Promise<AppClient>;
  close(): Promise<void>;
};

export async function testPlane(): Promise<TestPlane> {
  process.env.WEIR_SECRET ??= 'a secret that only tests have, 32+';
  const { url } = await testDatabase();
  const database = openDatabase(url);
  let nowMs = Date.parse('2026-01-15T12:00:00.000Z');
  const clock = {
    now: () => new Date(nowMs),
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
  const { db, sql } = database;

  const makeIdentity = async (making: Making = {}): Promise<TestIdentity> => {
    const { kind = 'user', roles = [], ownerId = null, scope = permissions } = making;
    const login = making.login ?? `${kind}-${randomUUID()}@example.com`;
    const [row] = await db.insert(identity).values({ kind, login, displayName: login, roles, ownerId }).returning();
    if (!row) throw new Error('no identity');
    const bearer = mintApiToken();
    const expiresAt = new Date(nowMs + 365 * 86_400_000);
    const token = { identityId: row.id, name: 'test', hash: hashOfToken(bearer), prefix: bearer.slice(0, 14) };
    await db.insert(apiToken).values({ ...token, permissions: [...scope], expiresAt });
    return { id: row.id, login, bearer };
  };

  const response = (method: string, path: string, { as, body, headers = {} }: Asking = {}) => {
    const all = new Headers(headers);
    if (as) all.set('authorization', `Bearer ${as.bearer}`);
    const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    if (body !== undefined && !all.has('content-type')) all.set('content-type', 'application/json');
    const init = { method, headers: all, body: isRaw ? (body as string) : JSON.stringify(body) };
    return handleRest(new Request(`http://127.0.0.1/api/v1${path}`, init), { database, clock });
  };

  const rest = async (method: string, path: string, asking?: Asking): Promise<TestAnswer> => {
    const answer = await response(method, path, asking);
    const text = await answer.text();
    const isJson = /\/(problem\+)?json/.test(answer.headers.get('content-type') ?? '');
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : { text } };
  };

  const cookieOf = async ({ id }: TestIdentity): Promise<string> => {
    const opening = { identityId: id, method: 'password' as const, address: null, userAgent: null, now: clock.now() };
    const sid = await transact({ db, clock }, tx => openWebSession(tx, opening));
    return `${sessionCookieName()}=${await encode({ token: { sid }, secret: webSecret(), maxAge: 3600 })}`;
  };

  const rpc: TestPlane['rpc'] = async (path, input, { as, headers = {} }) => {
    const cookie = as === null ? '' : await cookieOf(as);
    const own = { 'sec-fetch-site': 'same-origin', 'x-csrf-token': 'weir', 'content-type': 'application/json' };
    const init = { method: 'POST', headers: { cookie, ...own, ...headers }, body: JSON.stringify({ json: input }) };
    const answer = await handleRpc(new Request(`http://127.0.0.1/api/rpc/${path}`, init), { database, clock });
    const body = (await answer.json()) as Record<string, unknown>;
    const json = (body.json ?? body) as Record<string, unknown>;
    return { status: answer.status, headers: answer.headers, body: json };
  };

  const browser = async (as: TestIdentity) => browserClient({ database, clock }, await cookieOf(as));

  const context = async (caller: Caller | TestIdentity): Promise<BaseContext> => {
    const request = { id: randomUUID(), via: 'job' as const, address: null, userAgent: null };
    const base = { db, sql, clock, request: { ...request, idempotencyKey: null, ifMatch: null } };
    if ('type' in caller) return { ...base, caller };
    const [row] = await db.select().from(identity).where(eq(identity.id, caller.id));
    if (!row) throw new Error('no identity');
    return { ...base, caller: await identityCaller(db, row, { sessionId: randomUUID() }) };
  };

  return { database, url, clock, identity: makeIdentity, rest, response, rpc, browser, context, close: database.close };
}

const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

/** Until some statement waits for what another transaction holds. */
export const isHeldUp = ({ unsafe }: Pick<Sql, 'unsafe'>): Promise<true> =>
  until('a lock to be waited for', async () => (await unsafe(waiting)).length > 0 && (true as const), {
    timeoutMs: 10_000,
    everyMs: 10,
  });

/** The client of the browser, as `lib/orpc/browser.ts` makes it, on procedures without a server in between. */
export function browserClient(serving: Serving, cookie: string): AppClient {
  const own = { cookie, 'sec-fetch-site': 'same-origin', 'x-csrf-token': 'weir' };
  const link = new RPCLink({
    url: 'http://127.0.0.1/api/rpc',
    headers: () => own,
    fetch: (request, init) => handleRpc(new Request(request, init), serving),
  });
  return createORPCClient(link);
}
