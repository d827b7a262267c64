/** Sessions: list, detail, their statements, kill, live. */
import 'server-only';
import { eventIterator } from '@orpc/server';
import { and, desc, eq, gt } from 'drizzle-orm';
import { z } from 'zod';
import type { Db, Tx } from '#db/client.ts';
import { event, session, statement } from '#db/schema/audit.ts';
import { proxy } from '#db/schema/proxies.ts';
import { command, query, stream } from '#lib/orpc/base.ts';
import type { IdentityCaller } from '#lib/orpc/context.ts';
import { decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { notFound } from '#lib/orpc/error.ts';
import { pokesOf } from '#lib/outbox/subscribe.ts';
import { publish } from '#lib/transaction.ts';
import { silenceOf } from './contact.ts';
import { sessionConditions, talliedAs } from './filter.ts';
import {
  newestSessions,
  olderSessions,
  openAt,
  type SessionRow,
  sessionCursor,
  sessionView,
  statementsInOrder,
  statementView,
} from './rows.ts';
import {
  sessionDetailSchema,
  sessionGetInputSchema,
  sessionKillInputSchema,
  sessionKillOutputSchema,
  sessionListInputSchema,
  sessionListOutputSchema,
  sessionStatementsInputSchema,
  sessionWatchOutputSchema,
  statementListOutputSchema,
} from './schema.ts';
import { visibleTo } from './visible.ts';

const tags = ['Audit'];

const list = query({ permission: 'session:read', sensitive: true })
  .route({ method: 'GET', path: '/sessions', tags, summary: 'Search sessions' })
  .input(sessionListInputSchema)
  .output(sessionListOutputSchema)
  .handler(async ({ context: { db, caller, clock }, input }) => {
    const after = decodeCursor(input.cursor, sessionCursor);
    const older = after ? olderSessions(after) : undefined;
    const now = clock.now();
    const where = and(await sessionConditions(db, input, now), visibleTo(caller, session), older);
    const rows = await newestSessions(db, where).limit(input.limit + 1);
    const page = pageOf(rows, input.limit, row => [row.startedAt.toISOString(), row.id]);
    const silence = await silenceOf(db, openAt(page.items), now);
    return { items: page.items.map(row => sessionView(row, silence)), nextCursor: page.nextCursor };
  });

/** The one, if the caller may see it; not there otherwise. */
async function findSession(db: Db | Tx, caller: IdentityCaller, id: string): Promise<SessionRow> {
  const [row] = await db
    .select()
    .from(session)
    .where(and(eq(session.id, id), visibleTo(caller, session)));
  if (!row) throw notFound('session');
  return row;
}

const viewersMax = 20;

const get = query({ permission: 'session:read', sensitive: true })
  .route({ method: 'GET', path: '/sessions/{id}', tags, summary: 'One session' })
  .input(sessionGetInputSchema)
  .output(sessionDetailSchema)
  .handler(async ({ context: { db, caller, clock }, input, path }) => {
    const row = await findSession(db, caller, input.id);
    const [enrolled] = await db.select({ name: proxy.name }).from(proxy).where(eq(proxy.id, row.proxyId));
    const views = await db
      .select({ login: event.actorLogin, at: event.time })
      .from(event)
      .where(and(eq(event.targetId, row.id), eq(event.type, `${path.join('.')}.read`)))
      .orderBy(desc(event.time))
      .limit(viewersMax);
    const viewedBy = views.map(view => ({ login: view.login ?? 'unknown', at: view.at.toISOString() }));
    const silence = await silenceOf(db, openAt([row]), clock.now());
    return { ...sessionView(row, silence), tokenId: row.tokenId, proxyName: enrolled?.name ?? null, viewedBy };
  });

const numberCursor = z.tuple([z.number().int()]);

const statements = query({ permission: 'session:read' })
  .route({ method: 'GET', path: '/sessions/{id}/statements', tags, summary: 'Statements of a session, in order' })
  .input(sessionStatementsInputSchema)
  .output(statementListOutputSchema)
  .handler(async ({ context: { db, caller }, input }) => {
    await findSession(db, caller, input.id);
    const after = decodeCursor(input.cursor, numberCursor);
    const later = after ? gt(statement.number, after[0]) : undefined;
    const wanted = input.decision ? talliedAs(input.decision) : undefined;
    const where = and(eq(statement.sessionId, input.id), later, wanted);
    const rows = await statementsInOrder(db, where).limit(input.limit + 1);
    const page = pageOf(rows, input.limit, row => [row.statement.number]);
    return { items: page.items.map(statementView), nextCursor: page.nextCursor };
  });

const kill = command({ permission: 'session:kill' })
  .route({ method: 'POST', path: '/sessions/{id}/kill', tags, summary: 'End a live session' })
  .input(sessionKillInputSchema)
  .output(sessionKillOutputSchema)
  .handler(async ({ context: { tx, caller }, input: { id, reason } }) => {
    const row = await findSession(tx, caller, id);
    const isLive = row.endedAt === null;
    if (isLive) publish(tx, { topic: 'proxy', key: row.proxyId, payload: { type: 'kill', sessionId: id, reason } });
    const target = { type: 'session', id, label: `${row.login} on ${row.connection}` };
    const state = isLive ? ('asked' as const) : ('already_ended' as const);
    return {
      result: { state },
      audit: { action: 'session.kill', target, before: { live: isLive }, after: { state }, reason },
    };
  });

const watch = stream({ permission: 'session:read' })
  .route({ method: 'GET', path: '/sessions/live', tags, summary: 'Live: tells when sessions changed' })
  .output(eventIterator(sessionWatchOutputSchema))
  .handler(async function* ({ context }) {
    for await (const { key } of pokesOf(context, 'sessions', context.signal))
      yield { type: 'changed' as const, proxyId: key };
  });

export const sessionsRouter = { list, get, statements, kill, watch };
export { findSession };
