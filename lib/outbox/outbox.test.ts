/** The outbox: in order, nothing missed across processes, resumable, and silent about what rolled back. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestPlane, testPlane } from '#lib/testing.ts';
import { publish, transact } from '#lib/transaction.ts';
import { hubOf } from './hub.ts';
import { poke } from './publish.ts';
import { pokesOf, type Received, subscribe } from './subscribe.ts';

let plane: TestPlane;
beforeAll(async () => {
  plane = await testPlane();
  await hubOf(plane.database);
});
afterAll(() => plane.close());

const send = (state: string, key = 'request-1') =>
  transact({ db: plane.database.db, clock: plane.clock }, async tx =>
    publish(tx, { topic: 'request', key, payload: { state } }),
  );

async function take<T>(source: AsyncGenerator<T, void>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const next = await source.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}
const states = (received: Received[]) =>
  received.map(item => (item.topic === 'request' ? item.payload.state : item.topic));

it('delivers in commit order although writers are concurrent', async () => {
  const controller = new AbortController();
  const source = subscribe(plane.database, { topics: ['request'], signal: controller.signal });
  const taking = take(source, 40);
  await Promise.all(Array.from({ length: 40 }, (_, at) => send(`s${at}`)));
  const received = await taking;
  controller.abort();
  const ids = received.map(item => item.id);
  expect(ids).toEqual([...ids].sort((a, b) => a - b));
  expect(new Set(states(received)).size).toBe(40);
});

it('resumes after an id, and says reset when that is too long ago', async () => {
  await send('first');
  const signal = AbortSignal.timeout(20_000);
  const [row] = await plane.database.sql`select max(id)::float8 as id from outbox`;
  await send('second');
  await send('third', 'request-2');
  const source = subscribe(plane.database, { topics: ['request'], key: 'request-1', after: Number(row?.id), signal });
  await send('fourth');
  expect(states(await take(source, 2))).toEqual(['second', 'fourth']);
  await plane.database.sql`delete from outbox where id <= ${Number(row?.id) + 1}`;
  const late = subscribe(plane.database, { topics: ['request'], after: 1, signal });
  expect(states(await take(late, 1))).toEqual(['reset']);
});

it('says nothing about a transaction that rolled back', async () => {
  const signal = AbortSignal.timeout(20_000);
  const source = subscribe(plane.database, { topics: ['request'], signal });
  const taking = take(source, 1);
  const failing = transact({ db: plane.database.db, clock: plane.clock }, async tx => {
    publish(tx, { topic: 'request', key: 'x', payload: { state: 'never' } });
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  await send('after');
  expect(states(await taking)).toEqual(['after']);
});

it('carries pokes and ends with its signal', async () => {
  const controller = new AbortController();
  const source = pokesOf(plane.database, 'sessions', controller.signal);
  const taking = take(source, 1);
  await expect
    .poll(async () => {
      await plane.database.db.transaction(tx => poke(tx, 'sessions', 'proxy-1'));
      return Promise.race([taking, null]);
    })
    .toEqual([{ key: 'proxy-1' }]);
  const rest = take(source, 100);
  controller.abort();
  expect((await rest).every(item => item.key === 'proxy-1')).toBe(true);
});
