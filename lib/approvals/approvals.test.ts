/** Requests from filing to the end, against a real control database: nothing is filed twice, run twice, or forgotten. */
import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HeldStatement } from '#core/contract/proxy.ts';
import { enrolTestProxy, heldUpdate } from '#lib/proxies/testing.ts';
import { type Desk, distinctHash, testDesk } from './testing.ts';

const { at, rest, expire, file, decide, detail, claim, auditOf } = testDesk();
let plane: Desk['plane'];
let proxy: Desk['proxy'];
let connectionId: Desk['connectionId'];
let admin: Desk['admin'];
let owner: Desk['owner'];
let reviewer: Desk['reviewer'];
let developer: Desk['developer'];
let agent: Desk['agent'];
beforeAll(() => {
  ({ plane, proxy, connectionId, admin, owner, reviewer, developer, agent } = at());
});

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
    // A proxy that comes back without knowing where it was is told again.
    const fresh = await proxy.stream();
    expect((await fresh.next(next => next.type === 'decided' && next.requestId === held.id)).message).toEqual(message);
    fresh.close();
    const result = { outcome: 'ok', rows: 12_000, sqlstate: null };
    expect((await proxy.rest('POST', `/proxies/self/requests/${held.id}/result`, result)).body.state).toBe('done');
    expect((await proxy.rest('POST', `/proxies/self/requests/${held.id}/result`, result)).body.state).toBe('done');
    const shown = await detail(held.id);
    expect(shown.timeline.map(each => each.type)).toEqual(['created', 'approved', 'executing', 'done']);
    expect(shown.statement?.outcome).toEqual(result);
    expect(shown.timeline.at(-1)?.message).toBe('12,000 rows');
    expect(await auditOf('request.approve', held.id)).toMatchObject([
      { reason: 'because approve', after: { hash: held.hash } },
    ]);
  });

  it('is not run on old news of an approval that was taken back meanwhile', async () => {
    const before = await proxy.stream();
    const { id: seen } = await before.next();
    before.close();
    const revoked = await file();
    await decide(revoked.id, owner);
    await rest('POST', `/requests/${revoked.id}/revoke`, reviewer, { reason: 'no' });
    const unfounded = await file();
    const refiled = await file();
    for (const { id } of [unfounded, refiled]) await decide(id, owner);
    const { sql } = plane.database;
    await sql`update identity set enabled = false where id = ${owner.id}`;
    for (const lastEventId of [seen, undefined]) {
      const stream = await proxy.stream(lastEventId);
      const told = new Map<string, unknown>();
      while (told.size < 2) {
        const { message } = await stream.next(next => next.type === 'decided' && next.requestId !== refiled.id);
        if (message.type !== 'decided' || told.has(message.requestId)) continue;
        if ([revoked.id, unfounded.id].includes(message.requestId)) told.set(message.requestId, message.outcome);
      }
      expect([...told.values()]).toEqual(['revoked', 'revoked']);
      stream.close();
    }
    expect((await proxy.rest('POST', '/proxies/self/requests', refiled)).body.state).toBe('revoked');
    await sql`update identity set enabled = true where id = ${owner.id}`;
    expect((await proxy.rest('POST', '/proxies/self/requests', refiled)).body.state).toBe('revoked');
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

  it('is of no use to an agent while the person who answers for it is disabled', async () => {
    const { sql } = plane.database;
    const enable = (enabled: boolean) => sql`update identity set enabled = ${enabled} where id = ${developer.id}`;
    const ofAgent = await file({ waiting: false, hash: distinctHash(), identityId: agent.id });
    await decide(ofAgent.id, owner);
    await enable(false);
    expect((await claim(ofAgent)).body.requestId).toBeNull();
    await enable(true);
    expect((await claim(ofAgent)).body.requestId).toBe(ofAgent.id);
  });

  it('can be taken back', async () => {
    expect((await rest('POST', `/requests/${held.id}/revoke`, reviewer, { reason: 'no' })).body.state).toBe('revoked');
    expect((await claim(held)).body.requestId).toBeNull();
  });

  it('is there when the session has stopped waiting, before or after the decision', async () => {
    const stop = (waiting: HeldStatement) =>
      proxy.rest('POST', '/proxies/self/requests', { ...waiting, waiting: false });
    const early = await file({ hash: distinctHash() });
    await stop(early);
    await decide(early.id, owner);
    expect((await claim(early)).body.requestId).toBe(early.id);
    const late = await file({ hash: distinctHash() });
    await decide(late.id, owner);
    expect((await claim(late)).body.requestId).toBeNull();
    expect((await stop(late)).body.state).toBe('approved');
    expect((await claim(late)).body.requestId).toBe(late.id);
  });

  it('is not used by a session that waits for its own', async () => {
    const waiting = await file({ hash: distinctHash() });
    await decide(waiting.id, owner);
    expect((await claim(waiting)).body.requestId).toBeNull();
  });
});
