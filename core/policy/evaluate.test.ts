import { describe, expect, test } from 'vitest';
import { decide } from './evaluate.ts';
import {
  access,
  allowAll,
  analysis,
  masking,
  person,
  policy,
  readAll,
  readEmail,
  session,
  shopCatalog,
  statement,
  uuid,
} from './testing.ts';

const labels = shopCatalog(undefined, [{ schema: 'public', relation: null, owner: { group: 'keepers' } }]);

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

  test('where the owner alone is asked and there is none, nobody could approve', () => {
    const asks = (approvers: object) =>
      policy({ name: 'ask', rules: [{ id: 'w', effect: 'approve', actions: ['write'], approvers }] });
    const write = analysis(
      statement({ accesses: [access('write', 'public.orders'), access('write', 'analytics.guesses')] }),
    );
    const asked = (approvers: object) => decide(session([allowAll, asks(approvers)]), write, labels);
    expect(asked({ owners: true })).toMatchObject({
      effect: 'deny',
      reasons: [{ rule: 'ask/w', effect: 'deny', subject: 'analytics.guesses', missing: 'owner' }, {}, {}, {}],
    });
    expect(asked({ owners: true, ownerless: 'admins' })).toMatchObject({
      effect: 'approve',
      approval: { ownerOf: ['public.orders'], further: [{ owners: false, roles: ['admin'] }] },
    });
    // Whoever else the rule names may agree to all of it.
    expect(asked({ owners: true, roles: ['reviewer'] }).effect).toBe('approve');
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

  test('what is too much for a large table may be nothing for a small one, and is too much where nobody counted', () => {
    const guard = policy({
      name: 'g',
      rules: [{ id: 'd', effect: 'deny', hazards: ['alter_rewrite'], when: 'statement.rows > 1000' }],
    });
    const effect = (tableRows: number | null) => {
      const hazards = [{ code: 'alter_rewrite' as const, object: 'public.orders', position: 1 }];
      return decide(session([allowAll, guard]), analysis(statement({ hazards, tableRows })), labels).effect;
    };
    expect([effect(1001), effect(1000), effect(null)]).toEqual(['deny', 'allow', 'deny']);
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
