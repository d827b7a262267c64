/** What a proxy must hear at once: a newer bundle, decisions, kills, its own end. In order, resumable, from any replica. */
import 'server-only';
import { eventIterator, withEventMeta } from '@orpc/server';
import { and, eq, gt, inArray, isNull } from 'drizzle-orm';
import { type StreamMessage, streamMessageSchema } from '#core/contract/proxy.ts';
import type { Db, Sql } from '#db/client.ts';
import { request } from '#db/schema/approvals.ts';
import { proxy } from '#db/schema/proxies.ts';
import { resumeAfter } from '#lib/approvals/watch.ts';
import { proxyStream } from '#lib/orpc/base.ts';
import { hubOf } from '#lib/outbox/hub.ts';
import { type Received, subscribe } from '#lib/outbox/subscribe.ts';
import { currentVersion, keepBundle } from './bundle.ts';

/** Decisions older than this are found by filing the request again. */
const decidedMaxMs = 6 * 3_600_000;
const decidedMax = 500;
const outcomes = ['approved', 'denied', 'expired', 'withdrawn', 'revoked'] as const;

type Decided = Extract<StreamMessage, { type: 'decided' }>;

/** The present state, for a proxy that cannot say what it has seen: the bundle there is, and decisions it may wait for. */
async function presentState(db: Db, proxyId: string, now: Date): Promise<StreamMessage[]> {
  const [{ version }, rows] = await Promise.all([
    currentVersion(db),
    db
      .select({ id: request.id, state: request.state })
      .from(request)
      .where(
        and(
          eq(request.proxyId, proxyId),
          eq(request.waiting, true),
          isNull(request.outcome),
          inArray(request.state, [...outcomes]),
          gt(request.createdAt, new Date(now.getTime() - decidedMaxMs)),
        ),
      )
      .limit(decidedMax),
  ]);
  const decided = rows.map(({ id, state }): Decided => {
    const outcome = outcomes.find(each => each === state) ?? 'revoked';
    return { type: 'decided', requestId: id, outcome, by: [], reason: '' };
  });
  return [{ type: 'bundle', version }, ...decided];
}

const isRevoked = async (db: Db, id: string): Promise<{ reason: string } | null> => {
  const [row] = await db.select().from(proxy).where(eq(proxy.id, id));
  if (row && row.revokedAt === null) return null;
  return { reason: row?.revokeReason ?? 'not known here' };
};

const messageOf = (received: Received): StreamMessage | null => {
  if (received.topic !== 'proxy' && received.topic !== 'proxies') return null;
  const message = streamMessageSchema.safeParse(received.payload);
  return message.success ? message.data : null;
};

type On = { db: Db; sql: Sql; proxyId: string; now: () => Date; signal: AbortSignal };

async function* follow(on: On, after: number | undefined): AsyncGenerator<{ id: number; message: StreamMessage }> {
  const { db, sql, proxyId, signal } = on;
  // The position is taken before the state is read: what happens in between comes twice rather than not at all.
  const start = after ?? (await hubOf({ sql })).lastId;
  if (after === undefined)
    for (const message of await presentState(db, proxyId, on.now())) yield { id: start, message };
  for await (const received of subscribe(
    { sql },
    { topics: ['proxy', 'proxies'], key: proxyId, after: start, signal },
  )) {
    if (received.topic === 'reset') {
      for (const message of await presentState(db, proxyId, on.now())) yield { id: received.id, message };
      continue;
    }
    const message = messageOf(received);
    if (message !== null) yield { id: received.id, message };
  }
}

export const followStream = proxyStream()
  .route({
    method: 'GET',
    path: '/proxies/self/stream',
    tags: ['Data plane'],
    summary: 'Hear at once of bundles, decisions, kills and revocation (SSE, resumes with Last-Event-ID)',
  })
  .output(eventIterator(streamMessageSchema))
  .handler(async function* ({ context: { db, sql, clock, caller, signal }, lastEventId }) {
    keepBundle({ db, sql, clock });
    const on = { db, sql, proxyId: caller.id, now: () => clock.now(), signal };
    const after = resumeAfter(lastEventId);
    const start = after ?? (await hubOf({ sql })).lastId;
    // A revocation after this check is found in the stream itself.
    const revoked = await isRevoked(db, caller.id);
    if (revoked) {
      yield withEventMeta({ type: 'revoked' as const, reason: revoked.reason }, { id: String(start) });
      return;
    }
    for await (const { id, message } of follow(on, after)) {
      yield withEventMeta(message, { id: String(id) });
      if (message.type === 'revoked') return;
    }
  });
