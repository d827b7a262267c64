/** Subscriptions to the outbox and to pokes, as async generators that end with their signal. `on` is a handler context. */
import 'server-only';
import type { Sql } from '#db/client.ts';
import { type Delivery, hubOf } from './hub.ts';
import type { PokeTopic, Topic } from './publish.ts';

/** `reset`: what the subscriber missed is no longer there; it must read the present state. */
export type Received = Delivery | { id: number; topic: 'reset' };

export const queueMax = 1000;

export type Subscription = {
  topics: readonly Topic[];
  /** Only messages with this key; those whose key is empty always pass. */
  key?: string;
  /** Resume: everything after this id. Absent: from now on. */
  after?: number;
  signal: AbortSignal;
};

/** A subscriber that does not keep up is cut off; it resumes from the last id it saw. */
export async function* subscribe(on: { sql: Sql }, subscription: Subscription): AsyncGenerator<Received, void> {
  const { topics, key, after, signal } = subscription;
  const hub = await hubOf(on);
  const wanted = (delivery: Delivery) =>
    topics.includes(delivery.topic) && (key === undefined || delivery.key === '' || delivery.key === key);
  const queue = new Queue<Delivery>(signal);
  const remove = hub.add(deliveries => queue.push(deliveries.filter(wanted)));
  try {
    let seen = after ?? hub.lastId;
    if (after !== undefined) {
      const { deliveries, isComplete } = await hub.backlog(after);
      if (!isComplete || after > hub.lastId) {
        seen = hub.lastId;
        yield { id: seen, topic: 'reset' };
      } else {
        for (const delivery of deliveries) {
          seen = delivery.id;
          if (wanted(delivery)) yield delivery;
        }
      }
    }
    for await (const delivery of queue.items()) if (delivery.id > seen) yield delivery;
  } finally {
    remove();
  }
}

/** Pokes of a topic, with those of one key that arrive while the consumer is busy folded into one. */
export async function* pokesOf(
  on: { sql: Sql },
  topic: PokeTopic,
  signal: AbortSignal,
): AsyncGenerator<{ key: string }, void> {
  const hub = await hubOf(on);
  const queue = new Queue<string>(signal);
  const remove = hub.addPoke((poked, key) => {
    if (poked === topic && !queue.has(key)) queue.push([key]);
  });
  try {
    for await (const key of queue.items()) yield { key };
  } finally {
    remove();
  }
}

class Queue<T> {
  readonly #waiting: T[] = [];
  readonly #signal: AbortSignal;
  #wake: () => void = () => undefined;
  #isOverrun = false;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  has(item: T): boolean {
    return this.#waiting.includes(item);
  }

  push(items: readonly T[]): void {
    if (this.#waiting.length + items.length > queueMax) this.#isOverrun = true;
    else this.#waiting.push(...items);
    this.#wake();
  }

  async *items(): AsyncGenerator<T, void> {
    for (;;) {
      while (this.#waiting.length > 0 && !this.#signal.aborted) {
        const item = this.#waiting.shift();
        if (item !== undefined) yield item;
      }
      if (this.#signal.aborted || this.#isOverrun) return;
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }
}
