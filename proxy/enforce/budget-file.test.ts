/** What was counted outlives the process, and others' counts are added to it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BudgetShare } from '#core/policy/decision.ts';
import { BudgetExchange } from '../control/budget-exchange.ts';
import { BudgetFile } from './budget-file.ts';
import { Budgets, budgetEntriesMax } from './budgets.ts';
import { Meter } from './meter.ts';

const hour = 3_600_000;
const now = Date.UTC(2026, 0, 1, 10, 20);
const share = (rule: string, max = 100): BudgetShare => ({
  rule,
  reason: null,
  identity: { id: '00000000-0000-4000-8000-000000000001', login: 'dev@example.com' },
  unit: 'rows',
  max,
  windowMinutes: 60,
  perRow: 1,
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-budgets-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (nowMs = now) => {
  const budgets = new Budgets();
  return { budgets, file: new BudgetFile({ directory, budgets, nowMs: () => nowMs }) };
};
const draw = (budgets: Budgets, rows: number, nowMs = now) => {
  const meter = new Meter(
    { rows: null, bytes: null, durationSeconds: null, budgets: [share('a/b')] },
    budgets,
    () => nowMs,
  );
  for (let row = 0; row < rows; row += 1) meter.count(10);
};

describe('a restart', () => {
  it('goes on counting where the last run stopped', () => {
    const first = open();
    draw(first.budgets, 7);
    first.file.stop();
    const second = open();
    expect(second.file.instance).toBe(first.file.instance);
    expect(second.budgets.entry(share('a/b'), now)?.used).toBe(7);
    expect(second.budgets.takeChanged(10)).toMatchObject([{ rule: 'a/b', used: 7 }]);
  });

  it('forgets windows that are over', () => {
    const first = open();
    draw(first.budgets, 7);
    first.file.stop();
    expect(open(now + hour).budgets.entry(share('a/b'), now + hour)?.used).toBe(0);
  });

  it('counts anew under another name when the file is damaged', () => {
    const first = open();
    draw(first.budgets, 7);
    first.file.stop();
    writeFileSync(join(directory, 'budgets.json'), '{"instance":');
    const second = open();
    expect(second.file.instance).not.toBe(first.file.instance);
    expect(second.budgets.entry(share('a/b'), now)?.used).toBe(0);
  });
});

it('has room for so many, and none for more: what cannot be counted is used up', () => {
  const budgets = new Budgets();
  for (let index = 0; index < budgetEntriesMax; index += 1) budgets.entry(share(`p/${index}`), now);
  expect(budgets.entry(share('one/more'), now)).toBeNull();
  const full = new Meter(
    { rows: null, bytes: null, durationSeconds: null, budgets: [share('one/more')] },
    budgets,
    () => now,
  );
  expect(full.admits(1)).toBe(false);
  // An hour later all of it is over.
  expect(budgets.entry(share('one/more'), now + hour)).not.toBeNull();
});

describe('the exchange', () => {
  type Call = { json?: unknown };
  const exchange = (budgets: Budgets, answers: (Call | null)[]) => {
    const said: { uses: unknown[]; since: number }[] = [];
    const client = {
      get: async (_: unknown, { json }: Call) => {
        said.push(json as (typeof said)[number]);
        const answer = answers.shift();
        return answer ? { ok: true, value: answer } : { ok: false, error: { code: 'unavailable', message: 'gone' } };
      },
    } as never;
    const options = { client, budgets, instance: 'i', nowMs: () => now, isNeeded: () => true };
    return { said, loop: new BudgetExchange(options) };
  };

  it('says again what did not arrive, and counts what others say once', async () => {
    const budgets = new Budgets();
    draw(budgets, 3);
    const others = { ...budgets.uses(now)[0], used: 40 };
    const { said, loop } = exchange(budgets, [
      null,
      { uses: [others], through: 5 } as Call,
      { uses: [others], through: 6 } as Call,
    ]);
    await loop.exchange();
    await loop.exchange();
    await loop.exchange();
    expect(said.map(({ uses, since }) => [uses.length, since])).toEqual([
      [1, 0],
      [1, 0],
      [0, 5],
    ]);
    expect(budgets.entry(share('a/b'), now)).toMatchObject({ used: 3, others: 40 });
  });
});

it('a disk that takes nothing is told of, and keeps nobody from stopping', () => {
  const reasons: string[] = [];
  const { budgets, file } = open();
  file.start(reason => reasons.push(reason));
  draw(budgets, 3);
  rmSync(directory, { recursive: true });
  file.stop();
  expect(reasons).toEqual([expect.stringContaining('ENOENT')]);
});
