/** Proxies against a real control database: enrolment, their tokens, bundles, the stream, and being cut off. */
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateSigningKey } from '#core/identity/key.ts';
import { issueProxyToken } from '#core/identity/token.ts';
import { proxyTokenUsed } from '#db/schema/proxies.ts';
import { decided, pen, sessionStart } from '#lib/audit/testing.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { bundleLifetimeMs, bundleRenewalMs, releaseBundle } from './bundle.ts';
import { enrolTestProxy, heartbeatOf, heldUpdate, shopPush, type TestProxy } from './testing.ts';

let plane: TestPlane;
let admin: TestIdentity;
let operator: TestIdentity;
let developer: TestIdentity;
let proxy: TestProxy;
let connectionId: string;

beforeAll(async () => {
  plane = await testPlane();
  admin = await plane.identity({ roles: ['admin'] });
  operator = await plane.identity({ roles: ['operator'] });
  developer = await plane.identity({ roles: ['developer'], login: 'dev@example.com' });
  proxy = await enrolTestProxy(plane, operator);
  const body = { name: 'shop-prod', environment: 'production', region: 'eu' };
  connectionId = String((await plane.rest('POST', '/connections', { as: operator, body })).body.id);
});
afterAll(async () => {
  releaseBundle(plane.database.db);
  await plane.close();
});

const auditOf = async (action: string) => {
  const rows = await plane.database.sql<{ body: string }[]>`select body from event where type = ${action} order by seq`;
  return rows.map(row => JSON.parse(row.body));
};

describe('enrolment', () => {
  const enrol = async (token: string, name = 'edge-9', publicKey?: object) => {
    const key = publicKey ?? (await generateSigningKey()).public;
    const body = { token, name, version: '1', host: 'h', publicKey: key };
    return plane.rest('POST', '/proxies/enrol', { body });
  };
  const tokenFor = async (body: object = {}) =>
    (await plane.rest('POST', '/enrolments', { as: operator, body })).body as unknown as { token: string; id: string };

  it('takes a token once', async () => {
    const { token } = await tokenFor();
    expect((await enrol(token)).status).toBe(200);
    const again = await enrol(token);
    expect(again.status).toBe(401);
    expect(again.body.code).toBe('unauthenticated');
  });

  it('lets one of two proxies with the same token in', async () => {
    const { token } = await tokenFor();
    const answers = await Promise.all([enrol(token, 'edge-a'), enrol(token, 'edge-b')]);
    expect(answers.map(answer => answer.status).sort()).toEqual([200, 401]);
  });

  it('refuses expired, revoked and made-up tokens alike, and the wrong name', async () => {
    const expired = await tokenFor({ ttlMinutes: 1 });
    plane.clock.advance(61_000);
    const revoked = await tokenFor();
    expect((await plane.rest('POST', `/enrolments/${revoked.id}/revoke`, { as: operator, body: {} })).status).toBe(200);
    const answers = await Promise.all([enrol(expired.token), enrol(revoked.token), enrol('x'.repeat(40))]);
    expect(answers.map(answer => [answer.status, answer.body.detail])).toEqual(
      Array.from({ length: 3 }, () => [401, 'the enrolment token is unknown, used, revoked or expired']),
    );
    const named = await tokenFor({ name: 'edge-eu' });
    expect((await enrol(named.token, 'edge-us')).status).toBe(403);
    expect((await enrol(named.token, 'edge-eu')).status).toBe(200);
  });

  it('takes no private and no other key', async () => {
    const { token } = await tokenFor();
    const { private: secret } = await generateSigningKey();
    expect((await enrol(token, 'edge-9', secret)).status).toBe(400);
    expect((await enrol(token, 'edge-9', { kty: 'RSA', kid: 'k', n: 'x', e: 'AQAB' })).status).toBe(400);
  });

  it('keeps the token nowhere', async () => {
    const { token } = await tokenFor({ name: 'edge-quiet' });
    const [row] = await plane.database.sql`
      select count(*)::int as found from (select body from event union all select t::text from enrolment t) x(body)
      where body like ${`%${token}%`}`;
    expect(row?.found).toBe(0);
  });
});

