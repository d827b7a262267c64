/** Seeing and ending web sessions. */
import 'server-only';
import { and, desc, eq, gt, isNull, lt, or, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import { identity, webSession } from '#db/schema/identity.ts';
import { command, query } from '#lib/orpc/base.ts';
import type { IdentityCaller } from '#lib/orpc/context.ts';
import { contains, decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { notFound } from '#lib/orpc/error.ts';
import { peopleOf } from './people.ts';
import {
  doneSchema,
  webSessionListInputSchema,
  webSessionListOutputSchema,
  webSessionRevokeInputSchema,
} from './schema.ts';
import { endWebSession, idleLimitMinutes } from './web-session.ts';

const isOpen = (now: Date): SQL | undefined =>
  and(
    isNull(webSession.endedAt),
    gt(webSession.expiresAt, now),
    gt(webSession.lastSeenAt, new Date(now.getTime() - idleLimitMinutes * 60_000)),
  );

const visibleTo = (caller: IdentityCaller, all: boolean | undefined): SQL | undefined =>
  all && caller.permissions.has('identity:write') ? undefined : eq(webSession.identityId, caller.id);

const cursorKey = z.tuple([z.iso.datetime(), z.uuid()]);

const list = query({ permission: null })
  .route({ method: 'GET', path: '/web-sessions', tags: ['Identity'], summary: 'Open sessions of the console' })
  .input(webSessionListInputSchema)
  .output(webSessionListOutputSchema)
  .handler(async ({ context: { db, caller, clock }, input }) => {
    const after = decodeCursor(input.cursor, cursorKey);
    const older = after
      ? or(
          lt(webSession.createdAt, new Date(after[0])),
          and(eq(webSession.createdAt, new Date(after[0])), lt(webSession.id, after[1])),
        )
      : undefined;
    const rows = await db
      .select({ session: webSession })
      .from(webSession)
      .innerJoin(identity, eq(identity.id, webSession.identityId))
      .where(
        and(
          isOpen(clock.now()),
          visibleTo(caller, input.all),
          input.identityId ? eq(webSession.identityId, input.identityId) : undefined,
          input.q ? contains(identity.login, input.q) : undefined,
          older,
        ),
      )
      .orderBy(desc(webSession.createdAt), desc(webSession.id))
      .limit(input.limit + 1);
    const page = pageOf(rows, input.limit, ({ session }) => [session.createdAt.toISOString(), session.id]);
    const sessions = page.items.map(row => row.session);
    const people = await peopleOf(
      db,
      sessions.map(session => session.identityId),
    );
    const items = sessions.map(session => ({
      id: session.id,
      identity: people.of(session.identityId),
      method: session.method,
      address: session.address,
      userAgent: session.userAgent,
      createdAt: session.createdAt.toISOString(),
      lastSeenAt: session.lastSeenAt.toISOString(),
      expiresAt: session.expiresAt.toISOString(),
      isCurrent: session.id === caller.sessionId,
    }));
    return { items, nextCursor: page.nextCursor };
  });

const revoke = command({ permission: null })
  .route({ method: 'POST', path: '/web-sessions/{id}/revoke', tags: ['Identity'], summary: 'End a session' })
  .input(webSessionRevokeInputSchema)
  .output(doneSchema)
  .handler(async ({ context: { tx, caller, clock }, input }) => {
    const [row] = await tx
      .select()
      .from(webSession)
      .where(and(eq(webSession.id, input.id), visibleTo(caller, true)));
    if (!row) throw notFound('session');
    const wasOpen = await endWebSession(tx, row.id, { now: clock.now(), reason: 'revoked' });
    const people = await peopleOf(tx, [row.identityId]);
    const target = { type: 'web_session', id: row.id, label: people.of(row.identityId).login };
    return {
      result: { done: true as const },
      audit: { action: 'web_session.revoke', target, before: { open: wasOpen }, after: { open: false } },
    };
  });

export const webSessionsRouter = { list, revoke };
