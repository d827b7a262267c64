/** Mistakes are counted apart from what policy refused: as events come in, in whatever batches, and for what was there before. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrationsFolder } from '#db/migrate.ts';
import { decisionRollup, session } from '#db/schema/audit.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { ingestEvents } from './ingest.ts';
import { completed, decided, type Pen, pen, sessionStart } from './testing.ts';

let plane: TestPlane;
let auditor: TestIdentity;
beforeAll(async () => {
  plane = await testPlane();
  auditor = await plane.identity({ roles: ['auditor'] });
});
afterAll(() => plane.close());

/** As the proxy tells them: a rule's refusal, one that cannot be resolved, and four that PostgreSQL would have refused. */
const states = ['42501', '42501', '42703', '42P01', '42601', '26000'];

function drowned(proxy: Pen): string {
  const id = randomUUID();
  proxy.write(sessionStart(id));
  for (const [at, sqlstate] of states.entries()) {
    proxy.write(decided(id, at + 1, { effect: 'deny', facts: null }));
    proxy.write(completed(id, at + 1, { outcome: 'refused', rows: 0, maskedCells: 0, sqlstate }));
  }
  return id;
}

const ingest = (proxy: Pen, lines: readonly unknown[]) =>
  ingestEvents({ db: plane.database.db, clock: plane.clock }, proxy.proxyId, lines);

const figures = async (id: string, { proxyId }: Pen) => {
  const { db } = plane.database;
  const { denied, mistakes } = session;
  const [row] = await db.select({ denied, mistakes }).from(session).where(eq(session.id, id));
  const { effect, statements } = decisionRollup;
  const rollup = await db
    .select({ effect, statements })
    .from(decisionRollup)
    .where(eq(decisionRollup.proxyId, proxyId));
  const counts = Object.fromEntries(
    rollup.filter(each => each.statements > 0).map(each => [each.effect, each.statements]),
  );
  return { ...row, counts };
};
const expected = { denied: 2, mistakes: 4, counts: { deny: 2, mistake: 4 } };

it.each([1, 2, 3, 100])('in batches of %d', async size => {
  const proxy = pen(plane.clock);
  const id = drowned(proxy);
  for (let at = 0; at < proxy.lines.length; at += size)
    expect(await ingest(proxy, proxy.lines.slice(at, at + size))).toMatchObject({ ok: true });
  expect(await figures(id, proxy)).toEqual(expected);
});

it('by the time of the decision, however much later it ends', async () => {
  const proxy = pen(plane.clock);
  const id = randomUUID();
  proxy.write(sessionStart(id));
  proxy.write(decided(id, 1, { effect: 'deny', facts: null }));
  await ingest(proxy, proxy.take());
  plane.clock.advance(3_600_000);
  proxy.write(completed(id, 1, { outcome: 'refused', rows: 0, maskedCells: 0, sqlstate: '42601' }));
  await ingest(proxy, proxy.take());
  expect(await figures(id, proxy)).toEqual({ denied: 0, mistakes: 1, counts: { mistake: 1 } });
});

it.each([1, 100])(
  'takes nothing from what was denied for what waited and could not run then, in batches of %d',
  async size => {
    const proxy = pen(plane.clock);
    const id = randomUUID();
    proxy.write(sessionStart(id));
    proxy.write(decided(id, 1, { effect: 'approve' }));
    proxy.write(completed(id, 1, { outcome: 'refused', rows: 0, maskedCells: 0, sqlstate: '42P01' }));
    for (let at = 0; at < proxy.lines.length; at += size) await ingest(proxy, proxy.lines.slice(at, at + size));
    expect(await figures(id, proxy)).toEqual({ denied: 0, mistakes: 0, counts: { approve: 1 } });
  },
);

it('and shown apart, in lists, in one session, by filter and in the file', async () => {
  const proxy = pen(plane.clock);
  const id = drowned(proxy);
  await ingest(proxy, proxy.lines);
  const { body } = await plane.rest('GET', `/sessions/${id}`, { as: auditor });
  expect(body.decisions).toEqual({ allow: 0, mask: 0, approve: 0, deny: 2, mistake: 4 });
  const found = async (decision: string) => {
    const list = await plane.rest('GET', `/statements?${decision}`, { as: auditor });
    const items = list.body.items as { sessionId: string; number: number; isMistake: boolean }[];
    return items.filter(item => item.sessionId === id).map(item => [item.number, item.isMistake]);
  };
  expect(await found('decision=deny')).toEqual([2, 1].map(number => [number, false]));
  expect(await found('decision=mistake')).toEqual([6, 5, 4, 3].map(number => [number, true]));
  expect(await found('decision=deny&decision=mistake')).toHaveLength(6);
  const inSession = await plane.rest('GET', `/sessions/${id}/statements?decision=mistake`, { as: auditor });
  expect((inSession.body.items as { number: number }[]).map(item => item.number)).toEqual([3, 4, 5, 6]);
  const file = await plane.rest('GET', '/statements/export?decision=mistake', { as: auditor });
  const lines = String(file.body.text)
    .split('\n')
    .filter(line => line.includes(id));
  expect(lines).toHaveLength(4);
  expect(lines.every(line => line.includes(',mistake,'))).toBe(true);
});

it('finds no session by what it only mistook', async () => {
  const proxy = pen(plane.clock);
  const id = randomUUID();
  proxy.write(sessionStart(id));
  proxy.write(decided(id, 1, { effect: 'deny', facts: null }));
  proxy.write(completed(id, 1, { outcome: 'refused', rows: 0, maskedCells: 0, sqlstate: '42601' }));
  await ingest(proxy, proxy.lines);
  const found = async (decision: string) => {
    const { body } = await plane.rest('GET', `/sessions?decision=${decision}`, { as: auditor });
    return (body.items as { id: string }[]).some(item => item.id === id);
  };
  expect([await found('deny'), await found('mistake')]).toEqual([false, true]);
});

it('and what was recorded before there was a difference counts the same afterwards', async () => {
  const proxy = pen(plane.clock);
  const id = drowned(proxy);
  await ingest(proxy, proxy.lines);
  const { db } = plane.database;
  const before = sql`
    with whole as (update session set denied = denied + mistakes, mistakes = 0),
      gone as (delete from decision_rollup where effect = 'mistake' returning *)
    update decision_rollup r set statements = r.statements + gone.statements from gone
    where r.bucket = gone.bucket and r.proxy_id = gone.proxy_id and r.effect = 'deny'`;
  await db.execute(before);
  expect(await figures(id, proxy)).toEqual({ denied: 6, mistakes: 0, counts: { deny: 6 } });
  const steps = fs.readFileSync(path.join(migrationsFolder, 'audit/0010_count_mistakes_apart.sql'), 'utf8');
  await db.transaction(async tx => {
    for (const step of steps.split('--> statement-breakpoint')) await tx.execute(sql.raw(step));
  });
  expect(await figures(id, proxy)).toEqual(expected);
});
