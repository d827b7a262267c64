/** Transactions on connections of their own: a connection that breaks takes its transaction along, and nothing else. */
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import type { Db } from './client.ts';
import type { Dedicated } from './dedicated.ts';

type Work = (client: object) => Promise<unknown>;
type Words = { end: string; undo: string };

/** How long a connection is kept for the next transaction. */
const keptIdleMs = 60_000;

/** What drizzle needs of a driver's client inside of a transaction. */
class Scope {
  readonly #on: Dedicated;
  readonly #depth: number;
  #isOver = false;
  #failure: { error: unknown } | null = null;

  constructor(on: Dedicated, depth: number) {
    this.#on = on;
    this.#depth = depth;
  }

  unsafe(text: string, parameters: readonly unknown[] = [], { prepare = false } = {}) {
    let isArrays = false;
    const asked = this.#isOver
      ? Promise.reject(new Error('the transaction is over'))
      : this.#on.ask(text, parameters, { prepare, isArrays: () => isArrays });
    const result = asked.catch((error: unknown) => {
      this.#failure ??= { error };
      throw error;
    });
    const values = () => {
      isArrays = true;
      return result;
    };
    return Object.assign(result, { values });
  }

  savepoint(work: Work): Promise<unknown> {
    const name = `s${this.#depth}`;
    const words = { end: `release savepoint ${name}`, undo: `rollback to savepoint ${name}` };
    return inScope({ on: this.#on, begin: `savepoint ${name}`, ...words }, work, this.#depth + 1);
  }

  /** Runs the work to its end; what has failed in it has failed it, whether it minded or not. */
  async run(work: Work, { end, undo }: Words): Promise<unknown> {
    try {
      const result = await work(this);
      if (this.#failure !== null) throw this.#failure.error;
      this.#isOver = true;
      const { command } = await this.#on.ask(end);
      if (command === 'ROLLBACK') throw new Error('the transaction was rolled back');
      return result;
    } catch (error) {
      this.#isOver = true;
      // What cannot be undone must not be what the next transaction begins with.
      await this.#on.ask(undo).catch(() => this.#on.close());
      const isAfterwards = error instanceof postgres.PostgresError && error.code === '25P02';
      throw isAfterwards ? (this.#failure?.error ?? error) : error;
    }
  }
}

async function inScope(
  { on, begin, ...words }: Words & { on: Dedicated; begin: string },
  work: Work,
  depth: number,
): Promise<unknown> {
  await on.ask(begin);
  return new Scope(on, depth).run(work, words);
}

type Slot = { on: Dedicated; db: Db; timer: NodeJS.Timeout | undefined; hasBegun: boolean };

export class Transactions {
  readonly #open: () => Dedicated;
  readonly #connectionsMax: number;
  readonly #idle: Slot[] = [];
  readonly #all = new Set<Slot>();
  readonly #waiting: (() => void)[] = [];
  readonly #onQuiet: (() => void)[] = [];
  #taken = 0;

  constructor(open: () => Dedicated, { connectionsMax }: { connectionsMax: number }) {
    this.#open = open;
    this.#connectionsMax = connectionsMax;
  }

  /** Waits for a connection where all are taken. */
  async run<T>(work: (db: Db) => Promise<T>): Promise<T> {
    if (this.#taken < this.#connectionsMax) this.#taken += 1;
    else await new Promise<void>(resolve => this.#waiting.push(resolve));
    try {
      return await this.#runOnKept(work);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#taken -= 1;
      else next();
      if (this.#taken === 0) for (const quiet of this.#onQuiet.splice(0)) quiet();
    }
  }

  /** A kept connection may have broken since, which shows only when it is used: nothing has been asked then, and the next one serves. */
  async #runOnKept<T>(work: (db: Db) => Promise<T>): Promise<T> {
    for (;;) {
      const { slot, isKept } = this.#take();
      slot.hasBegun = false;
      try {
        return await work(slot.db);
      } catch (error) {
        if (!isKept || slot.hasBegun || !slot.on.isLost) throw error;
      } finally {
        this.#giveBack(slot);
      }
    }
  }

  /** Transactions under way get their time. */
  async close({ graceMs }: { graceMs: number }): Promise<void> {
    for (const slot of this.#idle.splice(0)) void this.#discard(slot);
    let timer: NodeJS.Timeout | undefined;
    if (this.#taken > 0) {
      const patience = new Promise<void>(resolve => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([patience, new Promise<void>(resolve => this.#onQuiet.push(resolve))]);
    }
    clearTimeout(timer);
    await Promise.all([...this.#all].map(slot => this.#discard(slot)));
  }

  #take(): { slot: Slot; isKept: boolean } {
    for (let slot = this.#idle.pop(); slot !== undefined; slot = this.#idle.pop()) {
      clearTimeout(slot.timer);
      if (!slot.on.isLost) return { slot, isKept: true };
      void this.#discard(slot);
    }
    const on = this.#open();
    const db = drizzle(on.client, { casing: 'snake_case' });
    const slot: Slot = { on, db, timer: undefined, hasBegun: false };
    const begin = (work: Work) => {
      const begun: Work = scope => {
        slot.hasBegun = true;
        return work(scope);
      };
      return inScope({ on, begin: 'begin', end: 'commit', undo: 'rollback' }, begun, 0);
    };
    Object.assign(on.client, { begin });
    this.#all.add(slot);
    return { slot, isKept: false };
  }

  #giveBack(slot: Slot): void {
    if (slot.on.isLost) {
      void this.#discard(slot);
      return;
    }
    slot.timer = setTimeout(() => {
      this.#idle.splice(this.#idle.indexOf(slot), 1);
      void this.#discard(slot);
    }, keptIdleMs).unref();
    this.#idle.push(slot);
  }

  async #discard(slot: Slot): Promise<void> {
    clearTimeout(slot.timer);
    this.#all.delete(slot);
    await slot.on.close();
  }
}
