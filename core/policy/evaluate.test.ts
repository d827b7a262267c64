import { describe, expect, test } from 'vitest';
import type { Mask } from '../mask/rule.ts';
import type { Grant } from './bundle.ts';
import { compilePolicies } from './compile.ts';
import { decide, mayConnect } from './evaluate.ts';
import { explain } from './explain.ts';
import {
  access,
  analysis,
  column,
  connection,
  output,
  person,
  policy,
  session,
  shopCatalog,
  statement,
  use,
  uuid,
} from './testing.ts';

const labels = shopCatalog();
const allowAll = policy({ name: 'all', rules: [{ id: 'everything', effect: 'allow' }] });
const readAll = policy({ name: 'reads', rules: [{ id: 'read', effect: 'allow', actions: ['read'] }] });
const masking = policy({
  name: 'mask',
  rules: [
    {
      id: 'classified',
      effect: 'mask',
      objects: { level: 'confidential' },
      mask: { kind: 'redact' },
      masks: { 'pii.email': { kind: 'partial', shape: 'email' } },
      unlessOwner: true,
    },
  ],
});

const readEmail = statement({
  accesses: [access('read', 'public.customers')],
  outputs: [output('column', 'public.customers.id'), output('column', 'public.customers.email')],
  reads: [column('public.customers.email')],
});

