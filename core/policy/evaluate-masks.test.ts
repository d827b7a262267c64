import { describe, expect, test } from 'vitest';
import type { Mask } from '../mask/rule.ts';
import { decide } from './evaluate.ts';
import {
  access,
  allowAll,
  analysis,
  column,
  masking,
  output,
  person,
  policy,
  readAll,
  readEmail,
  session,
  shopCatalog,
  statement,
  use,
} from './testing.ts';

const labels = shopCatalog();

describe('masks', () => {
  const maskOf = (...parts: Parameters<typeof statement>) => {
    const decision = decide(session([readAll, masking]), analysis(statement(...parts)), labels);
    return { decision, masks: decision.obligations[0]?.masks.map(each => each?.mask ?? null) };
  };

  test('the bare column gets the mask of its label', () => {
    const { decision, masks } = maskOf(readEmail);
    expect(decision.effect).toBe('mask');
    expect(masks).toEqual([null, { kind: 'partial', shape: 'email', first: 0, last: 0 }]);
    expect(decision.obligations[0]?.origins[1]).toEqual({ relationOid: 100, attnum: 2 });
    expect(decision.obligations[0]?.sensitive).toBe(true);
    expect(decision.reasons[0]).toMatchObject({
      rule: 'mask/classified',
      effect: 'mask',
      subject: 'public.customers.email',
    });
  });

  test('a total function of a masked column is null, so is an aggregate', () => {
    const accesses = [access('read', 'public.customers')];
    const outputs = [
      output('pure', 'public.customers.email', 'public.customers.id'),
      output('aggregate', 'public.customers.phone'),
      output('pure', 'public.customers.city'),
      output('constant'),
    ];
    expect(maskOf({ accesses, outputs }).masks).toEqual([{ kind: 'null' }, { kind: 'null' }, null, null]);
  });

  test('an expression that may raise is refused', () => {
    const { decision } = maskOf({
      accesses: [access('read', 'public.customers')],
      outputs: [output('derived', 'public.customers.email')],
    });
    expect(decision.effect).toBe('deny');
    expect(decision.reasons[0]).toMatchObject({
      rule: 'mask/classified',
      subject: 'public.customers.email',
      message:
        '`public.customers.email` (pii.email) is masked and may not be used in an expression that may raise an error',
    });
  });

  test('a whole row with a masked column becomes null', () => {
    const outputs = [output('column', 'public.customers.*')];
    expect(maskOf({ accesses: [access('read', 'public.customers')], outputs }).masks).toEqual([{ kind: 'null' }]);
  });

  test.each([
    ['predicate_null', 'mask'],
    ['predicate_constant', 'deny'],
    ['predicate', 'deny'],
    ['group', 'deny'],
    ['distinct', 'deny'],
    ['order', 'deny'],
    ['set_operation', 'deny'],
    ['window', 'deny'],
    ['limit', 'deny'],
    ['aggregate', 'deny'],
    ['case', 'deny'],
    ['function_argument', 'deny'],
    ['source', 'deny'],
    ['target', 'mask'],
    ['default', 'deny'],
    ['conflict', 'deny'],
    ['lock', 'mask'],
  ] as const)('%s of a masked column: %s', (context, effect) => {
    const { decision } = maskOf({ ...readEmail, uses: [use(context, 'public.customers.phone')] });
    expect(decision.effect).toBe(effect);
    const viaView = maskOf({ ...readEmail, uses: [use(context, 'public.customers.phone', { viaView: true })] });
    expect(viaView.decision.effect).toBe('mask');
  });

  test('a join is allowed along a key or with what is masked too, unless the client can fill what it compares with', () => {
    const writes = policy({
      name: 'w',
      rules: [{ id: 'a', effect: 'allow', actions: ['write'], objects: { schemas: ['analytics'] } }],
    });
    const joined = (path: string | null, context: 'join' | 'join_key' = 'join_key') => {
      const against = path === null ? [] : [column(path)];
      return analysis(
        statement({
          ...readEmail,
          accesses: [
            access('read', 'public.customers'),
            access('read', path?.split('.').slice(0, 2).join('.') ?? 'x.y'),
          ],
          uses: [use(context, 'public.customers.email', { against })],
        }),
      );
    };
    const policies = [readAll, masking, writes];
    expect(decide(session(policies), joined('public.employees.email'), labels).effect).toBe('mask');
    expect(decide(session(policies), joined('public.customers.phone', 'join'), labels).effect).toBe('mask');
    expect(decide(session(policies), joined('public.orders.note', 'join'), labels).effect).toBe('deny');
    expect(decide(session(policies), joined('analytics.guesses.email'), labels).effect).toBe('deny');
    expect(decide(session(policies), joined(null), labels).effect).toBe('deny');
    const asks = policy({
      name: 'ask',
      rules: [{ id: 'a', effect: 'approve', actions: ['write', 'define'], approvers: { owners: true } }],
    });
    expect(decide(session([...policies, asks]), joined('analytics.guesses.email'), labels).effect).toBe('mask');
    const defines = policy({ name: 'd', rules: [{ id: 'd', effect: 'allow', actions: ['define'] }] });
    expect(decide(session([readAll, masking, defines]), joined('analytics.guesses.email'), labels).effect).toBe('deny');
  });

  test('copies of a masked column are refused, rewriting it in place is not a copy', () => {
    const flow = (target: string) => ({
      target: { schema: 'public', relation: target.split('.')[0]!, column: target.split('.')[1]! },
      origins: [column('public.customers.email')],
    });
    const rules = [readAll, masking, policy({ name: 'w', rules: [{ id: 'w', effect: 'allow', actions: ['write'] }] })];
    const write = (target: string) =>
      decide(
        session(rules),
        analysis(statement({ accesses: [access('write', 'public.orders')], flows: [flow(target)] })),
        labels,
      ).effect;
    expect(write('orders.note')).toBe('deny');
    expect(write('customers.email')).toBe('allow');
  });

  test('a rule may permit a use', () => {
    const permissive = policy({
      name: 'mask',
      rules: [{ id: 'm', effect: 'mask', mask: { kind: 'hash' }, uses: { equality: 'allow', aggregate: 'allow' } }],
    });
    const decision = decide(
      session([readAll, permissive]),
      analysis(
        statement({
          accesses: [access('read', 'public.employees')],
          outputs: [output('aggregate', 'public.employees.salary'), output('column', 'public.employees.email')],
          uses: [use('aggregate', 'public.employees.salary'), use('predicate_constant', 'public.employees.email')],
        }),
      ),
      labels,
    );
    expect(decision.effect).toBe('mask');
    expect(decision.obligations[0]?.masks).toEqual([
      null,
      { mask: { kind: 'hash' }, rule: 'mask/m', label: 'pii.email' },
    ]);
    const both = decide(
      session([readAll, permissive, masking]),
      analysis(
        statement({
          accesses: [access('read', 'public.employees')],
          uses: [use('predicate_constant', 'public.employees.email')],
        }),
      ),
      labels,
    );
    expect(both.effect).toBe('deny');
  });

  test('of several masks the one that shows least wins', () => {
    const rule = (mask: Mask, name: string) => policy({ name, rules: [{ id: 'm', effect: 'mask', mask }] });
    const masks: readonly (readonly [Mask, string])[] = [
      [{ kind: 'partial', shape: 'email', first: 0, last: 0 }, 'a'],
      [{ kind: 'null' }, 'b'],
      [{ kind: 'hash' }, 'c'],
    ];
    const decision = decide(
      session([readAll, ...masks.map(([mask, name]) => rule(mask, name))]),
      analysis(readEmail),
      labels,
    );
    expect(decision.obligations[0]?.masks[1]).toEqual({ mask: { kind: 'null' }, rule: 'b/m', label: 'pii.email' });
  });

  test('owners see their own data', () => {
    const owned = shopCatalog(undefined, [{ schema: 'public', relation: 'customers', owner: { group: 'crm' } }]);
    const owner = person('crm@example.com', { groups: ['crm'] });
    expect(decide(session([readAll, masking], { principal: owner }), analysis(readEmail), owned).effect).toBe('allow');
    expect(decide(session([readAll, masking]), analysis(readEmail), owned).effect).toBe('mask');
  });

  test('behind what cannot be resolved no value may pass: opaque has to be allowed by name', () => {
    const opaque = analysis(statement({ accesses: [access('opaque', 'public.f', { object: { kind: 'function' } })] }));
    const block = analysis(
      statement({
        accesses: [access('call', 'do', { object: { kind: 'other' } }), access('read', 'public.notes')],
        hazards: [{ code: 'anonymous_block', object: 'do', position: null }],
      }),
    );
    const named = policy({ name: 'o', rules: [{ id: 'o', effect: 'allow', actions: ['opaque'] }] });
    for (const each of [opaque, block]) {
      expect(decide(session([allowAll]), each, labels).effect).toBe('allow');
      expect(decide(session([allowAll, masking]), each, labels).effect).toBe('deny');
      expect(decide(session([allowAll, masking, named]), each, labels).effect).toBe('allow');
    }
  });
});
