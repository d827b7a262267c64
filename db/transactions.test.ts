/** A connection that dies at any moment of a transaction: it fails, nothing of it happened, and all goes on. */
import net from 'node:net';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { until } from '#scripts/wait.ts';
import { type Database, openDatabase, type Tx } from './client.ts';
import { rowsInParts } from './cursor.ts';
import { runSql, targetDatabase } from './testing.ts';

let url: string;
let behindUrl: string;
let behind: Database;
let direct: Database;
let relay: net.Server;
const open = new Set<net.Socket>();
/** Cut when the client says the word, before or after the server has heard it. */
let trap: { word: string; isHeard: boolean; isReset: boolean } | null = null;

const cut = (isReset = false) => {
  for (const socket of open) isReset ? socket.resetAndDestroy() : socket.destroy();
};

beforeAll(async () => {
  url = (await targetDatabase({ sql: 'create table t (a int unique deferrable initially deferred)' })).url;
  const target = new URL(url);
  const { port, hostname } = target;
  relay = net.createServer(client => {
    const server = net.connect(Number(port), hostname);
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    server.on('data', chunk => client.write(chunk));
    client.on('data', chunk => {
      const isNow = trap !== null && chunk.includes(trap.word);
      if (!isNow || trap?.isHeard) server.write(chunk);
      if (!isNow || trap === null) return;
      const { isReset, isHeard } = trap;
      trap = null;
      if (isHeard) server.once('data', () => cut(isReset));
      else cut(isReset);
    });
  });
  await new Promise<void>(resolve => relay.listen(0, '127.0.0.1', resolve));
  target.port = String((relay.address() as net.AddressInfo).port);
  target.hostname = '127.0.0.1';
  behindUrl = target.toString();
  behind = openDatabase(behindUrl, { poolSize: 2 });
  direct = openDatabase(url, { poolSize: 2 });
});

const uncaught: unknown[] = [];
const note = (error: unknown) => void uncaught.push(error);
beforeAll(() => {
  process.on('uncaughtException', note).on('unhandledRejection', note);
});
afterAll(async () => {
  process.off('uncaughtException', note).off('unhandledRejection', note);
  await Promise.all([behind.close(), direct.close()]);
  cut();
  relay.close();
});

beforeEach(() => runSql(url, 'truncate t'));
const rows = async () => (await direct.sql`select a from t order by a`).map(row => Number(row.a));
const add = (tx: Tx, a: number) => tx.execute(sql`insert into t values (${a})`);
const failed = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: { code?: string; cause?: { code?: string; message: string }; message: string }) => {
      const { code, message } = error.cause ?? error;
      return code ?? message;
    },
  );

/** It can still be worked with, at once and by as many as before. */
async function goesOn(): Promise<void> {
  const startedAt = performance.now();
  for (let round = 0; round < 3; round++) {
    await Promise.all(Array.from({ length: 6 }, () => behind.db.transaction(tx => tx.execute(sql`select 1`))));
    await Promise.all(Array.from({ length: 6 }, () => behind.db.execute(sql`select 1`).catch(() => null)));
  }
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  await new Promise(resolve => setImmediate(resolve));
  expect(uncaught).toEqual([]);
}

