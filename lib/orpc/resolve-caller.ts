/** From credentials to the caller. REST: a bearer token, never the cookie. RPC and pages: the session cookie, never a bearer. */
import 'server-only';
import type { Database } from '#db/client.ts';
import { apiTokenPattern, callerOfApiToken } from '#lib/identity/api-token.ts';
import { callerOfClientToken, isClientToken } from '#lib/identity/client-token.ts';
import { callerOfSession } from '#lib/identity/web-session.ts';
import { authenticateProxy } from '#lib/proxies/authenticate.ts';
import type { AnonymousCaller, Caller, Clock } from './context.ts';

export type Asking = {
  database: Database;
  clock: Clock;
  address: string | null;
  /** An open stream makes sure that its caller still may; that is no sign of life of the person. */
  isRecheck?: boolean;
};

const nobody: AnonymousCaller = { type: 'anonymous', reason: null };
const bad: AnonymousCaller = { type: 'anonymous', reason: 'unauthenticated' };

export const bearerLengthMax = 4096;

export async function callerOfBearer(asking: Asking, authorization: string | null): Promise<Caller> {
  if (authorization === null) return nobody;
  const token = authorization.match(/^Bearer ([\x21-\x7e]+)$/i)?.[1];
  if (token === undefined || token.length > bearerLengthMax) return bad;
  if (apiTokenPattern.test(token)) return callerOfApiToken(asking, token);
  if (isClientToken(token)) return callerOfClientToken(asking, token);
  return authenticateProxy(asking, token);
}

export async function callerOfCookie(asking: Asking, sessionId: string | null): Promise<Caller> {
  return sessionId === null ? nobody : callerOfSession(asking, sessionId);
}
