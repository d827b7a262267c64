/** From a proxy's bearer token (a JWT it signed itself) to the proxy. Each token is good for one request, and for 60 seconds. */
import 'server-only';
import { and, eq, lt } from 'drizzle-orm';
import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { z } from 'zod';
import { proxyTokenAudience, proxyTokenLifetimeSeconds } from '#core/contract/proxy.ts';
import type { Db } from '#db/client.ts';
import { proxy, proxyTokenUsed } from '#db/schema/proxies.ts';
import type { AnonymousCaller, Caller, Clock } from '#lib/orpc/context.ts';

/** Clocks of proxies may differ from ours by this much. */
export const clockSkewSecondsMax = 30;

const claimsSchema = z.object({
  iss: z.uuid(),
  iat: z.number().int(),
  exp: z.number().int(),
  jti: z.string().min(16).max(64),
});

const refused: AnonymousCaller = { type: 'anonymous', reason: 'unauthenticated' };

type Asking = { database: { db: Db }; clock: Clock };
type Row = typeof proxy.$inferSelect;

async function issuerOf(db: Db, token: string): Promise<Row | null> {
  const issuer = z.uuid().safeParse(decodeJwt(token).iss);
  if (!issuer.success) return null;
  const [row] = await db.select().from(proxy).where(eq(proxy.id, issuer.data));
  return row ?? null;
}

async function verifiedClaims(row: Row, token: string, now: Date) {
  const key = await importJWK(row.publicKey, 'EdDSA');
  const { payload } = await jwtVerify(token, key, {
    algorithms: ['EdDSA', 'Ed25519'],
    issuer: row.id,
    audience: proxyTokenAudience,
    currentDate: now,
    clockTolerance: clockSkewSecondsMax,
  });
  const claims = claimsSchema.parse(payload);
  const nowSeconds = now.getTime() / 1000;
  const isShort = claims.exp - claims.iat <= proxyTokenLifetimeSeconds && claims.exp >= claims.iat;
  return isShort && claims.iat <= nowSeconds + clockSkewSecondsMax ? claims : null;
}

/** False when the token was seen before. The row stays until the token could not be accepted any more. */
async function spend(db: Db, proxyId: string, { jti, exp }: { jti: string; exp: number }): Promise<boolean> {
  const expiresAt = new Date((exp + clockSkewSecondsMax) * 1000);
  const inserted = await db
    .insert(proxyTokenUsed)
    .values({ proxyId, jti, expiresAt })
    .onConflictDoNothing()
    .returning({ jti: proxyTokenUsed.jti });
  return inserted.length === 1;
}

/** Anything that is not a good token of a proxy in good standing is nobody. */
export async function authenticateProxy({ database: { db }, clock }: Asking, token: string): Promise<Caller> {
  try {
    if (!['EdDSA', 'Ed25519'].includes(decodeProtectedHeader(token).alg ?? '')) return refused;
    const row = await issuerOf(db, token);
    if (row === null) return refused;
    const claims = await verifiedClaims(row, token, clock.now());
    if (claims === null) return refused;
    // Only who holds the key learns that it was revoked.
    if (row.revokedAt !== null) return { type: 'anonymous', reason: 'token_revoked' };
    if (!(await spend(db, row.id, claims))) return refused;
    return { type: 'proxy', id: row.id, name: row.name };
  } catch (thrown) {
    if (isTokenProblem(thrown)) return refused;
    throw thrown;
  }
}

/** What a stranger can cause by sending nonsense; anything else is ours. */
const isTokenProblem = (thrown: unknown): boolean =>
  thrown instanceof z.ZodError ||
  thrown instanceof SyntaxError ||
  thrown instanceof TypeError ||
  (thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('ERR_J'));

/** Forgets tokens that have expired anyway. */
export async function forgetUsedTokens(db: Pick<Db, 'delete'>, proxyId: string, now: Date): Promise<void> {
  await db.delete(proxyTokenUsed).where(and(eq(proxyTokenUsed.proxyId, proxyId), lt(proxyTokenUsed.expiresAt, now)));
}
