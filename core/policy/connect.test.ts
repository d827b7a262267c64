import { describe, expect, test } from 'vitest';
import type { Grant } from './bundle.ts';
import { compilePolicies } from './compile.ts';
import { mayConnect } from './evaluate.ts';
import { connection, person, policy, uuid } from './testing.ts';

describe('connecting', () => {
  const dev = person('dev@example.com');
  const grant: Grant = {
    id: uuid(50),
    identityId: dev.id,
    connectionId: connection.id,
    startsAt: 1000,
    expiresAt: 2000,
  };
  const connectTo = (rules: object[], nowMs = 1500, grants = [grant], onBehalfOf: typeof dev | null = null) =>
    mayConnect(
      compilePolicies(rules.length === 0 ? [] : [policy({ name: 'c', rules })], 1),
      { principal: dev, onBehalfOf, connection },
      { grants, nowMs },
    );

  test('standing access comes from a rule, other access from a grant that holds now', () => {
    expect(connectTo([{ id: 'c', effect: 'allow', actions: ['connect'] }])).toEqual({
      ok: true,
      value: { grant: null },
    });
    expect(connectTo([])).toEqual({ ok: true, value: { grant } });
    expect(connectTo([{ id: 'r', effect: 'allow', actions: ['read'] }], 2000)).toMatchObject({
      ok: false,
      error: { code: 'forbidden' },
    });
    expect(
      connectTo([{ id: 'c', effect: 'approve', actions: ['connect'], approvers: { owners: true } }]),
    ).toMatchObject({ ok: true, value: { grant } });
  });

  test('deny holds against a grant; a rule about objects says nothing', () => {
    expect(connectTo([{ id: 'c', effect: 'deny', actions: ['connect'] }])).toMatchObject({
      ok: false,
      error: { code: 'forbidden' },
    });
    expect(connectTo([{ id: 'c', effect: 'deny', objects: { schemas: ['x'] } }])).toMatchObject({ ok: true });
  });

  test('a disabled person stops whoever acts for them', () => {
    const other = person('boss@example.com', { id: uuid(9), enabled: false });
    expect(connectTo([{ id: 'c', effect: 'allow' }], 1500, [], other)).toMatchObject({
      ok: false,
      error: { code: 'identity_disabled' },
    });
  });

  test('a role has to permit using connections at all, of whoever acts and of whom they act for', () => {
    const auditor = person('auditor@example.com', { id: uuid(9), roles: ['auditor'] });
    const open = [{ id: 'c', effect: 'allow' }];
    const refused = { ok: false, error: { code: 'forbidden', message: expect.stringContaining('no role') } };
    expect(connectTo(open, 1500, [], auditor)).toMatchObject(refused);
    const set = compilePolicies([policy({ name: 'c', rules: open })], 1);
    const alone = { principal: auditor, onBehalfOf: null, connection };
    expect(mayConnect(set, alone, { grants: [], nowMs: 1500 })).toMatchObject(refused);
  });
});
