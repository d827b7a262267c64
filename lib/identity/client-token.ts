/**
 * The token a client signs in to a proxy with, as a bearer of the REST API: enough for the command line to say which connections
 * there are and where, and to ask for access. Nothing else.
 */
import 'server-only';
import { eq } from 'drizzle-orm';
import { decodeProtectedHeader } from 'jose';
import type { Permission } from '#core/identity/role.ts';
import { clientTokenType, verifyToken } from '#core/identity/token.ts';
import { clientToken, identity } from '#db/schema/identity.ts';
import { installationKeys } from '#lib/keys.ts';
import type { AnonymousCaller, IdentityCaller } from '#lib/orpc/context.ts';
import type { Asking } from '#lib/orpc/resolve-caller.ts';
import { isActive } from './active.ts';
import { identityCaller } from './caller.ts';

const scope: readonly Permission[] = ['connection:read', 'access:request'];

/** By its type, unverified: to choose how to verify it. */
export function isClientToken(token: string): boolean {
  try {
    return decodeProtectedHeader(token).typ === clientTokenType;
  } catch {
    return false;
  }
}

export async function callerOfClientToken(asking: Asking, token: string): Promise<IdentityCaller | AnonymousCaller> {
  const { db } = asking.database;
  const { tokenPublic } = await installationKeys(db);
  const verified = await verifyToken(token, tokenPublic, { nowMs: asking.clock.now().getTime() });
  if (!verified.ok) {
    const reason = verified.error.code === 'token_expired' ? 'token_expired' : 'unauthenticated';
    return { type: 'anonymous', reason };
  }
  const [row] = await db
    .select({ token: clientToken, identity, isActive })
    .from(clientToken)
    .innerJoin(identity, eq(identity.id, clientToken.identityId))
    .where(eq(clientToken.jti, verified.value.jti));
  if (!row) return { type: 'anonymous', reason: 'unauthenticated' };
  if (row.token.revokedAt !== null) return { type: 'anonymous', reason: 'token_revoked' };
  if (!row.isActive) return { type: 'anonymous', reason: 'identity_disabled' };
  return identityCaller(db, row.identity, { clientTokenId: row.token.jti, scope });
}
