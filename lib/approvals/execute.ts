/** The proxies' side of a request: impact, claim, withdrawal, result. */
import 'server-only';
import { and, asc, eq, gt, ne } from 'drizzle-orm';
import type { Impact } from '#core/contract/proxy.ts';
import { grouped } from '#core/policy/words.ts';
import type { Db, Tx } from '#db/client.ts';
import { request } from '#db/schema/approvals.ts';
import { identity } from '#db/schema/identity.ts';
import { isActive } from '#lib/identity/active.ts';
import type { Clock } from '#lib/orpc/context.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { transact } from '#lib/transaction.ts';
import { countVotes } from './eligible.ts';
import { isFinal, lockRequest, mayMove, moveRequest, noteRequest, type RequestRow } from './state.ts';

type From = { proxyId: string; at: Date };
/** Reports come at least once; only the first one changes something. */
export type Reported = { row: RequestRow; isNew: boolean };

/** The proxy that filed it, or that claimed it; to any other the request does not exist. */
async function lockOwn(tx: Tx, id: string, proxyId: string): Promise<RequestRow> {
  const row = await lockRequest(tx, id);
  if (!row || (row.proxyId !== proxyId && row.executedBy !== proxyId)) throw notFound('request');
  return row;
}

export async function attachImpact(tx: Tx, input: From & { id: string; impact: Impact }): Promise<RequestRow> {
  const row = await lockOwn(tx, input.id, input.proxyId);
  if (row.state !== 'pending') return row;
  await tx.update(request).set({ impact: input.impact }).where(eq(request.id, row.id));
  const { exactRows, planRows, note } = input.impact;
  const found = exactRows ?? planRows;
  const message =
    found === null
      ? (note ?? 'the impact could not be computed')
      : `${exactRows === null ? 'the planner expects about' : 'counted what it would change:'} ${found} ${found === 1 ? 'row' : 'rows'}`;
  await noteRequest(tx, row, 'impact', { at: input.at, actorId: null, message });
  return { ...row, impact: input.impact };
}

/** The client cancelled or left. Also after an approval that has not been used; too late once it runs. */
export async function withdrawByProxy(tx: Tx, input: From & { id: string; reason: string }): Promise<Reported> {
  const row = await lockOwn(tx, input.id, input.proxyId);
  if (!mayMove(row.state, 'withdrawn')) return { row, isNew: false };
  const moment = { at: input.at, actorId: row.identityId, message: input.reason || 'the client cancelled' };
  return { row: await moveRequest(tx, row, 'withdrawn', moment), isNew: true };
}

export type Result = { outcome: 'ok' | 'error' | 'cancelled'; rows: number; sqlstate: string | null };

const outcomeWords = ({ outcome, rows, sqlstate }: Result): string =>
  outcome === 'ok'
    ? `${grouped(rows)} ${rows === 1 ? 'row' : 'rows'}`
    : outcome === 'cancelled'
      ? 'cancelled'
      : `error ${sqlstate ?? ''}`.trim();

/** What became of the statement. Reported again, it stays as it was. */
export async function recordResult(tx: Tx, input: From & { id: string; result: Result }): Promise<Reported> {
  const { at, result } = input;
  const row = await lockOwn(tx, input.id, input.proxyId);
  if (row.outcome !== null) return { row, isNew: false };
  const to = result.outcome === 'ok' ? 'done' : 'failed';
  if (row.state === 'pending' || row.state === 'denied')
    throw new AppError('conflict', `the request is ${row.state}: it cannot have run`);
  const message = outcomeWords(result);
  // It ran before the proxy heard that it should not; what happened is said all the same.
  if (!mayMove(row.state, to)) {
    await tx.update(request).set({ outcome: result }).where(eq(request.id, row.id));
    await noteRequest(tx, row, to, { at, actorId: null, message: `${message}, although ${row.state}` });
    return { row: { ...row, outcome: result }, isNew: true };
  }
  // A waiting session runs as soon as it hears of the approval; that it did is known from the result.
  const running =
    row.state === 'approved'
      ? await moveRequest(tx, row, 'executing', {
          at,
          actorId: null,
          message: 'run by the session that waited',
          changes: { executedBy: input.proxyId },
        })
      : row;
  const ended = await moveRequest(tx, running, to, { at, actorId: null, message, changes: { outcome: result } });
  return { row: ended, isNew: true };
}