describe('effects combine', () => {
  test('what no rule allows is denied, and the reason names the access', () => {
    const decision = decide(
      session([readAll]),
      analysis(statement({ accesses: [access('write', 'public.orders')] })),
      labels,
    );
    expect(decision.effect).toBe('deny');
    expect(decision.reasons).toEqual([
      {
        rule: 'default',
        effect: 'deny',
        subject: 'public.orders',
        message: 'no rule allows `dev@example.com` to write to `public.orders`',
        observed: false,
      },
    ]);
  });

  test('deny wins over approve and allow, and approve over allow', () => {
    const approve = policy({
      name: 'ask',
      rules: [{ id: 'w', effect: 'approve', actions: ['write'], approvers: { owners: true, count: 2 } }],
    });
    const deny = policy({ name: 'no', rules: [{ id: 'w', effect: 'deny', actions: ['write'], reason: 'not here' }] });
    const write = analysis(statement({ kind: 'update', accesses: [access('write', 'public.orders')] }));
    const asked = decide(session([allowAll, approve]), write, labels);
    expect(asked.effect).toBe('approve');
    expect(asked.approval).toMatchObject({
      rule: 'ask/w',
      owners: true,
      count: 2,
      ownerOf: ['public.orders'],
      further: [],
    });
    const denied = decide(session([allowAll, approve, deny]), write, labels);
    expect(denied.effect).toBe('deny');
    expect(denied.approval).toBeNull();
    expect(denied.reasons[0]).toMatchObject({
      rule: 'no/w',
      message: 'to write to `public.orders` is not allowed: not here',
    });
  });

  test('every statement of a message counts', () => {
    const decision = decide(
      session([readAll]),
      analysis(readEmail, statement({ accesses: [access('drop', 'public.customers')] })),
      labels,
    );
    expect(decision.effect).toBe('deny');
    expect(decision.obligations).toHaveLength(2);
  });

  test('a refused analysis is denied with its own words', () => {
    const refusal = { code: 'unresolved', construct: 'XMLTABLE', message: 'cannot be resolved', position: 8 } as const;
    const decision = decide(
      session([allowAll]),
      { ok: false, refusal, normalized: '', literals: [], fingerprint: '' },
      labels,
    );
    expect(decision).toMatchObject({
      effect: 'deny',
      reasons: [{ rule: 'analysis', subject: 'XMLTABLE', message: 'cannot be resolved' }],
    });
  });

  test('needs of different people must all be met, needs of the same people are one', () => {
    const rules = (approvers: object) => [{ id: 'w', effect: 'approve', actions: ['write'], approvers }];
    const policies = [
      allowAll,
      policy({ name: 'a', rules: rules({ owners: true, expireMinutes: 30 }) }),
      policy({ name: 'b', rules: rules({ owners: true, count: 2 }) }),
      policy({ name: 'c', rules: rules({ groups: ['security'] }) }),
    ];
    const decision = decide(
      session(policies),
      analysis(statement({ accesses: [access('write', 'public.orders')] })),
      labels,
    );
    expect(decision.approval).toMatchObject({ rule: 'a/w', owners: true, count: 2, expireMinutes: 30 });
    expect(decision.approval?.further).toMatchObject([{ rule: 'c/w', groups: ['security'], ownerOf: [] }]);
  });

  test('transaction control needs no rule, but a rule about everything stops it', () => {
    const begin = statement({
      accesses: [access('session', 'transaction', { verb: 'transaction', object: { kind: 'other' } })],
    });
    const noSession = policy({ name: 'n', rules: [{ id: 's', effect: 'deny', actions: ['session'] }] });
    const nothing = policy({ name: 'n', rules: [{ id: 's', effect: 'deny' }] });
    expect(decide(session([readAll]), analysis(begin), labels).effect).toBe('allow');
    expect(decide(session([noSession]), analysis(begin), labels).effect).toBe('allow');
    expect(decide(session([nothing]), analysis(begin), labels).effect).toBe('deny');
    expect(decide(session([nothing]), analysis(statement()), labels).effect).toBe('deny');
  });

  test("a view's own reads need no rule, but what restricts sees them", () => {
    const view = statement({
      accesses: [access('read', 'public.report'), access('read', 'audit_private.notes', { viaView: true })],
    });
    const publicOnly = policy({
      name: 'p',
      rules: [{ id: 'r', effect: 'allow', actions: ['read'], objects: { schemas: ['public'] } }],
    });
    const closed = policy({ name: 'c', rules: [{ id: 'r', effect: 'deny', objects: { schemas: ['audit_private'] } }] });
    expect(decide(session([publicOnly]), analysis(view), labels).effect).toBe('allow');
    expect(decide(session([publicOnly, closed]), analysis(view), labels).effect).toBe('deny');
  });
});

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

  test('a total function of a masked column is null, count passes, an aggregate is null', () => {
    const accesses = [access('read', 'public.customers')];
    const outputs = [
      output('pure', 'public.customers.email', 'public.customers.id'),
      output('count', 'public.customers.email'),
      output('aggregate', 'public.customers.phone'),
      output('pure', 'public.customers.city'),
      output('constant'),
    ];
    expect(maskOf({ accesses, outputs }).masks).toEqual([{ kind: 'null' }, null, { kind: 'null' }, null, null]);
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

  test('a join is allowed unless the client can fill what it compares with', () => {
    const writes = policy({
      name: 'w',
      rules: [{ id: 'a', effect: 'allow', actions: ['write'], objects: { schemas: ['analytics'] } }],
    });
    const joined = (path: string | null) => {
      const against = path === null ? [] : [column(path)];
      return analysis(
        statement({
          ...readEmail,
          accesses: [
            access('read', 'public.customers'),
            access('read', path?.split('.').slice(0, 2).join('.') ?? 'x.y'),
          ],
          uses: [use('join', 'public.customers.email', { against })],
        }),
      );
    };
    const policies = [readAll, masking, writes];
    expect(decide(session(policies), joined('public.employees.email'), labels).effect).toBe('mask');
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
        accesses: [access('call', 'do', { object: { kind: 'other' } })],
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

describe('hazards, conditions and modes', () => {
  const unbounded = statement({
    kind: 'delete',
    accesses: [access('write', 'public.orders', { verb: 'delete' })],
    hazards: [{ code: 'unbounded_delete', object: 'public.orders', position: 1 }],
  });

  test('a hazard rule matches on the object of the hazard', () => {
    const guard = (schemas: string[]) =>
      policy({ name: 'g', rules: [{ id: 'd', effect: 'deny', hazards: ['unbounded_delete'], objects: { schemas } }] });
    const decision = decide(session([allowAll, guard(['public'])]), analysis(unbounded), labels);
    expect(decision.reasons[0]).toMatchObject({
      rule: 'g/d',
      subject: 'unbounded_delete public.orders',
      message: 'a statement that deletes every row (`public.orders`) is not allowed',
    });
    expect(decide(session([allowAll, guard(['analytics'])]), analysis(unbounded), labels).effect).toBe('allow');
  });

  test('a hazard whose object is only half known is taken for a match', () => {
    const guard = policy({
      name: 'g',
      rules: [{ id: 'd', effect: 'deny', hazards: ['drop'], objects: { schemas: ['public'] } }],
    });
    const drop = statement({ hazards: [{ code: 'drop', object: 'thing', position: null }] });
    expect(decide(session([allowAll, guard]), analysis(drop), labels).effect).toBe('deny');
  });

  test('a condition that cannot be evaluated counts against the statement', () => {
    const when = (effect: string, text: string) =>
      policy({
        name: effect,
        rules: [{ id: 'c', effect, when: text, ...(effect === 'approve' ? { approvers: { owners: true } } : {}) }],
      });
    const read = analysis(statement({ accesses: [access('read', 'public.orders')] }));
    for (const text of ['connection.tags["nope"] == "x"', 'this is not CEL', 'session.time.getHours() < 30']) {
      expect(decide(session([allowAll, when('deny', text)]), read, labels).effect).toBe('deny');
      expect(decide(session([allowAll, when('approve', text)]), read, labels).effect).toBe('approve');
      expect(decide(session([when('allow', text)]), read, labels).effect).toBe('deny');
    }
    const office = session([when('allow', 'session.time.getHours() >= 8 && session.time.getHours() < 18')]);
    expect(office.timed).toBe(true);
    expect(decide(office, read, labels, { nowMs: Date.UTC(2026, 0, 5, 9) }).effect).toBe('allow');
    expect(decide(office, read, labels, { nowMs: Date.UTC(2026, 0, 5, 19) }).effect).toBe('deny');
  });

  test('observe records and changes nothing', () => {
    const observed = policy({
      name: 'watch',
      mode: 'observe',
      rules: [
        { id: 'no', effect: 'deny', actions: ['read'] },
        { id: 'mask', effect: 'mask', mask: { kind: 'null' } },
        { id: 'yes', effect: 'allow' },
      ],
    });
    const decision = decide(session([readAll, observed]), analysis(readEmail), labels);
    expect(decision.effect).toBe('allow');
    expect(decision.obligations[0]).toMatchObject({ masks: [null, null], sensitive: false });
    expect(decision.reasons.filter(reason => reason.observed).map(reason => reason.rule)).toEqual([
      'watch/no',
      'watch/mask',
    ]);
    expect(decide(session([observed]), analysis(readEmail), labels).effect).toBe('deny');
  });

  test('settings the parser depends on are never allowed', () => {
    const set = statement({
      kind: 'set',
      accesses: [access('session', 'standard_conforming_strings', { verb: 'set', object: { kind: 'setting' } })],
      hazards: [{ code: 'set_parsing', object: 'standard_conforming_strings', position: null }],
    });
    expect(decide(session([allowAll]), analysis(set), labels).reasons[0]).toMatchObject({
      rule: 'analysis',
      effect: 'deny',
    });
  });
});

describe('acting for somebody', () => {
  const human = person('dev@example.com', { id: uuid(2), groups: ['crm'] });
  const agent = person('helper', { id: uuid(3), kind: 'agent', ownerId: uuid(2), groups: ['crm'] });
  const owned = shopCatalog(undefined, [{ schema: 'public', relation: 'customers', owner: { group: 'crm' } }]);
  const forAgents = policy({
    name: 'agents',
    identities: { kinds: ['agent'] },
    rules: [
      { id: 'r', effect: 'allow', actions: ['read'] },
      { id: 'w', effect: 'allow', actions: ['write'], objects: { schemas: ['analytics'] } },
    ],
  });
  const forUsers = policy({
    name: 'users',
    identities: { kinds: ['user'] },
    rules: [{ id: 'r', effect: 'allow', actions: ['read'] }],
  });
  const write = analysis(statement({ accesses: [access('write', 'analytics.guesses')] }));

  test('the right is the intersection of both', () => {
    expect(decide(session([forAgents, forUsers], { principal: agent }), write, labels).effect).toBe('allow');
    const both = decide(session([forAgents, forUsers], { principal: agent, onBehalfOf: human }), write, labels);
    expect(both.effect).toBe('deny');
    expect(both.reasons[0]?.message).toContain('`dev@example.com`');
  });

  test('ownership is that of the person the token names, never the agent’s own', () => {
    const rules = [forAgents, forUsers, masking];
    expect(decide(session(rules, { principal: agent }), analysis(readEmail), owned).effect).toBe('mask');
    expect(decide(session(rules, { principal: agent, onBehalfOf: human }), analysis(readEmail), owned).effect).toBe(
      'allow',
    );
    const stranger = person('qa@example.com', { id: uuid(4) });
    expect(decide(session(rules, { principal: agent, onBehalfOf: stranger }), analysis(readEmail), owned).effect).toBe(
      'mask',
    );
  });
});

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
});

test('an explanation names the rule, the column, the use and how to ask', () => {
  const decision = decide(
    session([readAll, masking]),
    analysis(statement({ ...readEmail, uses: [use('order', 'public.customers.email')] })),
    labels,
  );
  expect(explain(decision, { connection: 'shop-prod', consoleUrl: 'http://127.0.0.1:3000' })).toEqual({
    message: 'refused by policy: `public.customers.email` (pii.email) is masked and may not be used in ORDER BY',
    detail: '`public.customers.email` (pii.email) is masked and may not be used in ORDER BY (rule mask/classified)',
    hint: 'leave it out, or ask the owner of `public.customers.email`: http://127.0.0.1:3000/catalog',
  });
});
