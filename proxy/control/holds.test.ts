/** What the control plane has to hear of a request reaches it, however long it was away. */
import { expect, it } from 'vitest';
import { fail, ok, type Result } from '#core/contract/error.ts';
import { until } from '#scripts/wait.ts';
import type { ControlAnswer, ControlCall } from './client.ts';
import { Holds } from './holds.ts';

const requestId = '00000000-0000-4000-8000-00000000000a';
const result = { outcome: 'ok', rows: 2, sqlstate: null } as const;
const away: Result<ControlAnswer> = fail('unavailable', 'away');
const taken: Result<ControlAnswer> = ok({ status: 200, headers: {}, text: '' });

function deskWith(answers: Result<ControlAnswer>[]) {
  const calls: ControlCall[] = [];
  const call = async (asked: ControlCall) => {
    calls.push(asked);
    return answers[calls.length - 1] ?? taken;
  };
  const client = { call, get: async () => fail('unavailable', 'away') };
  return { calls, holds: new Holds({ client, consoleUrl: () => '', nowMs: () => Date.now() }) };
}

it('a result is told again until it was heard, and then no more', async () => {
  const { calls, holds } = deskWith([away, away, away, away]);
  holds.report(requestId, result);
  await until('the first attempts', () => calls.length === 3, { timeoutMs: 5_000, everyMs: 20 });
  for (const expected of [4, 5, 5]) {
    await holds.reconcile();
    expect(calls).toHaveLength(expected);
  }
  expect(calls.at(-1)).toMatchObject({ path: `/proxies/self/requests/${requestId}/result`, json: result });
});

it('one that is refused is not told again', async () => {
  const { calls, holds } = deskWith([fail('not_found', 'no such request')]);
  holds.report(requestId, result);
  await until('the attempt', () => calls.length === 1, { timeoutMs: 5_000, everyMs: 5 });
  await holds.reconcile();
  expect(calls).toHaveLength(1);
});
