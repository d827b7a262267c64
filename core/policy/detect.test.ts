/** Which detectors look at which output, by rules, labels and owners. */
import { describe, expect, test } from 'vitest';
import type { StatementAnalysis } from '../sql/analysis.ts';
import type { OutputDetectors } from './detect.ts';
import { parsePolicyYaml } from './document.ts';
import { decide } from './evaluate.ts';
import type { Policy } from './schema.ts';
import {
  access,
  allowAll,
  analysis,
  masking,
  output,
  person,
  policy,
  session,
  shopCatalog,
  shopLabels,
  statement,
  uuid,
} from './testing.ts';

const detecting = (name: string, detectors: object, rule: object = {}, more: object = {}) =>
  policy({ name, ...more, rules: [{ id: 'find', effect: 'detect', detectors, ...rule }] });

const readCity = statement({
  accesses: [access('read', 'public.customers')],
  outputs: [output('column', 'public.customers.city')],
});

function found(
  policies: readonly Policy[],
  parts: StatementAnalysis = readCity,
  subject = {},
): (OutputDetectors | null)[] {
  const owners = [{ schema: 'public', relation: 'customers', owner: { identity: uuid(2) } }];
  const decision = decide(session([allowAll, ...policies], subject), analysis(parts), shopCatalog(shopLabels, owners));
  return [...(decision.obligations[0]?.detectors ?? [])];
}
const verdicts = (detectors: OutputDetectors | null | undefined) =>
  Object.fromEntries(Object.entries(detectors ?? {}).map(([kind, detector]) => [kind, detector.verdict]));

describe('verdicts', () => {
  test('are those of the rule, with the rule', () => {
    expect(found([detecting('a', { card: 'mask', email: 'alert', phone: 'ignore' })])).toEqual([
      { card: { verdict: 'mask', rule: 'a/find' }, email: { verdict: 'alert', rule: 'a/find' } },
    ]);
  });

  test('of every kind that is not named', () => {
    const all = verdicts(found([detecting('a', { '*': 'mask', phone: 'ignore', email: 'alert' })])[0]);
    expect(Object.keys(all)).toHaveLength(11);
    expect(all).toMatchObject({ card: 'mask', jwt: 'mask', email: 'alert' });
  });

  test('add up to what shows least, whatever the order', () => {
    const a = detecting('a', { card: 'alert', email: 'ignore' });
    const b = detecting('b', { card: 'mask', email: 'alert' });
    for (const both of [
      [a, b],
      [b, a],
    ])
      expect(verdicts(found(both)[0])).toEqual({ card: 'mask', email: 'alert' });
  });

  test('in observe mode record only', () => {
    expect(verdicts(found([detecting('a', { card: 'mask' }, {}, { mode: 'observe' })])[0])).toEqual({ card: 'alert' });
  });

  test('hold where a condition cannot be evaluated', () => {
    const broken = detecting('a', { card: 'mask' }, { when: 'connection.tags["nothing"] == "x"' });
    expect(verdicts(found([broken])[0])).toEqual({ card: 'mask' });
    expect(found([detecting('a', { card: 'mask' }, { when: 'connection.name == "other"' })])).toEqual([null]);
  });
});

describe('outputs', () => {
  const all = detecting('all', { '*': 'mask' });
  const one = (...args: Parameters<typeof output>) => {
    const parts = { accesses: [access('read', 'public.customers')], outputs: [output(...args)] };
    return found([all, masking], statement(parts))[0] !== null;
  };

  test('of columns without a label are looked at, however they are computed', () => {
    expect(one('column', 'public.customers.city')).toBe(true);
    expect(one('pure', 'public.customers.city')).toBe(true);
    expect(one('aggregate', 'public.customers.city')).toBe(true);
    expect(one('derived')).toBe(true);
  });

  test('with a label are decided on by it', () => {
    expect(one('column', 'public.customers.email')).toBe(false);
    expect(one('pure', 'public.customers.email', 'public.customers.city')).toBe(true);
  });

  test('that hold nothing of any table are not', () => {
    expect(one('constant')).toBe(false);
  });
});

describe('who and where', () => {
  test('owners see their own data', () => {
    const rule = detecting('a', { '*': 'mask' }, { unlessOwner: true });
    const owner = person('owner@example.com', { id: uuid(2) });
    expect(found([rule])[0]).not.toBeNull();
    expect(found([rule], readCity, { principal: owner })).toEqual([null]);
    const agent = person('agent', { id: uuid(3), kind: 'agent' });
    expect(found([rule], readCity, { principal: agent, onBehalfOf: owner })).toEqual([null]);
    expect(found([rule], readCity, { principal: agent })[0]).not.toBeNull();
  });

  test('whoever is exempt is left alone', () => {
    const rule = detecting('a', { '*': 'mask' }, {}, { except: { logins: ['dev@example.com'] } });
    expect(found([rule])).toEqual([null]);
  });

  test('of two sides the stricter holds', () => {
    const rules = [
      detecting('agents', { card: 'mask' }, {}, { identities: { kinds: ['agent'] } }),
      detecting('people', { card: 'alert', email: 'alert' }, {}, { identities: { kinds: ['user'] } }),
    ];
    const agent = person('agent', { id: uuid(3), kind: 'agent' });
    const both = found(rules, readCity, { principal: agent, onBehalfOf: person('dev@example.com') });
    expect(verdicts(both[0])).toEqual({ card: 'mask', email: 'alert' });
  });

  test('a rule about other places does not apply; what has no origin comes from all that is touched', () => {
    const orders = detecting('a', { card: 'mask' }, { objects: { relations: ['public.orders'] } });
    expect(found([orders])).toEqual([null]);
    const accesses = [access('read', 'public.customers'), access('read', 'public.orders')];
    expect(found([orders], statement({ accesses, outputs: [output('derived')] }))[0]).not.toBeNull();
  });
});

describe('documents', () => {
  const problems = (rule: string) =>
    parsePolicyYaml(`name: a\nrules:\n  - { id: r, effect: detect, ${rule} }\n`).diagnostics.map(each => each.message);

  test.each([
    ['detectors: { card: mask }', []],
    ['detectors: { cart: mask, email: alert }', [expect.stringContaining('`cart`')]],
    ['detectors: { card: hide }', [expect.stringContaining('mask, alert, ignore')]],
    ['detectors: {}', [expect.stringContaining('card: mask')]],
    ['detectors: { card: mask }, objects: { level: restricted }', [expect.stringContaining('without a label')]],
    ['detectors: { card: mask }, actions: [write]', [expect.stringContaining('what is read')]],
  ])('%s', (rule, expected) => expect(problems(rule)).toEqual(expected));
});
