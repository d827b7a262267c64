/** Agents that act for people: what either side may not is not had, whatever somebody else was answered to the same text. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '#core/identity/principal.ts';
import { type Policy, policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import type { SessionIdentity } from '../ports.ts';
import { testIdentity } from '../postgres/proxy-testing.ts';
import { cellsOf, fieldsOf, type Heard, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const policy = (document: unknown): Policy => policySchema.parse(document);
const redact = { id: 'all', effect: 'mask', objects: { level: 'confidential' }, mask: { kind: 'redact' } };
const masking = policy({ name: 'masking', except: { groups: ['trusted'] }, rules: [redact] });
const agentsMasked = policy({ name: 'agents', identities: { kinds: ['agent'] }, rules: [redact] });
const asking = (name: string, role: string, identities: object): Policy =>
  policy({
    name,
    identities,
    rules: [{ id: 'writes', effect: 'approve', actions: ['write'], approvers: { roles: [role] } }],
  });
const budget = policy({
  name: 'budget',
  identities: { kinds: ['user'] },
  rules: [{ id: 'rows', effect: 'limit', budget: { windowMinutes: 1440, rows: 10 } }],
});

const person = (digit: number, login: string, groups: string[]): Principal => ({
  ...testIdentity.principal,
  id: `00000000-0000-4000-8000-0000000000a${digit}`,
  login,
  groups,
});
const developer = person(1, 'dev@example.com', []);
const trusted = person(2, 'trusted@example.com', ['trusted']);
const agent: Principal = { ...person(3, 'bot', ['trusted']), kind: 'agent', ownerId: developer.id };

const of = (principal: Principal, onBehalfOf: Principal | null = null): SessionIdentity => ({
  ...testIdentity,
  principal,
  onBehalfOf,
});
const sides: Readonly<Record<string, SessionIdentity>> = {
  developer: of(developer),
  trusted: of(trusted),
  agent: of(agent),
  'agent for developer': of(agent, developer),
  'agent for trusted': of(agent, trusted),
};
type Who = keyof typeof sides;

const sql = `
  create table people (id int primary key, ssn text);
  insert into people select i, 'secret-' || i from generate_series(1, 20) i`;

let proxy: Governed;
let clients: Record<Who, WireClient>;
beforeAll(async () => {
  proxy = await startGoverned({
    upstreamUrl: (await targetDatabase({ sql })).url,
    policies: [allowAll],
    labels: { 'public.people.ssn': 'pii.free_text' },
    // The password says who it is.
    listener: {
      authenticate: async ({ password }) =>
        sides[password]
          ? { ok: true, value: sides[password] }
          : { ok: false, error: { code: 'unauthenticated', message: 'no' } },
    },
  });
});
afterAll(() => proxy.close());

const names = Object.keys(sides);
beforeEach(async () => {
  proxy.apply([allowAll]);
  for (const client of Object.values(clients ?? {})) client.close();
  await expect.poll(() => proxy.listener.sessionCount).toBe(0);
  clients = {};
  for (const who of names) clients[who] = await WireClient.through(proxy.port, { password: who });
});

const clientOf = (who: Who): WireClient => clients[who] as WireClient;
const rows = (heard: Heard[]) => heard.filter(({ type }) => type === 'D').map(({ body }) => cellsOf(body)[0]);
const errorOf = (heard: Heard[]) => fieldsOf(heard.find(each => each.type === 'E')?.body ?? Buffer.from([0]));
const ask = (who: Who, ...messages: Uint8Array[]) => clientOf(who).ask(...messages);
const refresh = (identities: Readonly<Record<Who, SessionIdentity>>): void => {
  for (const session of proxy.listener.list()) {
    const who = names.find(
      name =>
        sides[name]?.principal.id === session.identity.principal.id &&
        sides[name]?.onBehalfOf?.id === session.identity.onBehalfOf?.id,
    );
    const changed = who === undefined ? undefined : identities[who];
    if (changed !== undefined) session.refresh(changed);
  }
};

describe('one text, asked by several in turn', () => {
  const expected: [string, Policy[], Record<Who, string>][] = [
    [
      'masked for all but a group',
      [allowAll, masking],
      {
        developer: '***',
        trusted: 'secret-1',
        agent: 'secret-1',
        'agent for developer': '***',
        'agent for trusted': 'secret-1',
      },
    ],
    [
      'masked for agents',
      [allowAll, agentsMasked],
      {
        developer: 'secret-1',
        trusted: 'secret-1',
        agent: '***',
        'agent for developer': '***',
        'agent for trusted': '***',
      },
    ],
  ];
  it.each(expected)('is %s', async (_, policies, seen) => {
    proxy.apply(policies);
    const texts = ['select ssn from people where id = 1', 'select ssn from people where id =   1'];
    for (const order of [names, [...names].reverse(), names]) {
      for (const text of texts) {
        for (const who of order) {
          expect([who, rows(await ask(who, say.query(text)))]).toEqual([who, [seen[who]]]);
          const prepared = [
            say.parse(text, 's'),
            say.bind([], { statement: 's' }),
            say.execute(),
            say.closeStatement('s'),
          ];
          expect([who, rows(await ask(who, ...prepared, say.sync))]).toEqual([who, [seen[who]]]);
        }
      }
    }
  });
});

describe('a change of a group, in the middle', () => {
  const person = 'agent for trusted';
  const left = { ...trusted, groups: [] };
  it.each<[string, Uint8Array[], Uint8Array[]]>([
    [
      'a portal',
      [say.parse('select ssn from people order by id'), say.bind([], { portal: 'p' }), say.execute('p', 1)],
      [say.execute('p', 1), say.sync],
    ],
    [
      'a cursor',
      [say.query('declare c cursor for select ssn from people order by id'), say.query('fetch c')],
      [say.query('fetch c')],
    ],
    [
      'a cursor that is held',
      [
        say.query('declare c cursor with hold for select ssn from people order by id'),
        say.query('commit'),
        say.query('fetch c'),
      ],
      [say.query('fetch c')],
    ],
    [
      'a cursor, as a portal',
      [say.query('declare c cursor for select ssn from people order by id'), say.query('fetch c')],
      [say.describePortal('c'), say.execute('c', 1), say.sync],
    ],
    [
      'a prepared statement',
      [
        say.parse('select ssn from people where id < $1 + 2', 's', [23]),
        say.bind(['0'], { statement: 's' }),
        say.execute(),
      ],
      [say.bind(['0'], { statement: 's' }), say.execute(), say.sync],
    ],
    [
      'a statement that SQL prepared',
      [say.query('prepare q as select ssn from people where id = 1'), say.query('execute q')],
      [say.query('execute q')],
    ],
  ])('masks what %s gives', async (_, before, after) => {
    proxy.apply([allowAll, masking]);
    const client = clientOf(person);
    await client.ask(say.query('begin'));
    for (const message of before) if (message[0] === 0x51) expect(errorOf(await client.ask(message))).toEqual({});
    if (before[0]?.[0] !== 0x51) expect(rows(await client.ask(...before, say.sync))).toEqual(['secret-1']);
    refresh({ [person]: of(agent, left) });
    const heard = await client.ask(...after);
    expect([rows(heard), errorOf(heard).M]).toEqual([['***'], undefined]);
    expect(rows(await ask('trusted', say.query('select ssn from people where id = 1')))).toEqual(['secret-1']);
  });
});

describe('approvals', () => {
  const text = 'update people set id = id where id = 1';
  const approve = { outcome: 'approved', by: [], reason: '' } as const;

  it('are for one of them, and no other', async () => {
    proxy.apply([allowAll, asking('ask', 'reviewer', {})]);
    const hashes = new Set<string>();
    for (const who of names) {
      await ask(who, say.query("set weir.wait = 'off'"));
      expect(errorOf(await ask(who, say.query(text))).M).toContain('approval required');
      hashes.add(proxy.desk.filed.at(-1)?.held.hash ?? '');
    }
    expect(hashes.size).toBe(names.length);
  });

  it('are asked of whom either side names', async () => {
    const [first, second] = [
      asking('a', 'reviewer', { kinds: ['agent'] }),
      asking('b', 'admin', { logins: [developer.login] }),
    ];
    proxy.apply([allowAll, first, second]);
    const client = clientOf('agent for developer');
    client.clear();
    client.send(say.query(text));
    await client.until('N');
    const held = proxy.desk.filed.at(-1)?.held;
    expect([held?.rule, ...(held?.further ?? []).map(({ rule }) => rule)].sort()).toEqual(['a/writes', 'b/writes']);
    // The person comes to need more than was asked for.
    proxy.apply([allowAll, first, asking('b', 'auditor', { logins: [developer.login] })]);
    proxy.desk.filed.at(-1)?.decide(approve);
    expect(errorOf(await client.until('Z')).M).toContain('policy or tables changed');
  });

  it('do not cover what the person they are for has come to need', async () => {
    const first = asking('a', 'reviewer', { kinds: ['agent'] });
    const group = asking('g', 'admin', { groups: ['watched'] });
    proxy.apply([allowAll, first, group]);
    const client = clientOf('agent for developer');
    client.clear();
    client.send(say.query(text));
    await client.until('N');
    refresh({ 'agent for developer': of(agent, { ...developer, groups: ['watched'] }) });
    proxy.desk.filed.at(-1)?.decide(approve);
    expect(errorOf(await client.until('Z')).M).toContain('policy or tables changed');
  });
});

describe('budgets', () => {
  it('of the person are drawn from by whoever acts for them, and by nobody else', async () => {
    proxy.apply([allowAll, budget]);
    const ten = say.query('select id from people limit 10');
    const one = say.query('select id from people limit 1');
    expect(rows(await ask('agent', ten))).toHaveLength(10);
    expect(rows(await ask('agent for developer', ten))).toHaveLength(10);
    for (const who of ['agent for developer', 'developer']) expect(errorOf(await ask(who, one)).C).toBe('53400');
    for (const who of ['agent', 'agent for trusted', 'trusted']) expect(rows(await ask(who, one))).toHaveLength(1);
  });
});
