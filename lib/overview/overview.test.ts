/** The overview counts what happened, within bounds, and to others only their own. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ingestEvents } from '#lib/audit/ingest.ts';
import { completed, decided, hearFrom, pen, sessionStart } from '#lib/audit/testing.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { bucketSize } from './counts.ts';
import { overviewBucketsMax } from './schema.ts';

let plane: TestPlane;
let admin: TestIdentity;
let dev: TestIdentity;
beforeAll(async () => {
  plane = await testPlane();
  admin = await plane.identity({ roles: ['admin'] });
  dev = await plane.identity({ roles: ['developer'] });
  const proxy = pen(plane.clock);
  const [mine, theirs] = [randomUUID(), randomUUID()];
  const identity = { id: dev.id, kind: 'user' as const, login: dev.login, onBehalfOf: null, tokenId: randomUUID() };
  proxy.write(sessionStart(mine, { identity }));
  proxy.write(decided(mine, 1));
  proxy.write(completed(mine, 1));
  proxy.write(sessionStart(theirs));
  plane.clock.advance(30 * 60_000);
  proxy.write(decided(theirs, 1, { effect: 'deny' }));
  proxy.write(decided(theirs, 2, { effect: 'allow' }));
  for (const [number, sqlstate] of [
    [3, '42703'],
    [4, '42501'],
  ] as const) {
    proxy.write(decided(theirs, number, { effect: 'deny', facts: null }));
    proxy.write(completed(theirs, number, { outcome: 'refused', rows: 0, maskedCells: 0, sqlstate }));
  }
  proxy.write(decided(mine, 2, { effect: 'deny', facts: null }));
  proxy.write(completed(mine, 2, { outcome: 'refused', rows: 0, maskedCells: 0, sqlstate: '42601' }));
  const stored = await ingestEvents({ db: plane.database.db, clock: plane.clock }, proxy.proxyId, proxy.lines);
  expect(stored.ok).toBe(true);
  plane.clock.advance(1000);
  await hearFrom(plane.database.db, proxy, plane.clock.now());
});
afterAll(() => plane.close());

const get = (as: TestIdentity, search = '') => plane.rest('GET', `/overview${search}`, { as });

it('counts decisions, masked cells and what went out unmasked', async () => {
  const { body } = await get(admin);
  expect(body.tiles).toMatchObject({
    deniedCount: 2,
    mistakeCount: 2,
    maskedCells: 3,
    unmaskedClassified: 1,
    liveSessions: 2,
    unknownSessions: 0,
  });
  const buckets = body.decisions as { counts: Record<string, number> }[];
  expect(buckets.length).toBeLessThanOrEqual(overviewBucketsMax);
  expect(buckets.reduce((sum, each) => sum + (each.counts.deny ?? 0), 0)).toBe(2);
  expect(buckets.reduce((sum, each) => sum + (each.counts.mistake ?? 0), 0)).toBe(2);
  expect(buckets.reduce((sum, each) => sum + (each.counts.mask ?? 0), 0)).toBe(1);
  expect(body.topTables).toMatchObject([{ label: 'public.customers', statements: 3 }]);
});

it('does not count sessions as live whose proxy is not heard from', async () => {
  plane.clock.advance(60_000);
  expect((await get(admin)).body.tiles).toMatchObject({ liveSessions: 0, unknownSessions: 2 });
  expect((await get(dev)).body.tiles).toMatchObject({ liveSessions: 0, unknownSessions: 1 });
  plane.clock.advance(-60_000);
});

it('shows others their own activity only', async () => {
  const { body } = await get(dev);
  expect(body.tiles).toMatchObject({ deniedCount: 0, mistakeCount: 1, maskedCells: 3, liveSessions: 1 });
  expect(body.topIdentities).toMatchObject([{ id: dev.id, statements: 2 }]);
  expect(body.changes).toEqual([]);
  expect([body.isOwn, (await get(admin)).body.isOwn]).toEqual([true, false]);
});

it('lists changes without the everyday', async () => {
  await plane.rest('POST', '/groups', { as: admin, body: { name: 'analysts' } });
  await plane.rest('POST', '/tokens', { as: dev, body: {} });
  const { body } = await get(admin);
  expect((body.changes as { action: string }[]).map(change => change.action)).toEqual(['group.create']);
});

it('refuses ranges that are empty or too long', async () => {
  expect((await get(admin, '?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z')).status).toBe(400);
  expect((await get(admin, '?from=2025-01-01T00:00:00Z&to=2026-01-01T00:00:00Z')).status).toBe(400);
});

it('never needs more buckets than permitted', () => {
  for (let minutes = 1; minutes <= 92 * 1440; minutes = Math.ceil(minutes * 1.3)) {
    const range = { from: new Date(0), to: new Date(minutes * 60_000) };
    expect(Math.ceil((minutes * 60_000) / bucketSize(range, 60_000)) + 1).toBeLessThanOrEqual(overviewBucketsMax);
  }
});
