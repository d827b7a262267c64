/** Ingest: exactly once, in order, whole batches or nothing, and projections that say what happened. */
import { randomUUID } from 'node:crypto';
import { asc, eq, inArray } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyChain } from '#core/event/chain.ts';
import type { EventLine } from '#core/event/schema.ts';
import { event, eventSource, session, statement, statementText } from '#db/schema/audit.ts';
import { identity } from '#db/schema/identity.ts';
import { type TestPlane, testPlane } from '#lib/testing.ts';
import { ingestEvents, parseLines } from './ingest.ts';
import { completed, decided, type Pen, pen, sessionEnd, sessionStart } from './testing.ts';

let plane: TestPlane;
beforeAll(async () => {
  plane = await testPlane();
});
afterAll(() => plane.close());

const ingest = (proxy: Pen, lines: readonly unknown[]) =>
  ingestEvents({ db: plane.database.db, clock: plane.clock }, proxy.proxyId, lines);
const stored = (proxy: Pen) =>
  plane.database.db.select().from(event).where(eq(event.source, proxy.proxyId)).orderBy(asc(event.seq));
const sessionRow = async (id: string) => (await plane.database.db.select().from(session).where(eq(session.id, id)))[0];
const statementRows = (id: string) =>
  plane.database.db.select().from(statement).where(eq(statement.sessionId, id)).orderBy(asc(statement.number));
const sourceOf = async (proxy: Pen) =>
  (await plane.database.db.select().from(eventSource).where(eq(eventSource.id, proxy.proxyId)))[0];

function oneSession(proxy: Pen): string {
  const id = randomUUID();
  proxy.write(sessionStart(id));
  proxy.write(decided(id, 1));
  proxy.write(completed(id, 1));
  proxy.write(sessionEnd(id));
  return id;
}

it('takes what strangers claimed to be, cut in the middle of a character', async () => {
  const proxy = pen(plane.clock);
  const half = { connection: `${'c'.repeat(99)}\ud83d`, login: `${'x'.repeat(319)}\ud83d` };
  proxy.write({ type: 'session.refused', ...half, address: '192.0.2.66', code: 'unauthenticated', message: '\udc00' });
  proxy.write({ type: 'made.up\\u0000\\ud83d' as 'proxy.stop', reason: 'x' });
  expect(await ingest(proxy, proxy.lines)).toMatchObject({ ok: true, value: { acknowledged: 2 } });
  expect((await stored(proxy))[0]).toMatchObject({ actorLogin: expect.stringContaining('x'.repeat(319)) });
});

it('lets no proxy speak for the sessions of another', async () => {
  const [proxy, other] = [pen(plane.clock), pen(plane.clock)];
  const id = randomUUID();
  proxy.write(sessionStart(id));
  proxy.write(decided(id, 1));
  await ingest(proxy, proxy.lines);
  other.write(completed(id, 1));
  other.write(decided(id, 2));
  other.write(sessionEnd(id));
  expect(await ingest(other, other.lines)).toMatchObject({ ok: true });
  expect(await sessionRow(id)).toMatchObject({ endedAt: null, statements: 1, rows: 0, proxyId: proxy.proxyId });
  expect(await statementRows(id)).toMatchObject([{ number: 1, outcome: null }]);
});

it('stores a batch as it was hashed and projects the session and its statements', async () => {
  const proxy = pen(plane.clock);
  const id = oneSession(proxy);
  expect(await ingest(proxy, proxy.lines)).toMatchObject({ ok: true, value: { acknowledged: 4 } });
  const lines: EventLine[] = (await stored(proxy)).map(({ prev, hash, body }) => ({ prev, hash, body }));
  expect(verifyChain(lines, { writer: proxy.proxyId })).toMatchObject({ ok: true, count: 4 });
  expect(await sessionRow(id)).toMatchObject({
    login: 'dev@example.com',
    statements: 1,
    rows: 3,
    bytesOut: 2000,
    masked: 1,
  });
  expect(await statementRows(id)).toMatchObject([
    {
      effect: 'mask',
      outcome: 'ok',
      relations: ['public.customers', '*.customers'],
      labels: ['pii.email'],
      maskedCells: 3,
    },
  ]);
});

