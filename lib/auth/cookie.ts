/** Names and attributes of the cookies, and the session id inside the session cookie (a JWT encrypted by next-auth). */
import 'server-only';
import { hkdfSync } from 'node:crypto';
import type { CookiesOptions } from 'next-auth';
import { getToken } from 'next-auth/jwt';
import { z } from 'zod';
import { env, isSecureOrigin } from '#lib/env.ts';

/** Over TLS the browser itself then refuses cookies that are not Secure, host-only and for the whole site. */
const prefix = (): string => (isSecureOrigin() ? '__Host-' : '');

export const sessionCookieName = (): string => `${prefix()}weir.session`;

/** Derived from the installation's secret, apart from every other use of it (RFC 5869). */
export const webSecret = (): string =>
  Buffer.from(hkdfSync('sha256', env().WEIR_SECRET, '', 'weir web sessions v1', 32)).toString('hex');

export function cookieOptions(): Partial<CookiesOptions> {
  const options = { httpOnly: true, sameSite: 'lax' as const, path: '/', secure: isSecureOrigin() };
  const named = (name: string, more: { maxAge?: number } = {}) => ({
    name: `${prefix()}weir.${name}`,
    options: { ...options, ...more },
  });
  return {
    sessionToken: named('session'),
    callbackUrl: named('callback'),
    csrfToken: named('csrf'),
    pkceCodeVerifier: named('pkce', { maxAge: 900 }),
    state: named('state', { maxAge: 900 }),
    nonce: named('nonce', { maxAge: 900 }),
  };
}

const cookiePairs = (header: string | null): Record<string, string> => {
  const pairs: Record<string, string> = {};
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0) pairs[part.slice(0, at).trim()] = part.slice(at + 1).trim();
  }
  return pairs;
};

const claimsSchema = z.object({ sid: z.uuid() });

/** The id of the web session the request belongs to; null without a valid cookie. */
export async function sessionIdOf(headers: { get(name: string): string | null }): Promise<string | null> {
  const cookies = cookiePairs(headers.get('cookie'));
  if (!Object.keys(cookies).some(name => name.startsWith(sessionCookieName()))) return null;
  const req = { headers: {}, cookies } as unknown as Parameters<typeof getToken>[0]['req'];
  const token = await getToken({ req, secret: webSecret(), cookieName: sessionCookieName() }).catch(() => null);
  const claims = claimsSchema.safeParse(token);
  return claims.success ? claims.data.sid : null;
}
