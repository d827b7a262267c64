/** Connections to the control database. Opened on first use, because a build imports route modules without a database. */

import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { must } from '#core/contract/assert.ts';
import { Dedicated } from './dedicated.ts';
import { Transactions } from './transactions.ts';

export type Db = PostgresJsDatabase & { $client: postgres.Sql };
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0];
/** A pool of raw postgres.js connections. drizzle changes the parsers of its own client, so the two are never shared. */
export type Sql = postgres.Sql;

export type Database = {
  db: Db;
  sql: Sql;
  /** Ends both pools; statements under way get five seconds. */
  close(): Promise<void>;
};

export const poolSizeDefault = 16;

/** How long the database has for the smallest of questions. */
const answersWithinMs = 3000;

/** Asks on a connection of its own, because in a pool others may stand before it; all who ask at once share one question. */
class Probe {
  readonly #open: () => Sql;
  #sql: Sql | null = null;
  #asking: Promise<boolean> | null = null;

  constructor(open: () => Sql) {
    this.#open = open;
  }

  ask(): Promise<boolean> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #ask(): Promise<boolean> {
    this.#sql ??= this.#open();
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<boolean>(resolve => {
      timer = setTimeout(resolve, answersWithinMs, false);
    });
    const answer = this.#sql`select 1`.then(
      () => true,
      () => false,
    );
    const isThere = await Promise.race([answer, silence]);
    clearTimeout(timer);
    // What was asked on it may be answered by nobody ever: the next question gets a new one.
    if (!isThere) void this.close();
    return isThere;
  }

  async close(): Promise<void> {
    const sql = this.#sql;
    this.#sql = null;
    await sql?.end({ timeout: 0 });
  }
}

type Beside = { probe: Probe; open: () => Dedicated };
const besideSlot = Symbol.for('weir.database.beside');
type BesideSlots = { [besideSlot]?: WeakMap<Sql, Beside> };

/** What belongs to a pool. This module is loaded more than once in a process, and whoever has the pool has to find it. */
function besides(): WeakMap<Sql, Beside> {
  const slots = globalThis as BesideSlots;
  slots[besideSlot] ??= new WeakMap();
  return slots[besideSlot];
}

/** Whether the database behind this pool answers at the moment. */
export const databaseAnswers = async (pool: Sql): Promise<boolean> => (await besides().get(pool)?.probe.ask()) ?? true;

/** To the same database as this pool, and outside of it; the caller closes it. */
export const openDedicated = (pool: Sql): Dedicated => must(besides().get(pool), 'the pool is of openDatabase').open();

export function openDatabase(url: string, { poolSize = poolSizeDefault } = {}): Database {
  const options = {
    max: poolSize,
    idle_timeout: 60,
    connect_timeout: 5,
    // The library's own pauses grow to 20 s, and a query waits through them before it is told that there is no database.
    backoff: (failures: number) => Math.min(0.1 * 2 ** failures, 2),
    connection: { application_name: 'weir-console', TimeZone: 'UTC', statement_timeout: 60_000 },
    onnotice: () => undefined,
  };
  // What reads by itself shares fewer, since transactions have their own.
  const client = postgres(url, { ...options, max: Math.ceil(poolSize * 0.75) });
  const sql = postgres(url, options);
  const db = drizzle(client, { casing: 'snake_case' });
  const open = () => new Dedicated(url, options);
  const transactions = new Transactions(open, { connectionsMax: Math.ceil(poolSize * 1.25) });
  db.transaction = (work, config) => transactions.run(own => own.transaction(work, config));
  const probe = new Probe(() => postgres(url, { ...options, max: 1, idle_timeout: 10 }));
  besides().set(sql, { probe, open });
  return {
    db,
    sql,
    close: async () => {
      const pools = [client, sql].map(pool => pool.end({ timeout: 5 }));
      await Promise.all([...pools, transactions.close({ graceMs: 5000 }), probe.close()]);
    },
  };
}

const slot = Symbol.for('weir.database');
type Slots = { [slot]?: Database };

/** The process-wide database named by DATABASE_URL. Routes, instrumentation and reloaded modules all share it. */
export function database(): Database {
  const slots = globalThis as Slots;
  if (!slots[slot]) {
    const url = process.env.DATABASE_URL;
    if (!url) throw new Error('DATABASE_URL is not set');
    slots[slot] = openDatabase(url);
  }
  return slots[slot];
}
