/** A catalog that is known to have changed and cannot be read: nothing is decided by the old one, however often it is asked for. */
import { expect, it } from 'vitest';
import { fail, ok, type Result } from '#core/contract/error.ts';
import type { ConnectionView, ConnectionViews } from '../ports.ts';
import { Gate } from './gate.ts';

function gateOf(answers: (() => Promise<Result<ConnectionView>>)[]) {
  const views: Pick<ConnectionViews, 'refresh'> = {
    refresh: () => answers.shift()?.() ?? Promise.resolve(ok({} as ConnectionView)),
  };
  return new Gate({ views } as never);
}
const unreadable = async () => fail('unavailable', 'the catalog cannot be read');

it('stays stale until it was read', async () => {
  const gate = gateOf([unreadable, unreadable, unreadable]);
  expect(gate.isStale('a')).toBe(false);
  gate.refresh('a');
  expect(gate.isStale('a')).toBe(true);
  for (let asked = 0; asked < 2; asked += 1) {
    expect((await gate.whenFresh('a')).ok).toBe(false);
    expect(gate.isStale('a')).toBe(true);
  }
  expect(gate.isStale('b')).toBe(false);
  expect((await gate.whenFresh('b')).ok).toBe(true);
  expect((await gate.whenFresh('a')).ok).toBe(false);
  expect((await gate.whenFresh('a')).ok).toBe(true);
  expect(gate.isStale('a')).toBe(false);
});

it('is as new as the last change, though an earlier one was read in between', async () => {
  let answer: (result: Result<ConnectionView>) => void = () => {};
  const later = new Promise<Result<ConnectionView>>(resolve => {
    answer = resolve;
  });
  const gate = gateOf([async () => ok({} as ConnectionView), () => later]);
  gate.refresh('a');
  gate.refresh('a');
  await new Promise(setImmediate);
  expect(gate.isStale('a')).toBe(true);
  answer(fail('unavailable', 'the catalog cannot be read'));
  expect((await gate.whenFresh('a')).ok).toBe(false);
  expect(gate.isStale('a')).toBe(true);
});
