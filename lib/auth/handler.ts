/** next-auth, and all of it: everything else asks lib/auth and would not notice another library. */
import 'server-only';
import { randomUUID } from 'node:crypto';
import NextAuth, { type NextAuthOptions } from 'next-auth';
import Credentials from 'next-auth/providers/credentials';
import { z } from 'zod';
import { database } from '#db/client.ts';
import { env, isSecureOrigin } from '#lib/env.ts';
import { absoluteLimitHours } from '#lib/identity/web-session.ts';
import { log } from '#lib/log.ts';
import { boundedRequest } from '#lib/orpc/body.ts';
import { systemClock } from '#lib/orpc/context.ts';
import { AppError, toPublicError } from '#lib/orpc/error.ts';
import { answeredInTime, isDatabaseGone } from '#lib/orpc/outage.ts';
import { requestInfo } from '#lib/orpc/request.ts';
import { cookieOptions, sessionIdOf, webSecret } from './cookie.ts';
import { oidcProvider, signInWithOidc } from './oidc.ts';
import { type SignInResult, type SigningIn, signInWithPassword, signOut } from './sign-in.ts';

export const signInPage = '/signin';

/** Includes the hash of the password, for which others may be ahead. */
const signInWithinMs = 20_000;

const attemptSchema = z.object({ login: z.string().min(1).max(320), password: z.string().min(1).max(200) });

/** What the page behind `?error=` explains. */
export type SignInError = 'CredentialsSignin' | 'rate_limited' | 'disabled' | 'unavailable' | 'AccessDenied';

/**
 * So many sign-ins at once that some are turned away; or no database. next-auth puts the message of an error into an address,
 * so that of anything else, which may hold a statement with its values, stays here.
 */
function overloaded(thrown: unknown): SignInResult {
  if (thrown instanceof AppError && thrown.code === 'unavailable') return { ok: false, code: 'rate_limited' };
  log().error({ err: thrown }, 'sign-in failed');
  throw new Error(isDatabaseGone(thrown) ? 'unavailable' : 'internal');
}

/** Options are made per request: what happens in one is known to its own callbacks only. */
function optionsFor(on: SigningIn): NextAuthOptions {
  let opened: Extract<SignInResult, { ok: true }> | null = null;
  const oidc = oidcProvider();
  const password = Credentials({
    id: 'password',
    name: 'Password',
    credentials: { login: {}, password: {} },
    authorize: async input => {
      const attempt = attemptSchema.safeParse(input);
      if (!attempt.success) return null;
      const result = await answeredInTime(signInWithPassword(on, attempt.data), signInWithinMs).catch(overloaded);
      if (result.ok) {
        opened = result;
        return { id: result.identityId };
      }
      if (result.code === 'bad_credentials') return null;
      throw new Error(result.code);
    },
  });
  return {
    secret: webSecret(),
    useSecureCookies: isSecureOrigin(),
    cookies: cookieOptions(),
    session: { strategy: 'jwt', maxAge: absoluteLimitHours * 3600 },
    pages: { signIn: signInPage, error: signInPage, signOut: signInPage },
    providers: oidc ? [password, oidc] : [password],
    callbacks: {
      signIn: async ({ account, profile }) => {
        if (account?.provider !== 'oidc') return opened !== null;
        const result = await signInWithOidc(on, profile);
        if (result.ok) opened = result;
        return result.ok || (result.code === 'disabled' ? `${signInPage}?error=disabled` : false);
      },
      // The cookie carries nothing but the id of the session; who that is, the database says on every request.
      jwt: ({ token, account }) => (account && opened ? { sid: opened.sessionId } : { sid: token.sid }),
      session: ({ session }) => ({ expires: session.expires }),
      redirect: ({ url, baseUrl }) => {
        if (url.startsWith('/') && !url.startsWith('//') && !url.startsWith('/\\')) return `${baseUrl}${url}`;
        return URL.canParse(url) && new URL(url).origin === new URL(baseUrl).origin ? url : baseUrl;
      },
    },
    events: {
      signOut: async ({ token }) => {
        const sid = z.uuid().safeParse(token?.sid);
        if (sid.success) await signOut(on, sid.data);
      },
    },
    logger: {
      error: (code, metadata) => log().error({ code, err: metadata }, 'sign-in failed'),
      warn: code => log().debug({ code }, 'next-auth warns'),
      debug: () => undefined,
    },
  };
}

const isLoopback = (host: string | null): boolean => /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i.test(host ?? '');

/** The address is fixed, whatever a request says; but on loopback 127.0.0.1 and localhost both work, whichever it was asked by. */
export function settleOrigin(host: string | null): void {
  if (isSecureOrigin() || !isLoopback(host)) process.env.NEXTAUTH_URL = env().WEIR_CONSOLE_URL;
  else {
    delete process.env.NEXTAUTH_URL;
    process.env.AUTH_TRUST_HOST = 'true';
  }
}

/** A form with a login and a password has a few hundred bytes. */
export const signInBytesMax = 16 * 1024;

/** next-auth reads bodies whole, however long they are. It also wants the address parsed. */
export function boundedForm(request: Request): Request {
  const bounded = boundedRequest(request, signInBytesMax);
  return 'nextUrl' in bounded ? bounded : Object.assign(bounded, { nextUrl: new URL(request.url) });
}

type RouteContext = { params: Promise<{ nextauth: string[] }> };

function refusal(thrown: unknown): Response {
  const { status, message } = toPublicError(thrown, randomUUID());
  return new Response(message, { status, headers: { 'cache-control': 'no-store', 'content-type': 'text/plain' } });
}

export const handleAuth = (request: Request, context: RouteContext): Promise<Response> =>
  answer(request, context).catch(refusal);

async function answer(received: Request, context: RouteContext): Promise<Response> {
  const request = boundedForm(received);
  settleOrigin(request.headers.get('host'));
  const { db, sql } = database();
  const on = {
    db,
    sql,
    clock: systemClock,
    request: { ...requestInfo(request.headers, 'page'), idempotencyKey: null, ifMatch: null },
    previousSessionId: await sessionIdOf(request.headers),
  };
  const response: Response = await NextAuth(request as never, context as never, optionsFor(on));
  response.headers.set('cache-control', 'no-store');
  return response;
}
