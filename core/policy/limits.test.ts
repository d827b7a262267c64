/** What bounds a statement and a session, and what a count of affected rows decides. */
import { describe, expect, test } from 'vitest';
import { parsePolicyYaml } from './document.ts';
import { decide } from './evaluate.ts';
import { sessionLimitsOf } from './limits.ts';
import {
  access,
  allowAll,
  analysis,
  masking,
  output,
  person,
  policy,
  readEmail,
  session,
  shopCatalog,
  statement,
  uuid,
} from './testing.ts';

const limited = (name: string, rule: object, more: object = {}) =>
  policy({ name, ...more, rules: [{ id: 'limit', effect: 'limit', ...rule }] });

const decided = (policies: readonly ReturnType<typeof policy>[], parts = readEmail, subject = {}) =>
  decide(session([allowAll, ...policies], subject), analysis(parts), shopCatalog());

describe('limits of a statement', () => {
  test('are the smallest of all that match, whatever the order', () => {
    const a = limited('a', { limits: { rows: 100, bytes: 5000 } });
    const b = limited('b', { limits: { rows: 10, durationSeconds: 3 }, reason: 'read in pages' });
    const expected = {
      rows: { max: 10, rule: 'b/limit', reason: 'read in pages' },
      bytes: { max: 5000, rule: 'a/limit' },
      durationSeconds: { max: 3, rule: 'b/limit' },
      budgets: [],
    };
    for (const policies of [
      [a, b],
      [b, a],
    ]) {
      const decision = decided(policies);
      expect(decision.effect).toBe('allow');
      expect(decision.obligations[0]?.limits).toMatchObject(expected);
    }
  });

  test('follow the selection of the rule', () => {
    const ofOrders = limited('orders', { objects: { relations: ['public.orders'] }, limits: { rows: 1 } });
    expect(decided([ofOrders]).obligations[0]?.limits).toBeNull();
    const labelled = limited('labelled', { objects: { level: 'confidential' }, limits: { rows: 1 } });
    expect(decided([labelled]).obligations[0]?.limits?.rows?.max).toBe(1);
    const agents = limited('agents', { limits: { rows: 1 } }, { identities: { kinds: ['agent'] } });
    expect(decided([agents]).obligations[0]?.limits).toBeNull();
  });

  test('hold when their condition cannot be evaluated, and do nothing in observe mode', () => {
    const broken = limited('broken', { limits: { rows: 1 }, when: 'connection.tags["nothing"] == "x"' });
    expect(decided([broken]).obligations[0]?.limits?.rows?.max).toBe(1);
    expect(decided([limited('seen', { limits: { rows: 1 } }, { mode: 'observe' })]).obligations[0]?.limits).toBeNull();
  });

  test('are of both sides', () => {
    const agent = person('robot', { kind: 'agent', id: uuid(2) });
    const people = limited('people', { limits: { rows: 5 } }, { identities: { kinds: ['user'] } });
    const agents = limited('agents', { limits: { rows: 7, bytes: 9 } }, { identities: { kinds: ['agent'] } });
    const subject = { principal: agent, onBehalfOf: person('dev@example.com') };
    expect(decided([people, agents], readEmail, subject).obligations[0]?.limits).toMatchObject({
      rows: { max: 5 },
      bytes: { max: 9 },
    });
  });

  test('of rows are for statements that return some', () => {
    const write = statement({ accesses: [access('write', 'public.orders')], result: 'none' });
    const rule = limited('a', { limits: { rows: 1, durationSeconds: 2 } });
    expect(decided([rule], write).obligations[0]?.limits).toMatchObject({ rows: null, durationSeconds: { max: 2 } });
  });
});

describe('what stands beside a limited result', () => {
  const rows = limited('rows', { limits: { rows: 5 } });
  const write = statement({ kind: 'update', accesses: [access('write', 'public.orders')], result: 'none' });
  const both = (more: readonly ReturnType<typeof policy>[], beside = write) =>
    decide(session([allowAll, rows, ...more]), analysis(beside, readEmail), shopCatalog());

  test('is denied as a whole, and may be run by itself', () => {
    expect(both([])).toMatchObject({ effect: 'deny', isSeparable: true });
    expect(both([masking])).toMatchObject({ effect: 'deny', isSeparable: true });
    expect(decided([rows])).toMatchObject({ effect: 'allow', isSeparable: false });
  });

  test('may not where anything else is against it, or somebody has to be asked', () => {
    const on = (rule: object) => policy({ name: 'on', rules: [{ id: 'rule', actions: ['write'], ...rule }] });
    const approvers = { roles: ['reviewer'] };
    for (const against of [
      on({ effect: 'deny' }),
      on({ effect: 'approve', approvers }),
      on({ effect: 'deny', affectedRowsOver: 1 }),
    ])
      expect(both([against])).toMatchObject({ effect: 'deny', isSeparable: false });
    expect(both([], { ...write, result: 'copy_in' })).toMatchObject({ effect: 'deny', isSeparable: false });
  });
});