export type Claim = { hash: string; connectionId: string; identityId: string };

async function mayRun(db: Db | Tx, id: string): Promise<boolean> {
  const [row] = await db.select({ isActive }).from(identity).where(eq(identity.id, id));
  return row?.isActive === true;
}

async function isStillGood(db: Db | Tx, row: RequestRow): Promise<boolean> {
  return (await mayRun(db, row.identityId)) && (await countVotes(db, row)).met;
}

/**
 * The request as a proxy may act on it now, however old the news of its approval are: one whose requester or approvers have lost
 * the right since is taken back first.
 */
export async function standingOf(on: { db: Db; clock: Clock }, id: string): Promise<RequestRow | null> {
  const [row] = await on.db.select().from(request).where(eq(request.id, id));
  if (row?.state !== 'approved' || (await isStillGood(on.db, row))) return row ?? null;
  return transact(on, async tx => {
    const locked = await lockRequest(tx, id);
    return locked && takeBackUnfounded(tx, locked, on.clock.now());
  });
}

/** Of a request that this transaction has locked. */
export async function takeBackUnfounded(tx: Tx, row: RequestRow, at: Date): Promise<RequestRow> {
  if (row.state !== 'approved' || (await isStillGood(tx, row))) return row;
  return moveRequest(tx, row, 'revoked', { at, actorId: null, message: unfounded });
}

const unfounded = 'its requester or an approver has lost the right';

/**
 * Uses up an approval of exactly this statement, by exactly this identity, on this connection; once over all proxies, because the
 * row is locked. The votes are counted again: an approver who has since lost the right takes the approval along.
 */
export async function claimApproval(tx: Tx, claim: Claim, { proxyId, at }: From): Promise<RequestRow | null> {
  const [row] = await tx
    .select()
    .from(request)
    .where(
      and(
        eq(request.state, 'approved'),
        eq(request.kind, 'statement'),
        eq(request.waiting, false),
        eq(request.hash, claim.hash),
        eq(request.connectionId, claim.connectionId),
        eq(request.identityId, claim.identityId),
        gt(request.usableUntil, at),
      ),
    )
    .orderBy(asc(request.decidedAt), asc(request.id))
    .limit(1)
    .for('update', { skipLocked: true });
  if (!row || !(await mayRun(tx, row.identityId))) return null;
  const { met } = await countVotes(tx, row);
  if (!met) {
    await moveRequest(tx, row, 'revoked', { at, actorId: null, message: 'an approver may no longer decide' });
    return null;
  }
  const moment = { at, actorId: row.identityId, message: 'the approval is used', changes: { executedBy: proxyId } };
  const claimed = await moveRequest(tx, row, 'executing', moment);
  await withdrawTwins(tx, claimed, at);
  return claimed;
}

/** A client that does not wait asks again and again; what it asked for has now been done. */
async function withdrawTwins(tx: Tx, row: RequestRow, at: Date): Promise<void> {
  const twins = await tx
    .select()
    .from(request)
    .where(
      and(
        eq(request.state, 'pending'),
        eq(request.waiting, false),
        eq(request.hash, row.hash ?? ''),
        eq(request.connectionId, row.connectionId),
        eq(request.identityId, row.identityId),
        ne(request.id, row.id),
      ),
    )
    .for('update', { skipLocked: true });
  for (const twin of twins)
    await moveRequest(tx, twin, 'withdrawn', { at, actorId: null, message: `the same statement ran as ${row.id}` });
}

/** Everything of a proxy that still waits is over when the proxy is cut off. */
export async function withdrawAllOf(tx: Tx, proxyId: string, at: Date): Promise<number> {
  const rows = await tx
    .select()
    .from(request)
    .where(and(eq(request.proxyId, proxyId), eq(request.waiting, true)))
    .for('update');
  const open = rows.filter(row => !isFinal(row.state) && mayMove(row.state, 'withdrawn'));
  for (const row of open)
    await moveRequest(tx, row, 'withdrawn', { at, actorId: null, message: 'its proxy was revoked' });
  return open.length;
}
