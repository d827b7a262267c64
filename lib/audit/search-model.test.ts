/** Searches give exactly what their filters say, in order and each once, however many share a moment and however small the pages are. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tallies, tallyOf } from '#core/event/tally.ts';
import type { Effect } from '#core/policy/schema.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { ingestEvents } from './ingest.ts';
import { completed, decided, facts, pen, sessionStart } from './testing.ts';

const texts = ['select 100% from a_b', 'SELECT Ünïcödé', "update x set y = '\\'", 'select 1001', 'ﬀ İstanbul مرحبا'];
const searched = ['100%', 'a_b', 'ünïcödé', "'\\'", 'select', 'مرحبا', '%%%', '___', 'nowhere'];
const tables = ['public.a', 'public.b', 'other.a'];
const labels = ['pii.email', 'pci.pan'];
const choices = ['allow', 'mask', 'deny'] as const satisfies readonly Effect[];
const outcomes = ['ok', 'error', 'refused'] as const;
const states = [null, '42501', '42703', '42P01', '26000', '25P02'] as const;
const moments = [0, 1, 1, 1, 5] as const;

type Made = {
  id: string;
  session: string;
  number: number;
  ms: number;
  text: string;
  table: string;
  label: string;
  effect: (typeof choices)[number];
  outcome: (typeof outcomes)[number] | null;
  sqlstate: (typeof states)[number];
};

let plane: TestPlane;
let auditor: TestIdentity;
let startMs: number;
const made: Made[] = [];

/** Reproducible, and without a pattern that the filters share. */
const pick = <T>(items: readonly T[], at: number): T => items[(at * 7919 + (at >> 3) * 104_729) % items.length] as T;

beforeAll(async () => {
  plane = await testPlane();
  auditor = await plane.identity({ roles: ['auditor'] });
  const proxy = pen(plane.clock);
  const sessions = Array.from({ length: 4 }, () => randomUUID());
  for (const session of sessions) proxy.write(sessionStart(session));
  startMs = plane.clock.now().getTime();
  for (let at = 0; at < 80; at++) {
    plane.clock.advance(pick(moments, at + 3));
    const session = pick(sessions, at + 1);
    const number = 1 + made.filter(each => each.session === session).length;
    const [text, table, label] = [pick(texts, at), pick(tables, at * 3 + 1), pick(labels, at * 5 + 2)];
    const effect = pick(choices, at * 11 + 1);
    const outcome = at % 9 === 0 ? null : pick(outcomes, at * 13 + 2);
    const sqlstate = pick(states, at * 17 + 5);
    const access = { action: 'read' as const, verb: 'select', kind: 'relation', object: table };
    const classified = [{ schema: 's', relation: 'r', column: 'c', label, use: 'output_column' }];
    proxy.write(decided(session, number, { text, effect, facts: facts({ accesses: [access], classified }) }));
    if (outcome !== null) proxy.write(completed(session, number, { outcome, sqlstate }));
    const ms = plane.clock.now().getTime();
    made.push({ id: `${session}.${number}`, session, number, ms, text, table, label, effect, outcome, sqlstate });
  }
  const stored = await ingestEvents({ db: plane.database.db, clock: plane.clock }, proxy.proxyId, proxy.lines);
  expect(stored.ok).toBe(true);
});
afterAll(() => plane.close());

const some = <T>(items: readonly T[]) => fc.option(fc.constantFrom(...items), { nil: undefined });
const filter = fc.record({
  q: some(searched),
  table: some([...tables, 'a', 'b', 'public.a%']),
  label: some([...labels, 'pii']),
  decision: fc.option(fc.uniqueArray(fc.constantFrom(...tallies), { minLength: 1 }), { nil: undefined }),
  outcome: some(outcomes),
  from: fc.option(fc.integer({ min: -1, max: 120 }), { nil: undefined }),
  to: fc.option(fc.integer({ min: -1, max: 120 }), { nil: undefined }),
});
type Filter = typeof filter extends fc.Arbitrary<infer T> ? T : never;

const newestFirst = (a: Made, b: Made): number =>
  b.ms - a.ms || (a.session < b.session ? 1 : a.session > b.session ? -1 : b.number - a.number);

/** From is in it, to is not. */
function expectedOf({ q, table, label, decision, outcome, from, to }: Filter): string[] {
  const fold = (text: string) => text.toLocaleLowerCase('en');
  return made
    .filter(each => q === undefined || fold(each.text).includes(fold(q)))
    .filter(each => table === undefined || each.table === table || each.table.split('.')[1] === table)
    .filter(each => label === undefined || each.label === label)
    .filter(each => decision === undefined || decision.includes(tallyOf(each.effect, each.outcome, each.sqlstate)))
    .filter(each => outcome === undefined || each.outcome === outcome)
    .filter(each => from === undefined || each.ms >= startMs + from)
    .filter(each => to === undefined || each.ms < startMs + to)
    .sort(newestFirst)
    .map(each => each.id);
}

async function allOf(filter: Filter, limit: number): Promise<string[]> {
  const { decision, from, to, ...rest } = filter;
  const parameters = new URLSearchParams({ limit: String(limit) });
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) parameters.set(name, value);
  for (const each of decision ?? []) parameters.append('decision', each);
  for (const [name, offset] of Object.entries({ from, to }))
    if (offset !== undefined) parameters.set(name, new Date(startMs + offset).toISOString());
  const found: string[] = [];
  for (;;) {
    const { status, body } = await plane.rest('GET', `/statements?${parameters}`, { as: auditor });
    expect([status, body]).toEqual([200, expect.anything()]);
    found.push(...(body.items as { id: string }[]).map(item => item.id));
    if (body.nextCursor === null) return found;
    parameters.set('cursor', String(body.nextCursor));
  }
}

it('statements, by any filters together', async () => {
  await fc.assert(
    fc.asyncProperty(filter, fc.integer({ min: 4, max: 60 }), async (wanted, limit) => {
      expect(await allOf(wanted, limit)).toEqual(expectedOf(wanted));
    }),
    { numRuns: 60 },
  );
});

it('all of them, one by one', async () => {
  const nothing = { q: undefined, table: undefined, label: undefined, decision: undefined };
  const everything = { ...nothing, outcome: undefined, from: undefined, to: undefined };
  expect(await allOf(everything, 1)).toEqual(expectedOf(everything));
});
