/** What time does to requests and grants. Proxies hold to the times themselves; this makes it history and tells those who wait. */
import 'server-only';
import { and, eq, inArray, isNull, lte, or } from 'drizzle-orm';
import type { Db, Tx } from '#db/client.ts';
import { accessGrant, request } from '#db/schema/approvals.ts';
import type { Job, JobContext } from '#lib/jobs/scheduler.ts';
import type { Clock } from '#lib/orpc/context.ts';
import { publish, recordEvent, transact } from '#lib/transaction.ts';
import { lockRequest, mayMove, moveRequest, type RequestRow, tellProxy } from './state.ts';

const batchMax = 200;
/** A statement that was to run and of which nothing was heard: its proxy is gone. */
const executingMaxMs = 24 * 3_600_000;

const actor = { type: 'system' as const, id: null, login: 'approvals.expire' };

function record(tx: Tx, row: RequestRow, action: string, state: string): void {
  recordEvent(tx, {
    action,
    actor,
    request: null,
    target: { type: 'request', id: row.id, label: row.summary.slice(0, 300) },
    before: { state: row.state },
    after: { state },
  });
}

async function expireOne(tx: Tx, id: string, now: Date): Promise<void> {
  const row = await lockRequest(tx, id);
  if (!row) return;
  const isOver =
    (row.state === 'pending' && row.expiresAt <= now) ||
    (row.state === 'approved' && row.usableUntil !== null && row.usableUntil <= now);
  if (!isOver) return;
  const message = row.state === 'pending' ? 'nobody decided in time' : 'the approval was not used in time';
  await moveRequest(tx, row, 'expired', { at: now, actorId: null, message });
  tellProxy(tx, row, { outcome: 'expired', by: [], reason: message });
  record(tx, row, 'request.expire', 'expired');
}

async function giveUpOne(tx: Tx, id: string, now: Date): Promise<void> {
  const row = await lockRequest(tx, id);
  if (!row || !mayMove(row.state, 'failed')) return;
  await moveRequest(tx, row, 'failed', { at: now, actorId: null, message: 'its outcome was never reported' });
  record(tx, row, 'request.fail', 'failed');
}

async function endOne(tx: Tx, requestId: string, now: Date): Promise<void> {
  const row = await lockRequest(tx, requestId);
  const ended = await tx
    .update(accessGrant)
    .set({ endedAt: now })
    .where(and(eq(accessGrant.requestId, requestId), isNull(accessGrant.endedAt), lte(accessGrant.expiresAt, now)))
    .returning({ id: accessGrant.id });
  if (!row || ended.length === 0 || !mayMove(row.state, 'done')) return;
  await moveRequest(tx, row, 'done', { at: now, actorId: null, message: 'access has ended' });
  record(tx, row, 'grant.expire', 'done');
  publish(tx, { topic: 'bundle', key: '', payload: { reason: 'grant' } });
}

/** Each in a transaction of its own: one that fails holds up nothing else. */
async function each(on: { db: Db; clock: Clock }, ids: readonly string[], work: (tx: Tx, id: string) => Promise<void>) {
  for (const id of ids) await transact(on, tx => work(tx, id));
}

export async function expireDue(on: Pick<JobContext, 'db' | 'clock'>): Promise<void> {
  const { db, clock } = on;
  const now = clock.now();
  const id = { id: request.id };
  // Apart, because each has its own partial index: history is long, what is open is short.
  const [undecided, unused] = await Promise.all([
    db
      .select(id)
      .from(request)
      .where(and(eq(request.state, 'pending'), lte(request.expiresAt, now)))
      .limit(batchMax),
    db
      .select(id)
      .from(request)
      .where(and(eq(request.state, 'approved'), lte(request.usableUntil, now)))
      .limit(batchMax),
  ]);
  await each(
    on,
    [...undecided, ...unused].map(row => row.id),
    (tx, id) => expireOne(tx, id, now),
  );
  const ended = await db
    .select({ id: accessGrant.requestId })
    .from(accessGrant)
    .where(and(isNull(accessGrant.endedAt), lte(accessGrant.expiresAt, now)))
    .limit(batchMax);
  await each(
    on,
    ended.map(row => row.id),
    (tx, id) => endOne(tx, id, now),
  );
  const lost = await db
    .select({ id: request.id })
    .from(request)
    .where(
      and(
        inArray(request.state, ['executing', 'approved']),
        or(eq(request.state, 'executing'), isNull(request.usableUntil)),
        eq(request.kind, 'statement'),
        lte(request.decidedAt, new Date(now.getTime() - executingMaxMs)),
      ),
    )
    .limit(batchMax);
  await each(
    on,
    lost.map(row => row.id),
    (tx, id) => giveUpOne(tx, id, now),
  );
}

export const approvalJobs: readonly Job[] = [{ name: 'approvals.expire', everySeconds: 1, run: expireDue }];
