/** The audit event of a sensitive read. */
import 'server-only';
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { forget, takeAttempt } from '#lib/auth/throttle.ts';
import { recordEvent, transact } from '#lib/transaction.ts';
import { actorOf } from './actor.ts';
import type { BaseContext } from './context.ts';
import { callerKey } from './idempotency.ts';

/** The same caller reading the same thing again within this time is one event: lists refresh themselves. */
export const sameReadSeconds = 300;

const asObject = (input: unknown): Record<string, unknown> =>
  typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};

/** `input` is what the procedure understood, so that nothing a caller makes up gets into the log. */
export async function recordReading(context: BaseContext, path: readonly string[], input: unknown): Promise<void> {
  const { cursor: _cursor, limit: _limit, ...filter } = asObject(input);
  const key = createHash('sha256')
    .update(canonicalize([callerKey(context.caller), path, filter]) ?? '')
    .digest('base64url');
  const window = { key: `read:${key}`, max: 1, seconds: sameReadSeconds };
  if ((await takeAttempt(context.sql, window, context.clock.now())) !== null) return;
  const { id, via, address } = context.request;
  const targetId = typeof filter.id === 'string' ? filter.id : '';
  const recording = transact(context, async tx =>
    recordEvent(tx, {
      action: `${path.join('.')}.read`,
      actor: actorOf(context.caller),
      request: { id, via, address },
      target: { type: path.at(-2) ?? 'object', id: targetId, label: path.join('.') },
      before: null,
      after: { filter },
    }),
  );
  // What was not recorded does not count as read: else the next one would go without a record.
  await recording.catch(async thrown => {
    await forget(context.sql, window.key);
    throw thrown;
  });
}
