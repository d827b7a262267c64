/** Web sessions: a row per sign-in, checked on every request, so that ending one ends it everywhere at once. */
import 'server-only';
import { randomUUID } from 'node:crypto';
import { and, eq, isNull, ne } from 'drizzle-orm';
import type { Tx } from '#db/client.ts';
import { identity, webSession } from '#db/schema/identity.ts';
import type { AnonymousCaller, IdentityCaller } from '#lib/orpc/context.ts';
import type { Asking } from '#lib/orpc/resolve-caller.ts';
import { publish } from '#lib/transaction.ts';
import { noteUse } from './api-token.ts';
import { identityCaller } from './caller.ts';

/** ASVS 7.3: unused this long, a session ends; and it ends anyway after the absolute limit. */
export const idleLimitMinutes = 60;
export const absoluteLimitHours = 12;

/** How often the time of last use is written down. */
const touchIntervalMs = 60_000;

const minutes = (n: number): number => n * 60_000;

export type SessionOpening = {
  identityId: string;
  method: 'password' | 'oidc';
  address: string | null;
  userAgent: string | null;
  now: Date;
};

export async function openWebSession(tx: Tx, opening: SessionOpening): Promise<string> {
  const { now, ...rest } = opening;
  const id = randomUUID();
  const expiresAt = new Date(now.getTime() + minutes(absoluteLimitHours * 60));
  await tx.insert(webSession).values({ id, ...rest, createdAt: now, lastSeenAt: now, expiresAt });
  await tx.update(identity).set({ lastSeenAt: now }).where(eq(identity.id, opening.identityId));
  return id;
}

type Ending = { now: Date; reason: string };

/** True when it was open. */
export async function endWebSession(tx: Tx, id: string, { now, reason }: Ending): Promise<boolean> {
  const ended = await tx
    .update(webSession)
    .set({ endedAt: now, endReason: reason })
    .where(and(eq(webSession.id, id), isNull(webSession.endedAt)))
    .returning({ identityId: webSession.identityId });
  for (const { identityId } of ended) publish(tx, { topic: 'signout', key: identityId, payload: { sessionId: id } });
  return ended.length > 0;
}

/** Every open session of the identity, except the one named. */
export async function endWebSessionsOf(
  tx: Tx,
  identityId: string,
  ending: Ending & { except?: string | null },
): Promise<number> {
  const open = and(eq(webSession.identityId, identityId), isNull(webSession.endedAt));
  const ended = await tx
    .update(webSession)
    .set({ endedAt: ending.now, endReason: ending.reason })
    .where(ending.except ? and(open, ne(webSession.id, ending.except)) : open)
    .returning({ id: webSession.id });
  if (ended.length > 0) publish(tx, { topic: 'signout', key: identityId, payload: { sessionId: null } });
  return ended.length;
}

export async function callerOfSession(asking: Asking, sessionId: string): Promise<IdentityCaller | AnonymousCaller> {
  const { db } = asking.database;
  const now = asking.clock.now();
  const [row] = await db
    .select({ session: webSession, identity })
    .from(webSession)
    .innerJoin(identity, eq(identity.id, webSession.identityId))
    .where(eq(webSession.id, sessionId));
  if (!row || row.session.endedAt !== null) return { type: 'anonymous', reason: 'unauthenticated' };
  const idleSince = now.getTime() - row.session.lastSeenAt.getTime();
  if (row.session.expiresAt <= now || idleSince > minutes(idleLimitMinutes))
    return { type: 'anonymous', reason: 'token_expired' };
  if (!row.identity.enabled) return { type: 'anonymous', reason: 'identity_disabled' };
  if (idleSince > touchIntervalMs && !asking.isRecheck)
    await noteUse(db.update(webSession).set({ lastSeenAt: now }).where(eq(webSession.id, sessionId)));
  return identityCaller(db, row.identity, { sessionId });
}
