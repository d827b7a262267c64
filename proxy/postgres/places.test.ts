/** Who gets a place for a session, and who does not. */
import { expect, test } from 'vitest';
import type { SessionIdentity } from '../ports.ts';
import { Places } from './places.ts';

const who = (id: string) => ({ id, login: `${id}@example.com` });
const session = (id: string, onBehalfOf: string | null = null) =>
  ({ principal: who(id), onBehalfOf: onBehalfOf === null ? null : who(onBehalfOf) }) as SessionIdentity;
const limit = (id: string, max: number) => [
  { identity: who(id), limit: { max, rule: 'p/r', ruleId: 'r', policyId: 'p', reason: null } },
];
const takeAll = (places: Places, identity: SessionIdentity, limits: Parameters<Places['take']>[1] = []): number => {
  for (let taken = 0; ; taken += 1) if (places.take(identity, limits) !== null) return taken;
};

test('one identity leaves places to others, and they may have them', () => {
  const places = new Places(10);
  expect(takeAll(places, session('greedy'))).toBe(8);
  expect(places.take(session('greedy'), [])?.message).toMatch(/8 sessions open, and the other 2 /);
  expect(takeAll(places, session('other'))).toBe(2);
  expect(places.take(session('third'), [])?.message).toMatch(/no session left/);
  places.giveBack(session('greedy'));
  expect(takeAll(places, session('greedy'))).toBe(1);
});

test('agents of one person have one share together', () => {
  const places = new Places(10);
  expect(takeAll(places, session('agent', 'person'))).toBe(8);
  expect(takeAll(places, session('second-agent', 'person'))).toBe(0);
  expect(takeAll(places, session('agent'))).toBe(0);
  expect(takeAll(places, session('somebody'))).toBe(2);
});

test('a rule says more than the share, or less', () => {
  expect(takeAll(new Places(10), session('pool'), limit('pool', 10))).toBe(10);
  expect(takeAll(new Places(10), session('pool'), limit('pool', 3))).toBe(3);
  expect(takeAll(new Places(10), session('agent', 'person'), limit('agent', 100))).toBe(8);
});

test('a proxy with one place has it for whoever comes', () => {
  expect(takeAll(new Places(1), session('only'))).toBe(1);
});
