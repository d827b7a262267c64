/** API tokens: bearer credentials for REST, 256 random bits, kept as hashes, scoped to some of the owner's permissions. */
import 'server-only';
import { createHash, randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { apiToken, identity } from '#db/schema/identity.ts';
import { log } from '#lib/log.ts';
import type { AnonymousCaller, IdentityCaller } from '#lib/orpc/context.ts';
import type { Asking } from '#lib/orpc/resolve-caller.ts';
import { isActive } from './active.ts';
import { identityCaller } from './caller.ts';

export const apiTokenPattern = /^weir_pat_[A-Za-z0-9_-]{43}$/;
export const prefixLength = 14;

export const mintApiToken = (): string => `weir_pat_${randomBytes(32).toString('base64url')}`;

/** A plain hash is enough: the token is random, not chosen by a person. */
export const hashOfToken = (token: string): string => createHash('sha256').update(token).digest('hex');

const touchIntervalMs = 60_000;

/** That a credential was used is good to know; that it cannot be written down is no reason to turn away who only reads. */
export async function noteUse(writing: PromiseLike<unknown>): Promise<void> {
  await Promise.resolve(writing).catch(error =>
    log().warn({ err: error }, 'the use of a credential is not written down'),
  );
}

export async function callerOfApiToken(asking: Asking, token: string): Promise<IdentityCaller | AnonymousCaller> {
  const { db } = asking.database;
  const now = asking.clock.now();
  const [row] = await db
    .select({ token: apiToken, identity, isActive })
    .from(apiToken)
    .innerJoin(identity, eq(identity.id, apiToken.identityId))
    .where(eq(apiToken.hash, hashOfToken(token)));
  if (!row) return { type: 'anonymous', reason: 'unauthenticated' };
  if (row.token.revokedAt !== null) return { type: 'anonymous', reason: 'token_revoked' };
  if (row.token.expiresAt <= now) return { type: 'anonymous', reason: 'token_expired' };
  if (!row.isActive) return { type: 'anonymous', reason: 'identity_disabled' };
  if (row.token.lastUsedAt === null || now.getTime() - row.token.lastUsedAt.getTime() > touchIntervalMs)
    await noteUse(
      db
        .update(apiToken)
        .set({ lastUsedAt: now, lastUsedAddress: asking.address })
        .where(eq(apiToken.id, row.token.id)),
    );
  return identityCaller(db, row.identity, { apiTokenId: row.token.id, scope: row.token.permissions });
}