it('says of who opened a session, and of whom an agent acts for, that they were seen', async () => {
  const person = await plane.identity();
  const agent = await plane.identity({ kind: 'agent', ownerId: person.id });
  const proxy = pen(plane.clock);
  const onBehalfOf = { id: person.id, login: person.login };
  const by = { id: agent.id, kind: 'agent' as const, login: agent.login, onBehalfOf, tokenId: randomUUID() };
  proxy.write(sessionStart(randomUUID(), { identity: by }));
  await ingest(proxy, proxy.take());
  const rows = await plane.database.db
    .select()
    .from(identity)
    .where(inArray(identity.id, [person.id, agent.id]));
  expect(rows.map(row => row.lastSeenAt)).toEqual([plane.clock.now(), plane.clock.now()]);
});

it('acknowledges a repeated batch, and one that overlaps, without storing anything twice', async () => {
  const proxy = pen(plane.clock);
  const first = oneSession(proxy);
  await ingest(proxy, proxy.take());
  oneSession(proxy);
  await Promise.all([ingest(proxy, proxy.lines), ingest(proxy, proxy.lines), ingest(proxy, proxy.lines.slice(2))]);
  expect((await stored(proxy)).map(row => row.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(await sessionRow(first)).toMatchObject({ statements: 1, masked: 1, maskedCells: 3 });
});

it('gives the same projection however the events are cut into batches', async () => {
  const strip = (row: Awaited<ReturnType<typeof sessionRow>>) => ({ ...row, id: '', proxyId: '', tokenId: '' });
  const reference = pen(plane.clock);
  const whole = oneSession(reference);
  await ingest(reference, reference.lines);
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }), async cuts => {
      const proxy = pen(plane.clock);
      const id = oneSession(proxy);
      const edges = [0, ...[...cuts].sort((a, b) => a - b), 4];
      for (let at = 1; at < edges.length; at++) await ingest(proxy, proxy.lines.slice(edges[at - 1], edges[at]));
      expect(strip(await sessionRow(id))).toEqual(strip(await sessionRow(whole)));
      expect(await statementRows(id)).toMatchObject([{ outcome: 'ok', rows: 3, maskedCells: 3 }]);
    }),
    { numRuns: 10 },
  );
});

it('stores nothing beyond a gap, says where to send from, and records it once', async () => {
  const proxy = pen(plane.clock);
  oneSession(proxy);
  await ingest(proxy, proxy.lines.slice(0, 2));
  for (let at = 0; at < 2; at++)
    expect(await ingest(proxy, proxy.lines.slice(3))).toMatchObject({ ok: true, value: { acknowledged: 2 } });
  expect(await sourceOf(proxy)).toMatchObject({ headSeq: 2, faults: 2, fault: { code: 'gap', seq: 3 } });
  const recorded = await plane.database.db.select().from(event).where(eq(event.targetId, proxy.proxyId));
  expect(recorded.map(row => row.type)).toEqual(['audit.refuse_events']);
  await ingest(proxy, proxy.lines.slice(2));
  expect(await sourceOf(proxy)).toMatchObject({ headSeq: 4, fault: null });
});

