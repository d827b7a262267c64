/**
 * A transaction that carries its audit events and outbox messages to the end and writes them last: the locks on the head of
 * the chain and on the outbox are then held for the shortest time, and always in the same order.
 */
import 'server-only';
import { must } from '#core/contract/assert.ts';
import type { Db, Tx } from '#db/client.ts';
import { appendControlEvents, type ControlEventDraft } from './audit/append.ts';
import { Limiter } from './limiter.ts';
import type { Clock } from './orpc/context.ts';
import { type Message, writeMessages } from './outbox/publish.ts';

type Pending = { events: ControlEventDraft[]; messages: Message[] };

const pendingOf = new WeakMap<Tx, Pending>();

const pending = (tx: Tx): Pending => must(pendingOf.get(tx), 'the transaction was opened by transact()');

/**
 * Fewer than the pool has connections, so that what a transaction reads outside of itself (keys, say) always finds a free one;
 * otherwise as many transactions as connections could wait for each other for ever. Do not nest.
 */
export const transactionsMax = 12;
export const transactionsWaitingMax = 1000;

const limiterOf = new WeakMap<Db, Limiter>();
const limiter = (db: Db): Limiter => {
  const found = limiterOf.get(db) ?? new Limiter({ atOnceMax: transactionsMax, waitingMax: transactionsWaitingMax });
  limiterOf.set(db, found);
  return found;
};

export async function transact<T>(on: { db: Db; clock: Clock }, work: (tx: Tx) => Promise<T>): Promise<T> {
  return limiter(on.db).run(() => inTransaction(on, work));
}

async function inTransaction<T>(on: { db: Db; clock: Clock }, work: (tx: Tx) => Promise<T>): Promise<T> {
  return on.db.transaction(async tx => {
    const { events, messages }: Pending = { events: [], messages: [] };
    pendingOf.set(tx, { events, messages });
    const result = await work(tx);
    if (events.length > 0) await appendControlEvents(tx, events, on.clock.now());
    if (messages.length > 0) await writeMessages(tx, messages);
    return result;
  });
}

/** Appends to the control plane's own chain when the transaction commits. Commands do this through what they return. */
export function recordEvent(tx: Tx, draft: ControlEventDraft): void {
  pending(tx).events.push(draft);
}

/** Tells other processes and replicas, at least once and in order, when the transaction commits. */
export function publish(tx: Tx, message: Message): void {
  pending(tx).messages.push(message);
}