describe.each([
  ['closed', false],
  ['reset', true],
])('a connection that is %s', (_, isReset) => {
  const add12 = (to: Database) =>
    to.db.transaction(async tx => {
      await add(tx, 1);
      await tx.transaction(inner => add(inner, 2));
    });

  it('with the first begin on it', async () => {
    trap = { word: 'begin', isHeard: false, isReset };
    const fresh = openDatabase(behindUrl, { poolSize: 1 });
    expect(await failed(add12(fresh))).toMatch(/CONNECTION_CLOSED|ECONNRESET/);
    await fresh.close();
    expect(trap).toBeNull();
    expect(await rows()).toEqual([]);
  });

  it('with a later begin: another one serves', async () => {
    await goesOn();
    trap = { word: 'begin', isHeard: false, isReset };
    await add12(behind);
    expect(trap).toBeNull();
    expect(await rows()).toEqual([1, 2]);
    await goesOn();
  });

  it('before a later begin, and nobody has noticed: another one serves', async () => {
    await goesOn();
    cut(isReset);
    await add12(behind);
    expect(await rows()).toEqual([1, 2]);
    await goesOn();
  });

  it.each([
    ['with its first statement', 'insert', false],
    ['after its first statement', 'insert', true],
    ['with its commit', 'commit', false],
    ['with its rollback', 'rollback', false],
    ['with its savepoint', 'savepoint', false],
  ])('%s', async (_, word, isHeard) => {
    trap = { word, isHeard, isReset };
    const work = behind.db.transaction(async tx => {
      await add(tx, 1);
      await tx.transaction(inner => add(inner, 2));
      if (word === 'rollback') throw new Error('mine');
    });
    expect(await failed(work)).toMatch(word === 'rollback' ? /mine/ : /CONNECTION_CLOSED|ECONNRESET/);
    expect(trap).toBeNull();
    expect(await rows()).toEqual([]);
    await goesOn();
  });

  it('between two statements: what comes later does not run by itself, nor in another transaction', async () => {
    const work = behind.db.transaction(async tx => {
      await add(tx, 1);
      cut(isReset);
      await until('the end', () => open.size === 0, { timeoutMs: 2_000, everyMs: 1 });
      await Promise.all(Array.from({ length: 4 }, (_, n) => behind.db.transaction(other => add(other, 10 + n))));
      await add(tx, 2).catch(() => null);
      await add(tx, 3).catch(() => null);
    });
    expect(await failed(work)).toMatch(/CONNECTION_CLOSED|ECONNRESET/);
    expect(await rows()).toEqual([10, 11, 12, 13]);
    await goesOn();
  });

  it('under several statements at once: none of them runs on the next connection', async () => {
    trap = { word: 'insert', isHeard: true, isReset };
    const work = behind.db.transaction(tx => Promise.all([1, 2, 3, 4].map(n => add(tx, n))));
    expect(await failed(work)).toMatch(/CONNECTION_CLOSED|ECONNRESET/);
    await goesOn();
    expect(await rows()).toEqual([]);
  });

  it('under a reader that takes its time', async () => {
    const query = { sql: 'select n from generate_series($1::int, 1000) n', params: [1] };
    const reading = rowsInParts(behind.sql, query, 10);
    expect((await reading.next()).value).toHaveLength(10);
    cut(isReset);
    await until('the end', () => open.size === 0, { timeoutMs: 2_000, everyMs: 1 });
    expect(await failed(reading.next())).toMatch(/CONNECTION_CLOSED|ECONNRESET/);
    await goesOn();
  });
});

describe('a transaction', () => {
  it('does not begin while all connections are taken, and begins then', async () => {
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 9 }, (_, n) =>
        behind.db.transaction(async tx => {
          await add(tx, n);
          order.push(n);
        }),
      ),
    );
    expect(order.length).toBe(9);
    expect(await rows()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('fails with what failed in it, also when nobody minded', async () => {
    const work = behind.db.transaction(async tx => {
      await add(tx, 1);
      await tx.execute(sql`select 1 / ${0}::int`).catch(() => null);
      await add(tx, 2).catch(() => null);
    });
    expect(await failed(work)).toBe('22012');
    expect(await rows()).toEqual([]);
  });

  it('undoes a part of it, and what only shows at its end fails all of it', async () => {
    await behind.db.transaction(async tx => {
      await add(tx, 1);
      await failed(
        tx.transaction(async inner => {
          await add(inner, 2);
          throw new Error('no');
        }),
      );
      await tx.transaction(inner => add(inner, 3));
    });
    expect(await rows()).toEqual([1, 3]);
    expect(await failed(behind.db.transaction(tx => Promise.all([add(tx, 5), add(tx, 5)])))).toBe('23505');
    expect(await rows()).toEqual([1, 3]);
  });

  it('is over when it is over', async () => {
    let late: Tx | undefined;
    await behind.db.transaction(async tx => {
      late = tx;
      await add(tx, 1);
    });
    expect(await failed(add(late as Tx, 2))).toMatch(/over/);
    expect(await rows()).toEqual([1]);
  });

  it('has the isolation it asked for', async () => {
    const level = await behind.db.transaction(tx => tx.execute(sql`show transaction_isolation`), {
      isolationLevel: 'serializable',
    });
    expect(level[0]).toEqual({ transaction_isolation: 'serializable' });
  });
});

it('finds the database of a pool from every copy of the module', async () => {
  vi.resetModules();
  const again = await import('./client.ts');
  expect(again.openDatabase).not.toBe(openDatabase);
  const connection = again.openDedicated(direct.sql);
  expect(await connection.ask('select 1 as a')).toMatchObject([{ a: 1 }]);
  await connection.close();
});
