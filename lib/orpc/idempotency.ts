/** Idempotency-Key on commands: the same key and input give the first answer again; the change happens once. */
import 'server-only';
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { and, eq } from 'drizzle-orm';
import { must } from '#core/contract/assert.ts';
import type { Tx } from '#db/client.ts';
import { idempotencyKey } from '#db/schema/identity.ts';
import type { BaseContext, Caller } from './context.ts';
import { AppError } from './error.ts';

export const idempotencyKeyLengthMax = 200;

/** Rows older than this are removed; a key used again later is a new one. */
export const idempotencyLifetimeHours = 24;

export const callerKey = (caller: Caller): string =>
  caller.type === 'system' || caller.type === 'anonymous' ? caller.type : `${caller.type}:${caller.id}`;

type Claim = { tx: Tx; context: BaseContext; procedure: string; input: unknown; isShownOnce: boolean };

/**
 * Runs `work` unless the key was used. A second caller waits on the first one's uncommitted row, so there is no window.
 * Results that are shown once (tokens) are not kept: repeating such a request is a conflict, not a second secret.
 */
export async function once<T>(claim: Claim, work: () => Promise<T>): Promise<T> {
  const { tx, context, procedure } = claim;
  const key = context.request.idempotencyKey;
  if (key === null || context.caller.type === 'anonymous') return work();
  const callerId = callerKey(context.caller);
  const inputHash = createHash('sha256')
    .update(canonicalize(claim.input ?? null) ?? '')
    .digest('hex');
  const claimed = await tx
    .insert(idempotencyKey)
    .values({ callerId, key, procedure, inputHash })
    .onConflictDoNothing()
    .returning();
  const own = and(eq(idempotencyKey.callerId, callerId), eq(idempotencyKey.key, key));
  if (claimed.length === 0) {
    const [first] = await tx.select().from(idempotencyKey).where(own);
    const { output, ...used } = must(first, 'a conflicting key exists');
    if (used.procedure !== procedure || used.inputHash !== inputHash)
      throw new AppError('conflict', 'this Idempotency-Key was used for a different request');
    if (claim.isShownOnce)
      throw new AppError('conflict', 'this request was carried out; its result is shown only once');
    return (output as { value: T }).value;
  }
  const result = await work();
  if (!claim.isShownOnce)
    await tx
      .update(idempotencyKey)
      .set({ output: { value: result } })
      .where(own);
  return result;
}
