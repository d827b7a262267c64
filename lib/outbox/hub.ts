/**
 * The receiving side of the outbox: one LISTEN connection per process, fanned out to whoever subscribed. A notification only
 * says that there is something; what it is, is read from the table, in order, so that a lost connection loses nothing.
 */
import 'server-only';
import type { Sql } from '#db/client.ts';
import { log } from '#lib/log.ts';
import { type Message, outboxChannel, type PokeTopic, pokeChannel } from './publish.ts';

export type Delivery = Message & { id: number };
type Listener = (deliveries: readonly Delivery[]) => void;
type PokeListener = (topic: PokeTopic, key: string) => void;

const readMax = 1000;
/** Besides notifications, in case one is lost together with its connection. */
const sweepMs = 15_000;

export type Hub = {
  /** The id up to which everything was delivered. */
  readonly lastId: number;
  add(listener: Listener): () => void;
  addPoke(listener: PokeListener): () => void;
  /** Rows after `id` up to `lastId`, which is brought up to date first; not complete when older ones were already removed. */
  backlog(id: number): Promise<{ deliveries: Delivery[]; isComplete: boolean }>;
  close(): Promise<void>;
};

async function openHub(on: { sql: Sql }): Promise<Hub> {
  const { sql } = on;
  const listeners = new Set<Listener>();
  const pokeListeners = new Set<PokeListener>();
  let lastId = Number((await sql`select coalesce(max(id), 0) as id from outbox`)[0]?.id);
  let underWay: Promise<void> | null = null;
  let isAskedAgain = false;

  const read = (after: number, upTo: number | null) => sql<Delivery[]>`
    select id::int8::float8 as id, topic, key, payload from outbox
    where id > ${after} and id <= ${upTo ?? Number.MAX_SAFE_INTEGER} order by id limit ${readMax}`;

  const drain = async () => {
    for (;;) {
      isAskedAgain = false;
      const rows = await read(lastId, null);
      const last = rows.at(-1);
      if (last) {
        lastId = last.id;
        for (const listener of listeners) listener(rows);
      }
      if (rows.length < readMax && !isAskedAgain) return;
    }
  };
  const pump = (): Promise<void> => {
    isAskedAgain = true;
    const current =
      underWay ??
      drain()
        .catch(error => log().warn({ err: error }, 'the outbox could not be read'))
        .finally(() => {
          underWay = null;
        });
    underWay = current;
    return current;
  };
  const wake = () => void pump();
  const pokes = (payload: string) => {
    const [topic, key = ''] = payload.split(' ');
    for (const listener of pokeListeners) listener(topic as PokeTopic, key);
  };

  const outboxSubscription = await sql.listen(outboxChannel, wake, wake);
  const pokeSubscription = await sql.listen(pokeChannel, pokes);
  const timer = setInterval(wake, sweepMs);
  timer.unref();

  return {
    get lastId() {
      return lastId;
    },
    add: listener => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    addPoke: listener => {
      pokeListeners.add(listener);
      return () => void pokeListeners.delete(listener);
    },
    backlog: async id => {
      await pump();
      const [oldest] = await sql`select coalesce(min(id), 0)::float8 as id from outbox`;
      const isComplete = id >= Number(oldest?.id) - 1;
      const deliveries: Delivery[] = [];
      for (let after = id; after < lastId; ) {
        const rows = await read(after, lastId);
        const last = rows.at(-1);
        if (!last) break;
        deliveries.push(...rows);
        after = last.id;
      }
      return { deliveries, isComplete };
    },
    close: async () => {
      clearInterval(timer);
      await Promise.all([outboxSubscription.unlisten(), pokeSubscription.unlisten()]);
    },
  };
}

const slot = Symbol.for('weir.hubs');

/** One per database and process. */
export function hubOf(on: { sql: Sql }): Promise<Hub> {
  const holder = globalThis as { [slot]?: WeakMap<object, Promise<Hub>> };
  holder[slot] ??= new WeakMap();
  const found = holder[slot].get(on.sql);
  if (found) return found;
  const opening = openHub(on);
  holder[slot].set(on.sql, opening);
  opening.catch(() => holder[slot]?.delete(on.sql));
  return opening;
}
