/** From a proxy's bearer token (a JWT it signed itself) to the proxy. Each token is good for one request. */
import 'server-only';
import { and, eq, lt } from 'drizzle-orm';
import { claimedProxyId, clockSkewSeconds, verifyProxyToken } from '#core/identity/token.ts';
import { jwkSchema } from '#core/policy/bundle.ts';
import type { Db } from '#db/client.ts';
import { proxy, proxyTokenUsed } from '#db/schema/proxies.ts';
import type { AnonymousCaller, Caller, Clock, ProxyCaller } from '#lib/orpc/context.ts';

const refused: AnonymousCaller = { type: 'anonymous', reason: 'unauthenticated' };

type Asking = { database: { db: Db }; clock: Clock };
type Verified = { proxyId: string; tokenId: string; expiresAtMs: number };

/** False when the token was seen before. The row stays until the token could not be accepted any more. */
async function spend(db: Db, { proxyId, tokenId, expiresAtMs }: Verified): Promise<boolean> {
  const expiresAt = new Date(expiresAtMs + clockSkewSeconds * 1000);
  const inserted = await db
    .insert(proxyTokenUsed)
    .values({ proxyId, jti: tokenId, expiresAt })
    .onConflictDoNothing()
    .returning({ jti: proxyTokenUsed.jti });
  return inserted.length === 1;
}

/** Anything that is not a good, unspent token of a proxy in good standing is nobody. */
export async function authenticateProxy({ database: { db }, clock }: Asking, token: string): Promise<Caller> {
  const claimed = claimedProxyId(token);
  if (claimed === null) return refused;
  const [row] = await db.select().from(proxy).where(eq(proxy.id, claimed));
  if (!row) return refused;
  const key = jwkSchema.parse(row.publicKey);
  const verified = await verifyProxyToken(token, { id: row.id, key }, clock.now().getTime());
  if (!verified.ok) return refused;
  // Only who holds the key learns that it was revoked.
  if (row.revokedAt !== null) return { type: 'anonymous', reason: 'token_revoked' };
  if (!(await spend(db, verified.value))) return refused;
  return { type: 'proxy', id: row.id, name: row.name };
}

/** Forgets tokens that have expired anyway. */
export async function forgetUsedTokens(db: Pick<Db, 'delete'>, proxyId: string, now: Date): Promise<void> {
  await db.delete(proxyTokenUsed).where(and(eq(proxyTokenUsed.proxyId, proxyId), lt(proxyTokenUsed.expiresAt, now)));
}

/** The proxy, unless it was revoked in the meantime. */
export async function stillEnrolled(db: Pick<Db, 'select'>, caller: ProxyCaller): Promise<Caller> {
  const [row] = await db.select({ revokedAt: proxy.revokedAt }).from(proxy).where(eq(proxy.id, caller.id));
  return row && row.revokedAt === null ? caller : { type: 'anonymous', reason: 'token_revoked' };
}
