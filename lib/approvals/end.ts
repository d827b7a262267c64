/** Ends of a request other than its decision: withdrawn by who made it, or revoked before it was used. */
import 'server-only';
import { eq } from 'drizzle-orm';
import type { Tx } from '#db/client.ts';
import { accessGrant } from '#db/schema/approvals.ts';
import type { AuditEntry } from '#lib/audit/append.ts';
import { command } from '#lib/orpc/base.ts';
import type { IdentityCaller } from '#lib/orpc/context.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { publish } from '#lib/transaction.ts';
import { requestStateOutputSchema, revokeInputSchema, withdrawInputSchema } from './schema.ts';
import { lockRequest, mayMove, moveRequest, type RequestRow, tellProxy } from './state.ts';
import { maySee } from './visible.ts';

export const isRequesterSide = (row: RequestRow, id: string): boolean =>
  [row.identityId, row.identityOwnerId, row.onBehalfOf].includes(id);

async function lockVisible(tx: Tx, id: string, caller: IdentityCaller): Promise<RequestRow> {
  const row = await lockRequest(tx, id);
  if (!row || !(await maySee(tx, id, caller))) throw notFound('request');
  return row;
}

const entry = (action: string, before: RequestRow, after: RequestRow, reason: string): AuditEntry => ({
  action,
  target: { type: 'request', id: before.id, label: before.summary.slice(0, 300) },
  before: { state: before.state },
  after: { state: after.state },
  reason: reason || null,
});

export const withdrawRequest = command({ permission: 'approval:read' })
  .route({
    method: 'POST',
    path: '/requests/{id}/withdraw',
    tags: ['Approvals'],
    summary: 'Withdraw an own request that is not decided',
  })
  .input(withdrawInputSchema)
  .output(requestStateOutputSchema)
  .handler(async ({ context: { tx, clock, caller }, input: { id, reason } }) => {
    const row = await lockVisible(tx, id, caller);
    if (!isRequesterSide(row, caller.id)) throw new AppError('forbidden', 'only who made a request withdraws it');
    if (row.state !== 'pending') throw new AppError('conflict', `the request is ${row.state} already`);
    const moment = { at: clock.now(), actorId: caller.id, message: 'withdrawn', reason: reason || null };
    const after = await moveRequest(tx, row, 'withdrawn', moment);
    tellProxy(tx, row, { outcome: 'withdrawn', by: [caller.login], reason });
    return { result: { id, state: after.state }, audit: entry('request.withdraw', row, after, reason) };
  });

/** Ends a grant now. The bundle without it reaches every proxy within a second. */
export async function endGrant(
  tx: Tx,
  requestId: string,
  { by, at, reason }: { by: string; at: Date; reason: string },
): Promise<void> {
  await tx
    .update(accessGrant)
    .set({ revokedAt: at, revokedBy: by, revokeReason: reason, endedAt: at })
    .where(eq(accessGrant.requestId, requestId));
  publish(tx, { topic: 'bundle', key: '', payload: { reason: 'grant' } });
}

export const revokeRequest = command({ permission: 'approval:decide' })
  .route({
    method: 'POST',
    path: '/requests/{id}/revoke',
    tags: ['Approvals'],
    summary: 'Take back an approval that has not been used, or the access it gave',
  })
  .input(revokeInputSchema)
  .output(requestStateOutputSchema)
  .handler(async ({ context: { tx, clock, caller }, input: { id, reason } }) => {
    const row = await lockVisible(tx, id, caller);
    if (!mayMove(row.state, 'revoked'))
      throw new AppError('conflict', `the request is ${row.state}: nothing to take back`);
    const at = clock.now();
    const after = await moveRequest(tx, row, 'revoked', { at, actorId: caller.id, message: 'revoked', reason });
    if (row.kind === 'access') await endGrant(tx, id, { by: caller.id, at, reason });
    tellProxy(tx, row, { outcome: 'revoked', by: [caller.login], reason });
    return { result: { id, state: after.state }, audit: entry('request.revoke', row, after, reason) };
  });