describe('tokens of a proxy', () => {
  const get = (bearer: string) => plane.rest('GET', '/proxies/self/bundle', { as: { bearer } });

  it('are good for one request', async () => {
    const { bearer } = await proxy.bearer();
    expect((await get(bearer)).status).toBe(200);
    expect((await get(bearer)).status).toBe(401);
  });

  it('are refused when another key signed them, when they live too long, and when they are old', async () => {
    const nowMs = plane.clock.now().getTime();
    const stranger = await generateSigningKey();
    const forged = await issueProxyToken({ proxyId: proxy.id, id: randomUUID(), nowMs }, stranger.private);
    expect((await get(forged)).status).toBe(401);
    const old = await issueProxyToken(
      { proxyId: proxy.id, id: randomUUID(), nowMs: nowMs - 120_000 },
      proxy.key.private,
    );
    expect((await get(old)).status).toBe(401);
    const unknown = await issueProxyToken({ proxyId: randomUUID(), id: randomUUID(), nowMs }, proxy.key.private);
    expect((await get(unknown)).status).toBe(401);
  });

  it('open nothing that is for people, and people open nothing that is for proxies', async () => {
    expect((await plane.rest('GET', '/proxies', { as: await proxy.bearer() })).status).toBe(403);
    expect((await plane.rest('GET', '/proxies/self/bundle', { as: admin })).status).toBe(403);
    expect((await plane.rest('GET', '/proxies/self/bundle')).status).toBe(401);
  });

  it('are forgotten when they have expired', async () => {
    plane.clock.advance(300_000);
    expect((await proxy.rest('POST', '/proxies/self/heartbeat', heartbeat())).status).toBe(200);
    const left = await plane.database.db.select().from(proxyTokenUsed);
    expect(left.filter(row => row.proxyId === proxy.id)).toHaveLength(1);
  });
});

const heartbeat = (parts: object = {}) => heartbeatOf(connectionId, parts);

describe('the bundle', () => {
  const publish = async (name: string, reads = '[read]') => {
    const yaml = `name: ${name}\nrules:\n  - { id: r, effect: allow, actions: ${reads} }\n`;
    const answer = await plane.rest('PUT', `/policies/${name}`, { as: admin, body: { yaml, expectedVersion: null } });
    expect(answer.status).toBe(200);
  };

  it('changes its version when its content changes, and at no other time', async () => {
    const first = await proxy.bundle();
    expect(await proxy.bundle(first?.etag)).toBeNull();
    // A heartbeat, an edit that changes nothing in it, an enrolment: no content.
    await proxy.rest('POST', '/proxies/self/heartbeat', heartbeat());
    await plane.rest('POST', '/enrolments', { as: operator, body: {} });
    const body = { description: 'The shop', expectedVersion: 1 };
    expect((await plane.rest('PATCH', `/connections/${connectionId}`, { as: operator, body })).status).toBe(200);
    const same = await proxy.bundle();
    expect(same?.bundle).toEqual(first?.bundle);
    await publish('reads');
    const next = await proxy.bundle(first?.etag);
    expect(next?.bundle.version).toBe((first?.bundle.version ?? 0) + 1);
    expect(next?.bundle.policies.map(policy => policy.name)).toContain('reads');
    expect(next?.bundle.policyVersion).toBe((first?.bundle.policyVersion ?? 0) + 1);
  });

  it('leaves drafts out', async () => {
    const yaml = 'name: draft-one\nmode: draft\nrules:\n  - { id: r, effect: allow, actions: [write] }\n';
    await plane.rest('PUT', '/policies/draft-one', { as: admin, body: { yaml, expectedVersion: null } });
    expect((await proxy.bundle())?.bundle.policies.map(policy => policy.name)).not.toContain('draft-one');
  });

  it('carries a token that was revoked after its time: a session that it opened may go on', async () => {
    const issued = await plane.rest('POST', '/tokens', { as: developer, body: { ttlMinutes: 1 } });
    const jti = String(issued.body.jti);
    plane.clock.advance(2 * 60_000);
    const revoked = async () => (await proxy.bundle())?.bundle.revokedTokens;
    expect(await revoked()).not.toContain(jti);
    expect((await plane.rest('POST', `/tokens/${jti}/revoke`, { as: developer, body: {} })).status).toBe(200);
    expect(await revoked()).toContain(jti);
    plane.clock.advance(25 * 3_600_000);
    expect(await revoked()).not.toContain(jti);
  });

  it('carries identities with their own groups and roles', async () => {
    const { sql } = plane.database;
    await sql`insert into identity_group (name) values ('engineering'), ('finance')`;
    await sql`insert into group_member select id, ${developer.id} from identity_group where name = 'engineering'`;
    await sql`insert into group_member select id, ${admin.id} from identity_group`;
    const { transact, publish } = await import('#lib/transaction.ts');
    await transact({ db: plane.database.db, clock: plane.clock }, async tx =>
      publish(tx, { topic: 'bundle', key: '', payload: { reason: 'group' } }),
    );
    const { identities = [] } = (await proxy.bundle())?.bundle ?? {};
    const groupsOf = (id: string) => identities.find(each => each.id === id)?.groups;
    expect(groupsOf(developer.id)).toEqual(['engineering']);
    expect(groupsOf(admin.id)).toEqual(['engineering', 'finance']);
    expect(groupsOf(operator.id)).toEqual([]);
    expect(identities.find(each => each.id === developer.id)?.roles).toEqual(['developer']);
  });

  it('is good for no longer than a bundle may be, also after a clock was set back', async () => {
    plane.clock.advance(5 * 86_400_000);
    const fresh = await proxy.bundle();
    expect(fresh?.bundle.expiresAt).toBeGreaterThan(plane.clock.now().getTime());
    plane.clock.advance(-5 * 86_400_000);
    const after = await proxy.bundle();
    expect(after?.bundle.expiresAt).toBe(plane.clock.now().getTime() + bundleLifetimeMs);
  });

  it('is renewed well before it expires, under the same version', async () => {
    const before = await proxy.bundle();
    plane.clock.advance(bundleRenewalMs + 1000);
    const after = await proxy.bundle(before?.etag);
    expect(after?.bundle.version).toBe(before?.bundle.version);
    expect(after?.bundle.expiresAt).toBeGreaterThan(before?.bundle.expiresAt ?? 0);
  });

  it('holds a long poll until something changes', async () => {
    const before = await proxy.bundle();
    const headers = { 'if-none-match': before?.etag ?? '' };
    const poll = proxy.rest('GET', '/proxies/self/bundle?wait=20', undefined, headers);
    await publish('later');
    const answer = await poll;
    expect(answer.status).toBe(200);
    const quick = await proxy.rest('GET', '/proxies/self/bundle?wait=1', undefined, {
      'if-none-match': answer.headers.get('etag') ?? '',
    });
    expect(quick.status).toBe(304);
  });

  it('is the same from every replica', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => proxy.bundle()));
    expect(new Set(answers.map(answer => answer?.etag)).size).toBe(1);
  });

  it('keeps its keys out of the database in clear', async () => {
    const mask = (await proxy.bundle())?.bundle.keys.mask ?? 'none';
    const [row] = await plane.database.sql`
      select count(*)::int as found from (
        select t::text from bundle t union all select t::text from control_key t union all select body from event) x(body)
      where body like ${`%${mask}%`}`;
    expect(row?.found).toBe(0);
  });
});

