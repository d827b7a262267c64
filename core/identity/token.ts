/**
 * Tokens as EdDSA JWTs (RFC 7519, RFC 8037): those that clients send as password, and those with which proxies sign their requests.
 * Verified offline against known keys; nothing here reads a clock.
 */
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { fail, ok, type Result } from '../contract/error.ts';
import { proxyTokenAudience, proxyTokenLifetimeSeconds } from '../contract/proxy.ts';
import { importKey, type PrivateSigningKey } from './key.ts';
import { type TokenClaims, tokenClaimsSchema } from './principal.ts';

/** Keeps one kind of token from being taken for another (RFC 8725 §3.11). */
export const clientTokenType = 'weir-client+jwt';
export const proxyTokenType = 'weir-proxy+jwt';
export const clockSkewSeconds = 30;
/** Longer ones are refused unread. */
export const tokenBytesMax = 16 * 1024;

/** A public key as the bundle or an enrolment carries it. */
export type VerifyingKey = { kty: string; kid: string };

export function issueToken(claims: Omit<TokenClaims, 'iss' | 'aud'>, key: PrivateSigningKey): Promise<string> {
  const payload: TokenClaims = tokenClaimsSchema.parse({ ...claims, iss: 'weir', aud: 'weir-proxy' });
  return sign(payload, clientTokenType, key);
}

async function sign(payload: JWTPayload, typ: string, key: PrivateSigningKey): Promise<string> {
  const signer = new SignJWT(payload).setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ });
  return signer.sign(await importKey(key, 'EdDSA'));
}

type Expected = { keys: readonly VerifyingKey[]; typ: string; audience: string; nowMs: number };

function keyFor(token: string, keys: readonly VerifyingKey[]): VerifyingKey | null {
  if (token.length > tokenBytesMax) return null;
  try {
    const { kid } = decodeProtectedHeader(token);
    return keys.find(key => key.kid === kid && key.kty === 'OKP') ?? null;
  } catch {
    return null;
  }
}

async function verify(token: string, expected: Expected): Promise<Result<JWTPayload>> {
  const { keys, typ, audience, nowMs } = expected;
  const key = keyFor(token, keys);
  if (key === null) return fail('unauthenticated', 'the token is not one this installation issued');
  try {
    const { payload } = await jwtVerify(token, await importKey(key, 'EdDSA'), {
      algorithms: ['EdDSA'],
      typ,
      audience,
      clockTolerance: clockSkewSeconds,
      currentDate: new Date(nowMs),
      requiredClaims: ['iss', 'sub', 'iat', 'exp'],
    });
    if ((payload.iat ?? Number.POSITIVE_INFINITY) > nowMs / 1000 + clockSkewSeconds) {
      return fail('unauthenticated', 'the token is from the future; check the clocks');
    }
    return ok(payload);
  } catch (error) {
    return error instanceof errors.JWTExpired
      ? fail('token_expired', 'the token has expired', { hint: 'get a new one from the console, under Connect' })
      : fail('unauthenticated', 'the token is not valid');
  }
}

/**
 * Whether a client's token is genuine, current and not among `revoked`: `token_expired`, `token_revoked`, or `unauthenticated` for
 * everything else. Who the identity is now is for the bundle to say.
 */
export async function verifyToken(
  token: string,
  keys: readonly VerifyingKey[],
  { nowMs, revoked }: { nowMs: number; revoked?: ReadonlySet<string> },
): Promise<Result<TokenClaims>> {
  const verified = await verify(token, { keys, typ: clientTokenType, audience: 'weir-proxy', nowMs });
  if (!verified.ok) return verified;
  const claims = tokenClaimsSchema.safeParse(verified.value);
  if (!claims.success) return fail('unauthenticated', 'the token is not valid');
  if (revoked?.has(claims.data.jti)) return fail('token_revoked', 'the token was revoked');
  return ok(claims.data);
}

/** Whether the token itself may open this connection; policy and grants decide as well. */
export function tokenOpens({ connections }: Pick<TokenClaims, 'connections'>, connection: string): boolean {
  return connections === undefined || connections.includes(connection);
}

/** The token of one request of a proxy to the control plane. `id` makes it unique. */
export function issueProxyToken(
  claims: { proxyId: string; id: string; nowMs: number },
  key: PrivateSigningKey,
): Promise<string> {
  const iat = Math.floor(claims.nowMs / 1000);
  const payload = {
    iss: claims.proxyId,
    sub: claims.proxyId,
    aud: proxyTokenAudience,
    jti: claims.id,
    iat,
    exp: iat + proxyTokenLifetimeSeconds,
  };
  return sign(payload, proxyTokenType, key);
}

/** Which proxy a token claims to be from, unverified: to find the key to verify it with, and for nothing else. */
export function claimedProxyId(token: string): string | null {
  if (token.length > tokenBytesMax) return null;
  try {
    const id = z.uuid().safeParse(decodeJwt(token).iss);
    return id.success ? id.data : null;
  } catch {
    return null;
  }
}

const proxyClaimsSchema = z.object({
  iss: z.uuid(),
  sub: z.uuid(),
  jti: z.string().min(1).max(100),
  iat: z.number().int(),
  exp: z.number().int(),
});

export async function verifyProxyToken(
  token: string,
  proxy: { id: string; key: VerifyingKey },
  nowMs: number,
): Promise<Result<{ proxyId: string; tokenId: string; expiresAtMs: number }>> {
  const keys = [proxy.key];
  const verified = await verify(token, { keys, typ: proxyTokenType, audience: proxyTokenAudience, nowMs });
  if (!verified.ok) return verified;
  const claims = proxyClaimsSchema.safeParse(verified.value);
  const isWrong = !claims.success || claims.data.iss !== proxy.id || claims.data.sub !== proxy.id;
  if (isWrong) return fail('unauthenticated', 'the token is not valid');
  const { iat, exp, jti } = claims.data;
  if (exp - iat > proxyTokenLifetimeSeconds) {
    return fail('unauthenticated', `a proxy's token may live ${proxyTokenLifetimeSeconds} s at most`);
  }
  return ok({ proxyId: proxy.id, tokenId: jti, expiresAtMs: exp * 1000 });
}
