/** The states a request can be in and how it gets from one to the next. Nothing changes a state but `moveRequest`. */
import 'server-only';
import { and, eq } from 'drizzle-orm';
import { assert, must } from '#core/contract/assert.ts';
import type { Tx } from '#db/client.ts';
import { request, requestEvent } from '#db/schema/approvals.ts';
import { publish } from '#lib/transaction.ts';
import type { RequestDetail, RequestState } from './schema.ts';

export type RequestRow = typeof request.$inferSelect;
export type TimelineType = RequestDetail['timeline'][number]['type'];

/** From each state, the states it may go to. Those that lead nowhere are final. */
export const transitions: Readonly<Record<RequestState, readonly RequestState[]>> = {
  pending: ['approved', 'denied', 'expired', 'withdrawn'],
  // A proxy whose client waits runs it and reports; one whose client did not wait claims it first.
  approved: ['executing', 'done', 'failed', 'expired', 'withdrawn', 'revoked'],
  executing: ['done', 'failed'],
  done: [],
  failed: [],
  denied: [],
  expired: [],
  withdrawn: [],
  revoked: [],
};

export const isFinal = (state: RequestState): boolean => transitions[state].length === 0;
export const mayMove = (from: RequestState, to: RequestState): boolean => transitions[from].includes(to);

export type Moment = { at: Date; actorId: string | null; message: string; reason?: string | null };

/** Adds to a request's history and tells those who watch. */
export async function noteRequest(
  tx: Tx,
  row: Pick<RequestRow, 'id' | 'state'>,
  type: TimelineType,
  { at, actorId, message, reason = null }: Moment,
): Promise<void> {
  await tx.insert(requestEvent).values({ requestId: row.id, type, actorId, message, reason, at });
  publish(tx, { topic: 'request', key: row.id, payload: { state: row.state, type, at: at.toISOString() } });
}

type Changes = Partial<Pick<RequestRow, 'decidedAt' | 'usableUntil' | 'executedBy' | 'outcome'>>;

/** Moves a request that this transaction has locked. The caller has checked `mayMove` where the answer is not certain. */
export async function moveRequest(
  tx: Tx,
  row: RequestRow,
  to: RequestState,
  moment: Moment & { changes?: Changes },
): Promise<RequestRow> {
  assert(mayMove(row.state, to), `a request goes from ${row.state} to ${to}`);
  const endedAt = isFinal(to) ? moment.at : null;
  const [moved] = await tx
    .update(request)
    .set({ ...moment.changes, state: to, endedAt })
    .where(and(eq(request.id, row.id), eq(request.state, row.state)))
    .returning();
  const after = must(moved, 'the row is locked, so its state stands');
  await noteRequest(tx, after, to as TimelineType, moment);
  return after;
}

export async function lockRequest(tx: Tx, id: string): Promise<RequestRow | null> {
  const [row] = await tx.select().from(request).where(eq(request.id, id)).for('update');
  return row ?? null;
}

type Outcome = 'approved' | 'denied' | 'expired' | 'withdrawn' | 'revoked';

/** Tells the proxy that filed it. Nothing to tell for an access request: its grant travels in the bundle. */
export function tellProxy(
  tx: Tx,
  row: Pick<RequestRow, 'id' | 'proxyId'>,
  { outcome, by, reason }: { outcome: Outcome; by: string[]; reason: string },
): void {
  if (row.proxyId === null) return;
  publish(tx, {
    topic: 'proxy',
    key: row.proxyId,
    payload: { type: 'decided', requestId: row.id, outcome, by, reason },
  });
}