describe('budgets', () => {
  const hourly = limited('hourly', {
    budget: { windowMinutes: 60, rows: 100, bytes: 1000, sensitiveRows: 10, sensitiveCells: 20 },
  });
  const shares = (policies: readonly ReturnType<typeof policy>[], parts = readEmail) =>
    decided(policies, parts).obligations[0]?.limits?.budgets.map(({ unit, perRow }) => [unit, perRow]);

  test('count labelled columns, masked or not', () => {
    const counted = [
      ['rows', 1],
      ['bytes', 0],
      ['sensitiveRows', 1],
      ['sensitiveCells', 1],
    ];
    expect(shares([hourly])).toEqual(counted);
    expect(shares([hourly, masking])).toEqual(counted);
  });

  test('are not drawn from by what holds nothing classified', () => {
    const ids = statement({
      accesses: [access('read', 'public.customers')],
      outputs: [output('column', 'public.customers.id'), output('constant')],
    });
    expect(shares([hourly], ids)).toEqual([
      ['rows', 1],
      ['bytes', 0],
    ]);
  });

  test('are those of the agent and of the person it acts for', () => {
    const agent = person('robot', { kind: 'agent', id: uuid(2) });
    const subject = { principal: agent, onBehalfOf: person('dev@example.com') };
    const budgets = decided([hourly], readEmail, subject).obligations[0]?.limits?.budgets ?? [];
    expect(new Set(budgets.map(each => each.identity.login))).toEqual(new Set(['robot', 'dev@example.com']));
  });
});

test('limits of sessions follow the clock', () => {
  const night = limited('night', { limits: { sessions: 1 }, when: 'session.time.getHours() >= 22' });
  const always = limited('always', { limits: { sessions: 5, idleInTransactionSeconds: 3 } });
  const at = (hour: number) => sessionLimitsOf(session([night, always]), Date.UTC(2026, 0, 1, hour));
  expect(at(12)).toMatchObject({
    idleInTransactionSeconds: { max: 3, rule: 'always/limit' },
    sessions: [{ identity: { login: 'dev@example.com' }, limit: { max: 5, rule: 'always/limit' } }],
  });
  expect(at(23).sessions[0]?.limit).toMatchObject({ max: 1, rule: 'night/limit' });
});

describe('affected rows', () => {
  const write = statement({ kind: 'update', accesses: [access('write', 'public.orders')], result: 'none' });
  const rule = (effect: 'deny' | 'approve', over: number) =>
    policy({
      name: effect,
      rules: [
        {
          id: 'large',
          effect,
          affectedRowsOver: over,
          ...(effect === 'approve' && { approvers: { roles: ['reviewer'] } }),
        },
      ],
    });
  const policies = [rule('approve', 10), rule('deny', 100)];
  const counted = (affectedRows?: number | null, parts = write) =>
    decide(session([allowAll, ...policies]), analysis(parts), shopCatalog(), {
      ...(affectedRows !== undefined && { affectedRows }),
    });

  test('what was not counted is taken for more, and asks for a count', () => {
    expect(counted()).toMatchObject({ effect: 'deny', needsCount: true });
    expect(counted(null)).toMatchObject({ effect: 'deny', needsCount: false });
  });

  test.each([
    [10, 'allow'],
    [11, 'approve'],
    [100, 'approve'],
    [101, 'deny'],
  ] as const)('%i rows: %s', (rows, effect) => {
    const decision = counted(rows);
    expect(decision).toMatchObject({ effect, needsCount: false });
    if (effect !== 'allow') expect(decision.reasons[0]?.message).toContain(`change ${rows} rows of \`public.orders\``);
  });

  test('reading changes nothing', () => {
    expect(counted(undefined, readEmail)).toMatchObject({ effect: 'allow', needsCount: false });
  });
});

describe('documents', () => {
  const problems = (rule: string) => {
    const { policy: parsed, diagnostics } = parsePolicyYaml(`name: a\nrules:\n  - { id: r, ${rule} }\n`);
    return { isGood: parsed !== null, messages: diagnostics.map(each => each.message).join('\n') };
  };

  test.each([
    ['effect: limit', 'limits nothing'],
    ['effect: limit, budget: { windowMinutes: 60 }', 'counts nothing'],
    ['effect: limit, objects: { schemas: [a] }, limits: { sessions: 3 }', 'about the whole session'],
    ['effect: limit, actions: [read], limits: { idleInTransactionSeconds: 3 }', 'about the whole session'],
    ['effect: limit, limits: { rowz: 3 }', 'did you mean'],
    ['effect: limit, limits: { rows: 0 }', 'at least 1'],
    ['effect: deny, actions: [read], affectedRowsOver: 3', 'only writing changes rows'],
    ['effect: allow, affectedRowsOver: 3', 'not a field here'],
  ])('%s: %s', (rule, message) => {
    const found = problems(rule);
    expect(found.isGood).toBe(false);
    expect(found.messages).toContain(message);
  });
});
