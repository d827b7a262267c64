/** Proxies tell each other what was taken from budgets, and people see what is left. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BudgetReport, BudgetUseMessage } from '#core/contract/proxy.ts';
import { runJob } from '#lib/jobs/scheduler.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { budgetJobs } from './budgets.ts';
import { enrolTestProxy, type TestProxy } from './testing.ts';

let plane: TestPlane;
let admin: TestIdentity;
let dev: TestIdentity;
let other: TestIdentity;
let one: TestProxy;
let two: TestProxy;

const hour = 3_600_000;
const instances = { one: randomUUID(), two: randomUUID() };

beforeAll(async () => {
  plane = await testPlane();
  // A window begins, so that none ends in the middle of a test.
  plane.clock.advance(hour - (plane.clock.now().getTime() % hour));
  [admin, dev, other] = await Promise.all([
    plane.identity({ roles: ['admin'] }),
    plane.identity({ roles: ['developer'] }),
    plane.identity({ roles: ['developer'] }),
  ]);
  one = await enrolTestProxy(plane, admin, 'one');
  two = await enrolTestProxy(plane, admin, 'two');
  const yaml = `name: hourly
identities: { roles: [developer] }
rules:
  - { id: rows, effect: limit, budget: { windowMinutes: 60, rows: 1000 }, limits: { rows: 50 } }
`;
  const published = await plane.rest('PUT', '/policies/hourly', {
    as: admin,
    body: { yaml, expectedVersion: null, comment: 'first' },
  });
  expect(published.status).toBe(200);
});

afterAll(() => plane.close());

const windowStart = () => Math.floor(plane.clock.now().getTime() / hour) * hour;
const use = (used: number, more: Partial<BudgetUseMessage> = {}): BudgetUseMessage => ({
  rule: 'hourly/rows',
  identityId: dev.id,
  unit: 'rows',
  windowMinutes: 60,
  startsAt: windowStart(),
  used,
  ...more,
});

async function report(proxy: TestProxy, given: Partial<BudgetReport> & { instance: string }) {
  const answer = await proxy.rest('POST', '/proxies/self/budgets', { uses: [], since: 0, ...given });
  expect(answer.status).toBe(200);
  return answer.body as unknown as { uses: BudgetUseMessage[]; through: number };
}

it('adds up what others have counted, and never what a proxy has counted itself', async () => {
  expect((await report(one, { instance: instances.one, uses: [use(30)] })).uses).toEqual([]);
  const heard = await report(two, { instance: instances.two, uses: [use(12)] });
  expect(heard.uses).toEqual([use(30)]);
  // A counter that was lost stays counted under the name it had.
  expect((await report(one, { instance: randomUUID() })).uses).toEqual([use(42)]);
  expect((await report(two, { instance: instances.two, since: heard.through })).uses).toEqual([use(30)]);
});

it('keeps the larger of two reports, and lets no proxy speak for another', async () => {
  await report(one, { instance: instances.one, uses: [use(20)] });
  await report(two, { instance: instances.one, uses: [use(9_999)] });
  expect((await report(two, { instance: instances.two })).uses).toEqual([use(30)]);
});

it('answers with what has moved since, and of the present window', async () => {
  const { through } = await report(two, { instance: instances.two });
  plane.clock.advance(60_000);
  expect((await report(two, { instance: instances.two, since: through + 60_000 })).uses).toEqual([]);
  await report(one, { instance: instances.one, uses: [use(7, { startsAt: windowStart() - hour })] });
  expect((await report(two, { instance: instances.two })).uses).toEqual([use(30)]);
});

it('shows an identity its limits and what it has used', async () => {
  const limits = await plane.rest('GET', `/identities/${dev.id}/limits`, { as: dev });
  expect(limits.body.limits).toEqual([
    {
      policy: 'hourly',
      rule: 'rows',
      where: 'all connections',
      enforced: true,
      what: 'a statement returns at most 50 rows, 1,000 rows every hour',
      budgets: [
        {
          unit: 'rows',
          max: 1000,
          used: 42,
          windowMinutes: 60,
          resetsAt: new Date(windowStart() + hour).toISOString(),
        },
      ],
    },
  ]);
  expect((await plane.rest('GET', `/identities/${admin.id}/limits`, { as: admin })).body.limits).toEqual([]);
  expect((await plane.rest('GET', `/identities/${dev.id}/limits`, { as: other })).status).toBe(404);
  expect((await plane.rest('GET', `/identities/${dev.id}/limits`, { as: admin })).status).toBe(200);
});

it('forgets windows that are long over', async () => {
  plane.clock.advance(9 * 24 * hour);
  for (const job of budgetJobs) await runJob(job, { ...plane.database, clock: plane.clock });
  const [left] = await plane.database.sql`select count(*)::int as rows from budget_use`;
  expect(left?.rows).toBe(0);
});
