/** What the shipped policies mean, each shown on the statements it is about. */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Owner } from '#core/catalog/classification.ts';
import type { Principal } from '#core/identity/principal.ts';
import { compilePolicies } from '#core/policy/compile.ts';
import { mayConnect } from '#core/policy/connect.ts';
import { parsePolicyYaml } from '#core/policy/document.ts';
import { decide } from '#core/policy/evaluate.ts';
import {
  access,
  analysis,
  connection,
  output,
  person,
  session,
  shopCatalog,
  shopLabels,
  statement,
  use,
  uuid,
} from '#core/policy/testing.ts';
import type { HazardCode, StatementAnalysis } from '#core/sql/analysis.ts';

const folder = fileURLToPath(new URL('./starter', import.meta.url));
const documents = fs.readdirSync(folder).map(name => ({
  name: name.replace(/\.yaml$/, ''),
  parsed: parsePolicyYaml(fs.readFileSync(`${folder}/${name}`, 'utf8')),
}));
const policies = documents.flatMap(({ parsed }) => (parsed.policy ? [parsed.policy] : []));

const developer = person('dev@example.com');
const owner: Principal = person('owner@example.com', { id: uuid(2), roles: ['reviewer'] });
const agent: Principal = person('reporting-agent', { id: uuid(3), kind: 'agent', ownerId: developer.id });
const admin: Principal = person('admin@example.com', { id: uuid(4), roles: ['admin'] });
const owners: Owner[] = [{ schema: 'public', relation: 'customers', owner: { identity: owner.id } }];
const labels = shopCatalog(shopLabels, owners);
const prod = { ...connection, environment: 'production' };
const dev = { ...connection, name: 'shop-dev', environment: 'development' };

function run(who: Principal, parts: Partial<StatementAnalysis>, on = prod, onBehalfOf: Principal | null = null) {
  const narrowed = session(policies, { principal: who, connection: on, onBehalfOf });
  return decide(narrowed, analysis(statement(parts)), labels);
}

const update = (path: string): Partial<StatementAnalysis> => ({
  kind: 'update',
  accesses: [access('write', path, { verb: 'update' }), access('read', path)],
  result: 'none',
});
const read = (path: string): Partial<StatementAnalysis> => ({ accesses: [access('read', path)] });
const hazard = (code: HazardCode, object = 'public.orders'): Partial<StatementAnalysis> => ({
  kind: 'ddl',
  accesses: [access('drop', object, { verb: 'drop' })],
  hazards: [{ code, object, position: null }],
  result: 'none',
});
const rulesOf = (decision: ReturnType<typeof run>) => decision.reasons.map(reason => reason.rule);

it('ships documents without a complaint, each under its file name', () => {
  for (const { name, parsed } of documents) {
    expect(parsed.diagnostics, name).toEqual([]);
    expect(parsed.policy?.name).toBe(name);
  }
});

describe('mask-classified', () => {
  const select = (path: string, parts: Partial<StatementAnalysis> = {}): Partial<StatementAnalysis> => ({
    accesses: [access('read', path.split('.').slice(0, 2).join('.'))],
    outputs: [output('column', path)],
    ...parts,
  });

  it.each([
    ['public.customers.email', { kind: 'partial', shape: 'email', first: 0, last: 0 }],
    ['public.customers.phone', { kind: 'partial', shape: 'phone', first: 0, last: 0 }],
    ['public.employees.salary', { kind: 'redact' }],
    ['public.api_keys.token', { kind: 'null' }],
  ])('masks %s for a developer', (path, mask) => {
    const decision = run(developer, select(path));
    expect(decision.effect).toBe('mask');
    expect(decision.obligations[0]?.masks[0]?.mask).toEqual(mask);
  });

  it('shows owners their own data and nobody else’s', () => {
    expect(run(owner, select('public.customers.email')).effect).toBe('allow');
    expect(run(owner, select('public.employees.salary')).effect).toBe('mask');
  });

  it('masks for admins as well', () => {
    expect(run(admin, select('public.customers.email')).effect).toBe('mask');
  });

  it('leaves what is not classified alone', () => {
    expect(run(developer, select('public.customers.city')).effect).toBe('allow');
  });

  it.each(['predicate_constant', 'predicate', 'order', 'group', 'aggregate'] as const)(
    'refuses to use a masked column in %s',
    context => {
      const decision = run(developer, {
        ...select('public.customers.city'),
        uses: [use(context, 'public.customers.email')],
      });
      expect(decision.effect).toBe('deny');
      expect(rulesOf(decision)).toContain('mask-classified/mask-confidential-and-above');
    },
  );

  it('lets a masked column be tested for null', () => {
    const uses = [use('predicate_null', 'public.customers.email')];
    expect(run(developer, { ...select('public.customers.city'), uses }).effect).toBe('allow');
  });
});

describe('guard-prod', () => {
  it.each([
    'drop',
    'drop_column',
    'truncate',
    'unbounded_update',
    'unbounded_delete',
    'vacuum_full',
    'lock_table',
    'row_lock',
  ] as const)('refuses %s in production, for everyone', code => {
    for (const who of [developer, owner, admin, agent]) {
      const decision = run(who, hazard(code));
      expect(decision.effect).toBe('deny');
      expect(rulesOf(decision).some(rule => rule.startsWith('guard-prod/'))).toBe(true);
    }
  });

  it('leaves development alone', () => {
    expect(run(developer, hazard('drop'), dev).effect).toBe('allow');
    expect(run(developer, hazard('unbounded_delete'), dev).effect).toBe('allow');
  });
});

