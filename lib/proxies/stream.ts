/** What a proxy must hear at once: a newer bundle, decisions, kills, its own end. In order, resumable, from any replica. */
import 'server-only';
import { eventIterator, withEventMeta } from '@orpc/server';
import { and, asc, eq, gt, inArray, isNull, sql } from 'drizzle-orm';
import { type StreamMessage, streamMessageSchema } from '#core/contract/proxy.ts';
import type { Db, Sql } from '#db/client.ts';
import { request } from '#db/schema/approvals.ts';
import { proxy } from '#db/schema/proxies.ts';
import { standingOf } from '#lib/approvals/execute.ts';
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

/** Whose votes made it what it is, as the proxy passes it on to the client. */
const votesOf = sql<{ login: string; reason: string }[]>`coalesce((
  select jsonb_agg(jsonb_build_object('login', i.login, 'reason', v.reason) order by v.at)
  from request_vote v join identity i on i.id = v.identity_id
  where v.request_id = request.id and request.state in ('approved', 'denied')), '[]')`;

/** For a proxy that cannot say what it has seen: that it is revoked, or the bundle there is and decisions it may wait for. */
async function presentState(db: Db, proxyId: string, now: Date): Promise<StreamMessage[]> {
  const [self] = await db.select().from(proxy).where(eq(proxy.id, proxyId));
  if (!self || self.revokedAt !== null) return [{ type: 'revoked', reason: self?.revokeReason ?? 'not known here' }];
  const [{ version }, rows] = await Promise.all([
    currentVersion(db),
    db
      .select({ id: request.id, state: request.state, votes: votesOf })
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
      .orderBy(asc(request.createdAt), asc(request.id))
      .limit(decidedMax),
  ]);
  const decided = rows.map(({ id, state, votes }): Decided => {
    const outcome = outcomes.find(each => each === state) ?? 'revoked';
    const reason = votes.map(vote => vote.reason).join('\n');
    return {
      type: 'decided',
      requestId: id,
      outcome,
      by: votes.map(vote => vote.login),
      reason: reason.slice(0, 2000),
    };
  });
  return [{ type: 'bundle', version }, ...decided];
}

const messageOf = (received: Received): StreamMessage | null => {
  if (received.topic !== 'proxy' && received.topic !== 'proxies') return null;
  const message = streamMessageSchema.safeParse(received.payload);
  return message.success ? message.data : null;
};

type On = { db: Db; listen: Sql; proxyId: string; now: () => Date; signal: AbortSignal };

/**
 * News of an approval wait here for a proxy that is away; by the time it comes back the approval may be taken back, and a session
 * that waits would run on the first message before it reads the second.
 */
async function asItStands({ db, now }: On, message: StreamMessage): Promise<StreamMessage> {
  if (message.type !== 'decided' || message.outcome !== 'approved') return message;
  const row = await standingOf({ db, clock: { now } }, message.requestId);
  if (row === null) return { ...message, outcome: 'revoked' };
  const outcome = outcomes.find(each => each === row.state);
  return outcome === undefined || outcome === 'approved' ? message : { ...message, outcome };
}

async function* follow(on: On, after: number | undefined): AsyncGenerator<{ id: number; message: StreamMessage }> {
  const { db, proxyId, signal } = on;
  // The position is taken before the state is read: what happens in between comes twice rather than not at all.
  const start = after ?? (await hubOf({ sql: on.listen })).lastId;
  if (after === undefined)
    for (const message of await presentState(db, proxyId, on.now()))
      yield { id: start, message: await asItStands(on, message) };
  const subscription = { topics: ['proxy', 'proxies'] as const, key: proxyId, after: start, signal };
  for await (const received of subscribe({ sql: on.listen }, subscription)) {
    if (received.topic === 'reset') {
      for (const message of await presentState(db, proxyId, on.now()))
        yield { id: received.id, message: await asItStands(on, message) };
      continue;
    }
    const message = messageOf(received);
    if (message !== null) yield { id: received.id, message: await asItStands(on, message) };
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
  .handler(async function* ({ context: { db, sql: listen, clock, caller, signal }, lastEventId }) {
    keepBundle({ db, sql: listen, clock });
    const on = { db, listen, proxyId: caller.id, now: () => clock.now(), signal };
    for await (const { id, message } of follow(on, resumeAfter(lastEventId))) {
      yield withEventMeta(message, { id: String(id) });
      if (message.type === 'revoked') return;
    }
  });
