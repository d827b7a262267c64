import { expect, test } from 'vitest';
import { BusyPoll } from './busy-poll.ts';

const forUs = 200;

function rig(us = forUs) {
  const clock = { us: 1_000, nowUs: () => clock.us };
  const poll = new BusyPoll(clock, us);
  /** Microseconds pass, and the loop goes round. */
  const pass = async (passedUs: number) => {
    clock.us += passedUs;
    await new Promise<void>(resolve => setImmediate(resolve));
  };
  return { poll, pass };
}

test('the loop is kept awake for its moment after each message of a session that speaks alone', async () => {
  const { poll, pass } = rig();
  const session = {};
  poll.heard(session);
  expect(poll.isPolling).toBe(false);
  poll.heard(session);
  for (let n = 0; n < 50; n += 1) {
    await pass(forUs - 1);
    expect(poll.isPolling).toBe(true);
    poll.heard(session);
  }
  await pass(forUs);
  expect(poll.isPolling).toBe(false);
});

test('sessions that take turns do not keep it awake, and the second one ends what the first began', async () => {
  const { poll, pass } = rig();
  const [one, other] = [{}, {}];
  poll.heard(one);
  poll.heard(one);
  expect(poll.isPolling).toBe(true);
  poll.heard(other);
  await pass(1);
  expect(poll.isPolling).toBe(false);
  for (let n = 0; n < 20; n += 1) {
    poll.heard(n % 2 === 0 ? one : other);
    expect(poll.isPolling).toBe(false);
  }
});

test('a client that pauses for longer is not waited for after a few times, and tried again after some messages', async () => {
  const { poll, pass } = rig();
  const session = {};
  let polled = 0;
  poll.heard(session);
  for (let message = 0; message < 1_000; message += 1) {
    poll.heard(session);
    if (poll.isPolling) polled += 1;
    await pass(forUs * 10);
  }
  expect(polled).toBeGreaterThan(1_000 / 64);
  expect(polled).toBeLessThan(1_000 / 16);

  let quickOnes = 0;
  while (!poll.isPolling && quickOnes < 100) {
    poll.heard(session);
    quickOnes += 1;
  }
  for (let message = 0; message < 50; message += 1) {
    await pass(10);
    poll.heard(session);
    expect(poll.isPolling).toBe(true);
  }
});

test('with no time to spend nothing is kept awake', () => {
  const { poll } = rig(0);
  const session = {};
  for (let n = 0; n < 5; n += 1) poll.heard(session);
  expect(poll.isPolling).toBe(false);
});