describe('the stream', () => {
  const isKill = (message: { type: string }) => message.type === 'kill';
  const kill = async (to: string, sessionId: string) => {
    const { transact, publish } = await import('#lib/transaction.ts');
    const { db } = plane.database;
    await transact({ db, clock: plane.clock }, async tx =>
      publish(tx, { topic: 'proxy', key: to, payload: { type: 'kill', sessionId, reason: 'test' } }),
    );
  };

  it('begins with the bundle there is, and says when there is another within a second', async () => {
    const stream = await proxy.stream();
    const first = await stream.next();
    expect(first.message.type).toBe('bundle');
    const current = (await proxy.bundle())?.bundle.version ?? 0;
    const startedMs = performance.now();
    const made = await plane.rest('POST', '/connections', {
      as: operator,
      body: { name: 'shop-dev', environment: 'development', region: 'eu' },
    });
    expect(made.status).toBe(200);
    const { message } = await stream.next(next => next.type === 'bundle' && next.version > current);
    expect(message).toEqual({ type: 'bundle', version: current + 1 });
    expect(performance.now() - startedMs).toBeLessThan(1000);
    stream.close();
  });

  it('carries on where it was left, and brings only what is for this proxy', async () => {
    const other = await enrolTestProxy(plane, operator, 'edge-2');
    const stream = await proxy.stream();
    const sessions = [randomUUID(), randomUUID(), randomUUID()];
    await kill(proxy.id, sessions[0] ?? '');
    const seen = await stream.next(isKill);
    expect(seen.message).toMatchObject({ sessionId: sessions[0] });
    stream.close();
    await kill(other.id, randomUUID());
    await kill(proxy.id, sessions[1] ?? '');
    await kill(proxy.id, sessions[2] ?? '');
    const resumed = await proxy.stream(seen.id);
    const rest = [await resumed.next(isKill), await resumed.next(isKill)];
    expect(rest.map(each => (each.message.type === 'kill' ? each.message.sessionId : ''))).toEqual(sessions.slice(1));
    resumed.close();
  });

  it('gives the present state to who asks from too far back', async () => {
    const stream = await proxy.stream('0');
    expect((await stream.next()).message.type).toBe('bundle');
    stream.close();
  });
});