it('refuses a fork and every single change, whole', async () => {
  const proxy = pen(plane.clock);
  const id = oneSession(proxy);
  await ingest(proxy, proxy.lines.slice(0, 2));
  const fork = pen(plane.clock, proxy.proxyId);
  fork.write(sessionStart(id, { connection: 'elsewhere' }));
  expect(await ingest(proxy, fork.lines)).toMatchObject({ ok: false, error: { code: 'conflict' } });
  const [, , third, fourth] = proxy.lines as [EventLine, EventLine, EventLine, EventLine];
  const changed: unknown[][] = [
    [{ ...third, body: third.body.replace('"rows":3', '"rows":4') }, fourth],
    [fourth, third],
    [third, { ...fourth, prev: third.prev }],
    [third, null],
    [third, { ...fourth, hash: fourth.hash.replace(/^./, at => (at === '0' ? '1' : '0')) }],
  ];
  for (const lines of changed) expect(await ingest(proxy, lines)).toMatchObject({ ok: expect.anything() });
  expect(await sourceOf(proxy)).toMatchObject({ headSeq: 2 });
  expect(await stored(proxy)).toHaveLength(2);
});

it('refuses what another proxy wrote', async () => {
  const theirs = pen(plane.clock);
  oneSession(theirs);
  const mine = pen(plane.clock);
  expect(await ingest(mine, theirs.lines)).toMatchObject({ ok: false });
  expect(await stored(mine)).toEqual([]);
});

it('says unknown of what ran when its session ended, and of what a crash left', async () => {
  const proxy = pen(plane.clock);
  const [cut, lost, next] = [randomUUID(), randomUUID(), randomUUID()];
  proxy.write(sessionStart(cut));
  proxy.write(decided(cut, 1));
  proxy.write(sessionEnd(cut, { statements: 1, reason: 'killed' }));
  proxy.write(sessionStart(lost));
  proxy.write(decided(lost, 1));
  await ingest(proxy, proxy.take());
  expect(await statementRows(cut)).toMatchObject([{ outcome: 'unknown' }]);
  expect(await statementRows(lost)).toMatchObject([{ outcome: null }]);
  proxy.write({ type: 'proxy.start', version: '0.1.0', host: 'h' });
  proxy.write(sessionStart(next));
  await ingest(proxy, proxy.take());
  expect(await statementRows(lost)).toMatchObject([{ outcome: 'unknown' }]);
  expect(await sessionRow(lost)).toMatchObject({ endReason: 'its proxy stopped without ending it' });
  expect(await sessionRow(next)).toMatchObject({ endedAt: null });
});

it('stores a shape once and takes hostile text as text', async () => {
  const proxy = pen(plane.clock);
  const id = randomUUID();
  const hostile = `select '\u0000\ud800 </script> =cmd|' /* ${randomUUID()} */`;
  proxy.write(sessionStart(id, { client: { address: 'x', port: 1, application: '=1+1\u0000', tls: null } }));
  for (let at = 1; at <= 3; at++) proxy.write(decided(id, at, { text: hostile }));
  const ndjson = proxy.lines.map(line => JSON.stringify(line)).join('\n');
  expect(await ingest(proxy, parseLines(ndjson))).toMatchObject({ ok: true });
  const rows = await statementRows(id);
  expect(new Set(rows.map(row => row.textHash)).size).toBe(1);
  const texts = await plane.database.db.select().from(statementText).where(eq(statementText.hash, rows[0]!.textHash));
  expect(texts).toHaveLength(1);
});

it('keeps an event it does not understand, and goes on', async () => {
  const proxy = pen(plane.clock);
  proxy.write({ type: 'proxy.dance', steps: 3 } as never);
  oneSession(proxy);
  expect(await ingest(proxy, proxy.lines)).toMatchObject({ ok: true, value: { acknowledged: 5 } });
  expect((await stored(proxy))[0]).toMatchObject({ type: 'proxy.dance', listed: true });
});

it('refuses to change or remove what was logged, whoever asks', async () => {
  const { sql } = plane.database;
  const proxy = pen(plane.clock);
  oneSession(proxy);
  await ingest(proxy, proxy.lines);
  for (const text of [
    'update event set body = body',
    'delete from event',
    'truncate event',
    'update event_source set head_seq = head_seq - 1',
    'delete from event_source',
  ])
    await expect(sql.unsafe(text)).rejects.toMatchObject({ code: '42501' });
});