describe('agents', () => {
  it('write in analytics', () => {
    expect(run(agent, update('analytics.guesses')).effect).toBe('allow');
  });

  it.each(['public.orders', 'public.customers'])('do not write to %s, in production or development', path => {
    for (const on of [prod, dev]) expect(run(agent, update(path), on).effect).toBe('deny');
  });

  it('read, masked', () => {
    expect(run(agent, read('public.orders')).effect).toBe('allow');
    const outputs = [output('column', 'public.customers.email')];
    expect(run(agent, { ...read('public.customers'), outputs }).effect).toBe('mask');
  });

  it('see what the person they act for sees', () => {
    const outputs = [output('column', 'public.customers.email')];
    expect(run(agent, { ...read('public.customers'), outputs }, prod, developer).effect).toBe('mask');
    expect(run(agent, { ...read('public.customers'), outputs }, prod, owner).effect).toBe('allow');
  });

  it('do not take their limits off', () => {
    const parts = { kind: 'set' as const, accesses: [access('session', 'statement_timeout', { verb: 'set' })] };
    const hazards = [{ code: 'set_limits' as const, object: 'statement_timeout', position: null }];
    expect(run(agent, { ...parts, hazards }).effect).toBe('deny');
    expect(run(developer, { ...parts, hazards }).effect).toBe('allow');
  });
});

describe('writes-need-approval', () => {
  it('holds a write to a classified table in production for its owner', () => {
    const decision = run(developer, update('public.customers'));
    expect(decision.effect).toBe('approve');
    expect(decision.approval).toMatchObject({
      rule: 'writes-need-approval/owner-approves',
      owners: true,
      ownerOf: ['public.customers'],
    });
  });

  it('holds an owner’s own write as well', () => {
    expect(run(owner, update('public.customers')).effect).toBe('approve');
  });

  it('lets it pass in development', () => {
    expect(run(developer, update('public.customers'), dev).effect).toBe('allow');
  });
});

describe('people', () => {
  it('read and do not write what is not classified in production', () => {
    expect(run(developer, read('public.orders')).effect).toBe('allow');
    expect(run(developer, update('public.orders')).effect).toBe('deny');
  });

  it('read and write in development', () => {
    expect(run(developer, read('public.orders'), dev).effect).toBe('allow');
    expect(run(developer, update('public.orders'), dev).effect).toBe('allow');
  });

  it('only read anywhere else', () => {
    const staging = { ...connection, name: 'shop-staging', environment: 'staging' };
    expect(run(developer, read('public.orders'), staging).effect).toBe('allow');
    expect(run(developer, update('public.orders'), staging).effect).toBe('deny');
  });
});

describe('system-catalogs', () => {
  it('lets everybody read them and set up the session', () => {
    for (const who of [developer, agent]) {
      expect(run(who, read('pg_catalog.pg_class')).effect).toBe('allow');
      const parts = { kind: 'set' as const, accesses: [access('session', 'application_name', { verb: 'set' })] };
      expect(run(who, parts).effect).toBe('allow');
    }
  });
});

describe('privileged', () => {
  it.each([
    'copy_program',
    'server_file',
    'foreign_connection',
    'privilege',
    'set_role',
    'alter_system',
    'extension',
    'set_parsing',
    'trigger_disable',
  ] as const)('refuses %s everywhere, for everyone', code => {
    for (const who of [developer, admin, agent]) {
      for (const on of [prod, dev]) expect(run(who, hazard(code), on).effect).toBe('deny');
    }
  });
});

describe('standing-access', () => {
  const may = (principal: Principal, on = prod) => {
    const set = compilePolicies(policies, 1);
    return mayConnect(set, { principal, onBehalfOf: null, connection: on }, { grants: [], nowMs: 0 });
  };

  it('opens the shop to developers and their agents', () => {
    for (const who of [developer, agent]) {
      for (const on of [prod, dev]) expect(may(who, on)).toEqual({ ok: true, value: { grant: null } });
    }
  });

  it('has everybody else, and every other connection, ask', () => {
    expect(may(owner).ok).toBe(false);
    expect(may(developer, { ...connection, name: 'shop-staging' }).ok).toBe(false);
  });

  it('lets a grant open it', () => {
    const grant = { id: uuid(50), identityId: owner.id, connectionId: prod.id, startsAt: 0, expiresAt: 1000 };
    const set = compilePolicies(policies, 1);
    const subject = { principal: owner, onBehalfOf: null, connection: prod };
    expect(mayConnect(set, subject, { grants: [grant], nowMs: 500 })).toEqual({ ok: true, value: { grant } });
    expect(mayConnect(set, subject, { grants: [grant], nowMs: 1000 }).ok).toBe(false);
  });
});

it('denies by default what no policy names', () => {
  const call: Partial<StatementAnalysis> = {
    accesses: [access('call', 'public.do_things', { object: { kind: 'function' } })],
  };
  expect(run(developer, call).effect).toBe('deny');
  expect(run(developer, { accesses: [access('privilege', 'public.orders')] }, dev).effect).toBe('deny');
});
