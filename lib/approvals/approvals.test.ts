/** Requests from filing to the end, against a real control database: who may decide, what happens at the same time, what is kept. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { HeldStatement } from '#core/contract/proxy.ts';
import { createContentKey, sealLiterals } from '#core/event/seal.ts';
import { releaseBundle } from '#lib/proxies/bundle.ts';
import { enrolTestProxy, heldUpdate, shopPush, type TestProxy } from '#lib/proxies/testing.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { expireDue } from './jobs.ts';
import { requestDetailSchema, requestListOutputSchema } from './schema.ts';

let plane: TestPlane;
let admin: TestIdentity;
let owner: TestIdentity;
let reviewer: TestIdentity;
let developer: TestIdentity;
let auditor: TestIdentity;
let agent: TestIdentity;
let proxy: TestProxy;
let connectionId: string;

const rest = (method: string, path: string, as: TestIdentity, body?: unknown) => plane.rest(method, path, { as, body });

beforeAll(async () => {
  plane = await testPlane();
  admin = await plane.identity({ roles: ['admin'] });
  owner = await plane.identity({ roles: ['reviewer'], login: 'owner@example.com' });
  reviewer = await plane.identity({ roles: ['reviewer'], login: 'reviewer@example.com' });
  developer = await plane.identity({ roles: ['developer'], login: 'dev@example.com' });
  auditor = await plane.identity({ roles: ['auditor'] });
  agent = await plane.identity({
    kind: 'agent',
    roles: ['developer'],
    ownerId: developer.id,
    login: 'reporting-agent',
  });
  proxy = await enrolTestProxy(plane, admin);
  const body = { name: 'shop-prod', environment: 'production', region: 'eu' };
  connectionId = String((await rest('POST', '/connections', admin, body)).body.id);
  await proxy.rest('PUT', `/proxies/self/catalogs/${connectionId}`, shopPush(connectionId));
  const set = { schema: 'public', relation: 'customers', owner: { identity: owner.id } };
  expect((await rest('PUT', `/catalog/${connectionId}/owners`, admin, set)).status).toBe(200);
});
afterAll(async () => {
  releaseBundle(plane.database.db);
  await plane.close();
});

const expire = () => expireDue({ db: plane.database.db, clock: plane.clock });

async function file(parts: Partial<HeldStatement> = {}): Promise<HeldStatement> {
  const held = heldUpdate({ connectionId, identityId: developer.id, ...parts });
  const answer = await proxy.rest('POST', '/proxies/self/requests', held);
  expect(answer.status).toBe(200);
  return held;
}
const decide = (id: string, as: TestIdentity, verdict = 'approve') =>
  rest('POST', `/requests/${id}/decisions`, as, { verdict, reason: `because ${verdict}` });
const detail = async (id: string, as = owner) =>
  requestDetailSchema.parse((await rest('GET', `/requests/${id}`, as)).body);
const claim = (held: HeldStatement, parts: object = {}) => {
  const { hash, identityId } = held;
  return proxy.rest('POST', '/proxies/self/approvals/claim', { hash, connectionId, identityId, ...parts });
};
const auditOf = async (action: string, id: string) => {
  const { sql } = plane.database;
  const rows = await sql<{ body: string }[]>`select body from event where type = ${action} and target_id = ${id}`;
  return rows.map(row => JSON.parse(row.body));
};
const distinctHash = () => randomUUID().replaceAll('-', '').padEnd(64, '0');

describe('a held statement', () => {
  it('is filed once, however often it is filed', async () => {
    const held = await file();
    const again = await proxy.rest('POST', '/proxies/self/requests', held, { 'idempotency-key': held.id });
    expect(again.body).toMatchObject({ id: held.id, state: 'pending', url: expect.stringContaining(held.id) });
    await decide(held.id, owner);
    const later = await proxy.rest('POST', '/proxies/self/requests', held, { 'idempotency-key': held.id });
    expect(later.body.state).toBe('approved');
    expect(await auditOf('request.file', held.id)).toHaveLength(1);
    const other = await proxy.rest('POST', '/proxies/self/requests', { ...held, hash: 'f'.repeat(64) });
    expect(other.status).toBe(409);
  });

  it('shows who asked, what it touches, who may decide and what could follow', async () => {
    const held = await file({ identityId: agent.id, onBehalfOf: reviewer.id });
    const shown = await detail(held.id);
    expect(shown.summary).toBe('reporting-agent wants to update public.customers on shop-prod');
    expect(shown.chain.map(hop => hop.name)).toEqual(['reviewer@example.com', 'reporting-agent', expect.any(String)]);
    expect(shown.objectDetails).toMatchObject([
      { relation: 'customers', oid: 16400, verbs: ['update'], owner: { type: 'identity', identity: { id: owner.id } } },
    ]);
    expect(shown.level).toBe('confidential');
    expect(shown.approvers.eligible.map(each => each.identity.id)).toEqual([owner.id]);
    expect(shown.approvers.excluded).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ identity: expect.objectContaining({ id: developer.id }), reason: 'owner_of_agent' }),
        expect.objectContaining({ identity: expect.objectContaining({ id: reviewer.id }), reason: 'acts_for' }),
      ]),
    );
    expect(shown.downstream?.nodes.map(node => [node.name, node.hop])).toEqual(
      expect.arrayContaining([
        ['customers', 0],
        ['customer_emails', 1],
        ['find_customer', 1],
        ['orders', 1],
      ]),
    );
  });

  it('takes its impact while it waits', async () => {
    const held = await file();
    const impact = {
      planRows: 12,
      planCost: 3.5,
      exactRows: 10,
      exactMs: 2,
      tableRows: 2000,
      cascades: [],
      triggers: [],
      lock: 'RowExclusiveLock',
      note: null,
      computedAt: 0,
    };
    expect((await proxy.rest('POST', `/proxies/self/requests/${held.id}/impact`, impact)).status).toBe(200);
    const shown = await detail(held.id);
    expect(shown.rows).toEqual({ value: 10, exact: true });
    expect(shown.timeline.map(each => each.type)).toEqual(['created', 'impact']);
  });

  it('runs after approval and tells what became of it; the history stays', async () => {
    const held = await file();
    const stream = await proxy.stream();
    await stream.next();
    const startedMs = performance.now();
    expect((await decide(held.id, owner)).body).toEqual({
      id: held.id,
      state: 'approved',
      votes: { approved: 1, needed: 1 },
    });
    const { message } = await stream.next(next => next.type === 'decided' && next.requestId === held.id);
    expect(message).toEqual({
      type: 'decided',
      requestId: held.id,
      outcome: 'approved',
      by: ['owner@example.com'],
      reason: 'because approve',
    });
    expect(performance.now() - startedMs).toBeLessThan(1000);
    stream.close();
    const result = { outcome: 'ok', rows: 1, sqlstate: null };
    expect((await proxy.rest('POST', `/proxies/self/requests/${held.id}/result`, result)).body.state).toBe('done');
    expect((await proxy.rest('POST', `/proxies/self/requests/${held.id}/result`, result)).body.state).toBe('done');
    const shown = await detail(held.id);
    expect(shown.timeline.map(each => each.type)).toEqual(['created', 'approved', 'executing', 'done']);
    expect(shown.statement?.outcome).toEqual(result);
    expect(await auditOf('request.approve', held.id)).toMatchObject([
      { reason: 'because approve', after: { hash: held.hash } },
    ]);
  });

  it('is over when it is denied', async () => {
    const held = await file();
    expect((await decide(held.id, owner, 'deny')).body.state).toBe('denied');
    expect((await decide(held.id, owner)).status).toBe(409);
    expect((await claim(held)).body).toEqual({ requestId: null });
    const result = { outcome: 'ok', rows: 1, sqlstate: null };
    expect((await proxy.rest('POST', `/proxies/self/requests/${held.id}/result`, result)).status).toBe(409);
  });

  it('expires, tells the proxy, and is kept', async () => {
    const held = await file();
    const stream = await proxy.stream();
    await stream.next();
    plane.clock.advance(60 * 60_000);
    await expire();
    const { message } = await stream.next(next => next.type === 'decided' && next.requestId === held.id);
    expect(message).toMatchObject({ outcome: 'expired' });
    stream.close();
    expect((await detail(held.id)).state).toBe('expired');
    expect((await decide(held.id, owner)).status).toBe(409);
    expect(await auditOf('request.expire', held.id)).toHaveLength(1);
    await expire();
    expect(await auditOf('request.expire', held.id)).toHaveLength(1);
  });

  it('cannot be decided after its time even when nobody has noticed yet', async () => {
    const held = await file();
    plane.clock.advance(60 * 60_000);
    expect((await decide(held.id, owner)).status).toBe(409);
    await expire();
  });

  it('is withdrawn by the client, and by its requester in the console', async () => {
    const first = await file();
    const body = { reason: 'the client cancelled' };
    expect((await proxy.rest('POST', `/proxies/self/requests/${first.id}/withdraw`, body)).body.state).toBe(
      'withdrawn',
    );
    expect((await decide(first.id, owner)).status).toBe(409);
    const second = await file();
    expect((await rest('POST', `/requests/${second.id}/withdraw`, owner, {})).status).toBe(403);
    expect((await rest('POST', `/requests/${second.id}/withdraw`, developer, {})).body.state).toBe('withdrawn');
  });

  it('belongs to the proxy that filed it', async () => {
    const held = await file();
    const other = await enrolTestProxy(plane, admin, 'edge-other');
    expect((await other.rest('POST', `/proxies/self/requests/${held.id}/withdraw`, {})).status).toBe(404);
  });

  it('cannot be filed without end', async () => {
    const noisy = await plane.identity({ kind: 'agent', roles: ['developer'], ownerId: developer.id });
    const { sql } = plane.database;
    const held = await file({ identityId: noisy.id });
    await sql`
      insert into request select (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid()))).*
      from request r, generate_series(1, 99) where r.id = ${held.id}`;
    const answer = await proxy.rest(
      'POST',
      '/proxies/self/requests',
      heldUpdate({ connectionId, identityId: noisy.id }),
    );
    expect([answer.status, answer.body.code]).toEqual([429, 'rate_limited']);
    await sql`update request set state = 'withdrawn' where identity_id = ${noisy.id}`;
  });
});

describe('separation of duties', () => {
  const anyReviewer = {
    approvers: { owners: false, roles: ['reviewer' as const], count: 1, expireMinutes: 60, windowMinutes: 15 },
  };

  it('keeps requesters from deciding their own', async () => {
    const held = await file({ identityId: owner.id, ...anyReviewer, ownerOf: [] });
    const own = await decide(held.id, owner);
    expect([own.status, own.body.detail]).toEqual([403, 'you may not decide this request: you made it']);
    expect((await detail(held.id, owner)).viewer).toMatchObject({ canDecide: false, canWithdraw: true });
    expect((await decide(held.id, reviewer)).status).toBe(200);
  });

  it('keeps the owner of an agent from deciding what it asks', async () => {
    const mine = await plane.identity({ kind: 'agent', ownerId: reviewer.id });
    const held = await file({ identityId: mine.id, ...anyReviewer, ownerOf: [] });
    expect((await decide(held.id, reviewer)).body.detail).toContain('you own the agent that made it');
    expect((await decide(held.id, owner)).status).toBe(200);
  });

  it('keeps a former owner of the agent from it as well', async () => {
    const passed = await plane.identity({ kind: 'agent', ownerId: reviewer.id });
    const held = await file({ identityId: passed.id, ...anyReviewer, ownerOf: [] });
    await plane.database.sql`update identity set owner_id = ${developer.id} where id = ${passed.id}`;
    expect((await decide(held.id, reviewer)).status).toBe(403);
  });

  it('keeps the person an agent acts for from deciding', async () => {
    const held = await file({ identityId: agent.id, onBehalfOf: owner.id });
    expect((await decide(held.id, owner)).body.detail).toContain('the person it was made for');
  });

  it('lets only those decide whom the rule names', async () => {
    const held = await file();
    expect((await decide(held.id, reviewer)).body.detail).toContain('no rule of the request names you');
    expect((await decide(held.id, developer)).status).toBe(403);
    expect((await decide(held.id, auditor)).status).toBe(403);
    expect((await decide(held.id, admin)).status).toBe(403);
  });

  it('lets no agent decide, whatever its roles', async () => {
    const robot = await plane.identity({ kind: 'agent', roles: ['reviewer'], ownerId: reviewer.id });
    const held = await file({ ...anyReviewer, ownerOf: [] });
    expect((await decide(held.id, robot)).status).toBe(403);
  });

  it('needs as many different people as the rule says', async () => {
    const second = await plane.identity({ roles: ['reviewer'] });
    const held = await file({ approvers: { ...anyReviewer.approvers, count: 2 }, ownerOf: [] });
    expect((await decide(held.id, reviewer)).body).toMatchObject({
      state: 'pending',
      votes: { approved: 1, needed: 2 },
    });
    expect((await decide(held.id, reviewer)).body.detail).toContain('you have voted already');
    expect((await decide(held.id, second)).body).toMatchObject({
      state: 'approved',
      votes: { approved: 2, needed: 2 },
    });
  });

  it('needs the owner of every table, not just of one', async () => {
    const set = { schema: 'public', relation: 'orders', owner: { identity: reviewer.id } };
    await rest('PUT', `/catalog/${connectionId}/owners`, admin, set);
    const held = await file({ ownerOf: ['public.customers', 'public.orders'] });
    expect((await decide(held.id, owner)).body.state).toBe('pending');
    expect((await detail(held.id)).approvers.needs[0]?.uncovered).toEqual(['public.orders']);
    expect((await decide(held.id, reviewer)).body.state).toBe('approved');
  });

  it('needs what every rule asks for', async () => {
    const further = [{ rule: 'four-eyes/second', ...anyReviewer, ownerOf: [] }];
    const held = await file({ further });
    expect((await decide(held.id, reviewer)).body.state).toBe('pending');
    expect((await decide(held.id, owner)).body.state).toBe('approved');
  });

  it('lets the owner of a schema stand in for tables without one', async () => {
    const set = { schema: 'public', relation: null, owner: { group: 'data-owners' } };
    const { sql } = plane.database;
    await sql`insert into identity_group (name) values ('data-owners')`;
    await sql`insert into group_member select id, ${reviewer.id} from identity_group where name = 'data-owners'`;
    await rest('PUT', `/catalog/${connectionId}/owners`, admin, set);
    const unowned = await file({ ownerOf: ['public.customer_emails'] });
    expect((await decide(unowned.id, reviewer)).body.state).toBe('approved');
    const owned = await file({ ownerOf: ['public.customers'] });
    expect((await decide(owned.id, reviewer)).status).toBe(403);
  });
});

describe('at the same time', () => {
  it('two decisions: one wins, the other is told who was first', async () => {
    const held = await file({
      approvers: { owners: true, roles: ['reviewer'], count: 1, expireMinutes: 60, windowMinutes: 15 },
    });
    const answers = await Promise.all([decide(held.id, owner), decide(held.id, reviewer, 'deny')]);
    expect(answers.map(answer => answer.status).sort()).toEqual([200, 409]);
    const lost = answers.find(answer => answer.status === 409);
    expect(lost?.body.detail).toMatch(/the request is (approved|denied) already, by (owner|reviewer)@example\.com/);
    const { sql } = plane.database;
    const [votes] = await sql`select count(*)::int as cast from request_vote where request_id = ${held.id}`;
    expect(votes?.cast).toBe(1);
  });

  it('many claims of one approval: one gets it', async () => {
    const held = await file({ waiting: false, hash: distinctHash() });
    await decide(held.id, owner);
    const answers = await Promise.all(Array.from({ length: 8 }, () => claim(held)));
    const got = answers.filter(answer => answer.body.requestId !== null);
    expect(answers.every(answer => answer.status === 200)).toBe(true);
    expect(got.map(answer => answer.body.requestId)).toEqual([held.id]);
    expect((await claim(held)).body.requestId).toBeNull();
    expect(await auditOf('request.claim', held.id)).toHaveLength(1);
  });
});

describe('an approval nobody waits for', () => {
  let held: HeldStatement;
  beforeEach(async () => {
    held = await file({ waiting: false, hash: distinctHash() });
    await decide(held.id, owner);
  });

  it('is for exactly the statement, the identity and the connection', async () => {
    const misses = [{ hash: distinctHash() }, { identityId: agent.id }, { connectionId: randomUUID() }];
    for (const miss of misses) expect((await claim(held, miss)).body.requestId).toBeNull();
    expect((await claim(held)).body.requestId).toBe(held.id);
  });

  it('is over after its window', async () => {
    plane.clock.advance(15 * 60_000);
    expect((await claim(held)).body.requestId).toBeNull();
    await expire();
    expect((await detail(held.id)).state).toBe('expired');
  });

  it('is over when its approver has lost the right', async () => {
    const { sql } = plane.database;
    await sql`update identity set enabled = false where id = ${owner.id}`;
    expect((await claim(held)).body.requestId).toBeNull();
    await sql`update identity set enabled = true where id = ${owner.id}`;
    expect((await detail(held.id)).state).toBe('revoked');
  });

  it('is over when its requester is disabled', async () => {
    const { sql } = plane.database;
    await sql`update identity set enabled = false where id = ${developer.id}`;
    expect((await claim(held)).body.requestId).toBeNull();
    await sql`update identity set enabled = true where id = ${developer.id}`;
  });

  it('can be taken back', async () => {
    expect((await rest('POST', `/requests/${held.id}/revoke`, reviewer, { reason: 'no' })).body.state).toBe('revoked');
    expect((await claim(held)).body.requestId).toBeNull();
  });

  it('is not used by a session that waits for its own', async () => {
    const waiting = await file({ hash: distinctHash() });
    await decide(waiting.id, owner);
    expect((await claim(waiting)).body.requestId).toBeNull();
  });
});

describe('literals', () => {
  it('are opened for those who decide, with a reason, and that is recorded', async () => {
    const literalsKey = (await proxy.bundle())?.bundle.keys.literals;
    const contentKey = await createContentKey(literalsKey);
    const literals = sealLiterals(contentKey, ['someone@example.com', '42']);
    const held = await file({ literals, literalsJwe: contentKey.jwe });
    const open = (as: TestIdentity) =>
      rest('POST', `/requests/${held.id}/literals`, as, { reason: 'to see which row' });
    expect((await open(reviewer)).status).toBe(403);
    expect((await open(developer)).status).toBe(403);
    expect((await open(owner)).body).toEqual({ literals: ['someone@example.com', '42'] });
    const [entry] = await auditOf('request.read_literals', held.id);
    expect(entry).toMatchObject({ reason: 'to see which row', after: { count: 2 } });
    expect(JSON.stringify(entry)).not.toContain('someone@example.com');
    expect((await detail(held.id)).timeline.at(-1)).toMatchObject({ type: 'literals_read', actor: { id: owner.id } });
  });
});

describe('the list', () => {
  const list = async (as: TestIdentity, query: string) =>
    requestListOutputSchema.parse((await rest('GET', `/requests?${query}`, as)).body);

  it('has tabs that count what they hold', async () => {
    const { sql } = plane.database;
    await sql`update request set state = 'withdrawn' where state = 'pending'`;
    const mine = await file();
    const agents = await file({ identityId: agent.id });
    const forOwner = await list(owner, 'tab=needs_me');
    expect(forOwner.items.map(item => item.id).sort()).toEqual([mine.id, agents.id].sort());
    expect(forOwner.counts).toMatchObject({ needs_me: 2, team: 2 });
    expect(forOwner.items[0]?.canDecide).toBe(true);
    expect((await list(reviewer, 'tab=needs_me')).counts).toMatchObject({ needs_me: 0, team: 2 });
    const forDeveloper = await list(developer, 'tab=mine&state=pending');
    expect(forDeveloper.items.map(item => item.id).sort()).toEqual([mine.id, agents.id].sort());
  });

  it('shows people only what they may see', async () => {
    const stranger = await plane.identity({ roles: ['developer'] });
    const held = await file();
    expect((await list(stranger, 'tab=team')).items).toEqual([]);
    expect((await rest('GET', `/requests/${held.id}`, stranger)).status).toBe(404);
    expect((await rest('GET', `/requests/${randomUUID()}`, stranger)).body).toEqual({
      ...(await rest('GET', `/requests/${held.id}`, stranger)).body,
      instance: expect.any(String),
    });
    expect((await rest('GET', `/requests/${held.id}`, auditor)).status).toBe(200);
  });

  it('searches on the server and pages without gaps', async () => {
    const marked: HeldStatement[] = [];
    for (let index = 0; index < 5; index += 1)
      marked.push(await file({ text: `update public.customers set note = :text /* 50%_off ${index} */` }));
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: z.infer<typeof requestListOutputSchema> = await list(
        owner,
        `tab=team&q=${encodeURIComponent('50%_off')}&limit=2&cursor=${cursor}`,
      );
      seen.push(...page.items.map(item => item.id));
      cursor = page.nextCursor;
    }
    expect(seen.sort()).toEqual(marked.map(held => held.id).sort());
    expect((await list(owner, 'tab=team&q=500')).items).toEqual([]);
    expect((await rest('GET', '/requests?cursor=nonsense', owner)).status).toBe(400);
  });

  it('keeps precedents at hand', async () => {
    const fingerprint = 'c'.repeat(64);
    const before = await file({ fingerprint });
    await decide(before.id, owner, 'deny');
    const now = await file({ fingerprint });
    expect((await detail(now.id)).precedent).toMatchObject([
      { id: before.id, state: 'denied', reason: 'because deny', decidedBy: [{ id: owner.id }] },
    ]);
  });
});