describe('catalogs, events and heartbeats', () => {
  it('takes a catalog, skips an unchanged one, and refuses one of an unknown connection', async () => {
    const path = `/proxies/self/catalogs/${connectionId}`;
    const first = await proxy.rest('PUT', path, shopPush(connectionId));
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ changed: true, relations: { added: 3, changed: 0, removed: 0 } });
    expect((await proxy.rest('PUT', path, shopPush(connectionId))).body).toMatchObject({ changed: false });
    expect(await auditOf('catalog.push')).toHaveLength(1);
    const nowhere = randomUUID();
    expect((await proxy.rest('PUT', `/proxies/self/catalogs/${nowhere}`, shopPush(nowhere))).status).toBe(404);
  });

  it('stores events once, gzipped or not', async () => {
    const { write } = pen(plane.clock, proxy.id);
    const session = randomUUID();
    const lines = [write(sessionStart(session)), write(decided(session, 1))];
    const ndjson = lines.map(line => JSON.stringify(line)).join('\n');
    const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
    const push = async () =>
      plane.rest('POST', '/proxies/self/events', { as: await proxy.bearer(), body: gzipSync(ndjson), headers });
    expect((await push()).body).toEqual({ acknowledged: 2 });
    expect((await push()).body).toEqual({ acknowledged: 2 });
    const [row] = await plane.database.sql`select count(*)::int as stored from event where source = ${proxy.id}`;
    expect(row?.stored).toBe(2);
  });

  it('refuses too many events at once', async () => {
    const body = Array.from({ length: 1001 }, () => '{}').join('\n');
    const headers = { 'content-type': 'application/x-ndjson' };
    const answer = await plane.rest('POST', '/proxies/self/events', { as: await proxy.bearer(), body, headers });
    expect(answer.status).toBe(413);
  });

  it('shows health by what the proxy reports and by what it leaves out', async () => {
    const current = (await proxy.bundle())?.bundle.version ?? 0;
    const shown = async () => (await plane.rest('GET', `/proxies/${proxy.id}`, { as: operator })).body;
    await proxy.rest('POST', '/proxies/self/heartbeat', heartbeat({ bundleVersion: current }));
    expect(await shown()).toMatchObject({ state: 'online', bundle: { lag: 0, lagSeconds: 0 } });
    await proxy.rest('POST', '/proxies/self/heartbeat', heartbeat({ bundleVersion: current - 1 }));
    plane.clock.advance(5000);
    expect(await shown()).toMatchObject({ state: 'behind', bundle: { lag: 1 } });
    plane.clock.advance(60_000);
    expect(await shown()).toMatchObject({ state: 'offline' });
    const list = await plane.rest('GET', '/proxies?state=offline&q=edge-1', { as: operator });
    expect(list.body.items).toHaveLength(1);
    const connection = await plane.rest('GET', `/connections/${connectionId}`, { as: developer });
    expect(connection.body.proxies).toEqual([]);
  });
});

describe('a revoked proxy', () => {
  it('is given no bundle that it had begun to wait for', async () => {
    const doomed = await enrolTestProxy(plane, operator, 'edge-4');
    const etag = (await doomed.bundle())?.etag ?? '';
    const poll = doomed.rest('GET', '/proxies/self/bundle?wait=20', undefined, { 'if-none-match': etag });
    await plane.rest('POST', `/proxies/${doomed.id}/revoke`, { as: operator, body: { reason: 'lost' } });
    const body = { name: 'shop-later', environment: 'production', region: 'eu' };
    await plane.rest('POST', '/connections', { as: operator, body });
    expect(await poll).toMatchObject({ status: 401, body: { code: 'token_revoked' } });
  });

  it('is cut off at once: stream, requests, what it held', async () => {
    const doomed = await enrolTestProxy(plane, operator, 'edge-3');
    const stream = await doomed.stream();
    await stream.next();
    const held = heldUpdate({ connectionId, identityId: developer.id });
    expect((await doomed.rest('POST', '/proxies/self/requests', held)).body.state).toBe('pending');
    const startedMs = performance.now();
    const body = { reason: 'the host was stolen' };
    expect((await plane.rest('POST', `/proxies/${doomed.id}/revoke`, { as: operator, body })).status).toBe(200);
    const { message } = await stream.next(next => next.type === 'revoked');
    expect(message).toEqual({ type: 'revoked', reason: 'the host was stolen' });
    await stream.ended();
    expect(performance.now() - startedMs).toBeLessThan(1000);
    const after = await doomed.rest('GET', '/proxies/self/bundle');
    expect([after.status, after.body.code]).toEqual([401, 'token_revoked']);
    expect((await doomed.rest('POST', '/proxies/self/requests', held)).status).toBe(401);
    const request = await plane.rest('GET', `/requests/${held.id}`, { as: developer });
    expect(request.body.state).toBe('withdrawn');
    expect((await auditOf('proxy.revoke')).at(-1)).toMatchObject({ reason: 'the host was stolen' });
    expect((await plane.rest('POST', `/proxies/${doomed.id}/revoke`, { as: operator, body })).status).toBe(409);
  });
});

it('shows proxies to nobody without the permission', async () => {
  expect((await plane.rest('GET', '/proxies', { as: developer })).status).toBe(403);
  expect((await plane.rest('POST', '/enrolments', { as: developer, body: {} })).status).toBe(403);
});
