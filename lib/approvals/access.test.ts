/** Access on request, against a real control database: who decides, when it starts and ends, and how fast a revocation travels. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { releaseBundle } from '#lib/proxies/bundle.ts';
import { enrolTestProxy, type TestProxy } from '#lib/proxies/testing.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { expireDue } from './jobs.ts';
import { accessMineOutputSchema, grantListOutputSchema, requestDetailSchema } from './schema.ts';

let plane: TestPlane;
let admin: TestIdentity;
let reviewer: TestIdentity;
let second: TestIdentity;
let developer: TestIdentity;
let proxy: TestProxy;
let shop: string;
let staging: string;

const rest = (method: string, path: string, as: TestIdentity, body?: unknown) => plane.rest(method, path, { as, body });

beforeAll(async () => {
  plane = await testPlane();
  admin = await plane.identity({ roles: ['admin'] });
  reviewer = await plane.identity({ roles: ['reviewer'] });
  second = await plane.identity({ roles: ['reviewer'] });
  developer = await plane.identity({ roles: ['developer'], login: 'dev@example.com' });
  proxy = await enrolTestProxy(plane, admin);
  const connection = async (name: string) => {
    const body = { name, environment: 'staging', region: 'eu' };
    return String((await rest('POST', '/connections', admin, body)).body.id);
  };
  [shop, staging] = [await connection('shop'), await connection('shop-staging')];
  const yaml = [
    'name: standing',
    'connections: { names: [shop] }',
    'identities: { roles: [developer] }',
    'rules:',
    '  - { id: connect, effect: allow, actions: [connect] }',
    '  - { id: read, effect: allow, actions: [read] }',
  ].join('\n');
  await rest('PUT', '/policies/standing', admin, { yaml, expectedVersion: null });
});
afterAll(async () => {
  releaseBundle(plane.database.db);
  await plane.close();
});

const expire = () => expireDue({ db: plane.database.db, clock: plane.clock });
const ask = (as: TestIdentity, parts: object = {}) =>
  rest('POST', '/access/requests', as, {
    connectionId: staging,
    durationMinutes: 30,
    reason: 'to look into a report',
    ...parts,
  });
const decide = (id: string, as: TestIdentity, verdict = 'approve') =>
  rest('POST', `/requests/${id}/decisions`, as, { verdict, reason: 'agreed' });
const grants = async (as: TestIdentity, tab = 'active') =>
  grantListOutputSchema.parse((await rest('GET', `/grants?tab=${tab}`, as)).body);
const bundled = async () => (await proxy.bundle())?.bundle.grants ?? [];

async function granted(as = developer): Promise<{ requestId: string; grantId: string }> {
  const requestId = String((await ask(as)).body.id);
  expect((await decide(requestId, reviewer)).body.state).toBe('approved');
  const { access } = requestDetailSchema.parse((await rest('GET', `/requests/${requestId}`, reviewer)).body);
  return { requestId, grantId: access?.grant?.id ?? '' };
}

describe('asking', () => {
  it('says what the caller has', async () => {
    const mine = accessMineOutputSchema.parse((await rest('GET', '/connections/mine', developer)).body);
    expect(mine.items.map(item => [item.connection.name, item.access])).toEqual([
      ['shop', 'standing'],
      ['shop-staging', 'none'],
    ]);
    expect(mine.items[0]?.rights).toEqual(['you may read everything']);
    expect(mine.items[1]?.rights).toEqual(['no policy allows you anything here yet']);
  });

  it('is needless where access is standing, and once is enough', async () => {
    expect((await ask(developer, { connectionId: shop })).status).toBe(409);
    const first = await ask(developer);
    expect(first.status).toBe(200);
    expect((await ask(developer)).status).toBe(409);
    const mine = accessMineOutputSchema.parse((await rest('GET', '/connections/mine?q=staging', developer)).body);
    expect(mine.items[0]).toMatchObject({ access: 'requested', requestId: first.body.id });
    await rest('POST', `/requests/${first.body.id}/withdraw`, developer, {});
  });

  it('needs a reason and a duration within bounds', async () => {
    expect((await ask(developer, { reason: ' ' })).status).toBe(400);
    expect((await ask(developer, { durationMinutes: 7 * 24 * 60 + 1 })).status).toBe(400);
  });

  it('is possible for own agents, and nobody else’s', async () => {
    const agent = await plane.identity({ kind: 'agent', ownerId: developer.id });
    const other = await plane.identity({ kind: 'agent', ownerId: reviewer.id });
    expect((await ask(developer, { identityId: other.id })).status).toBe(404);
    const asked = await ask(developer, { identityId: agent.id });
    expect(asked.status).toBe(200);
    expect((await decide(String(asked.body.id), developer)).status).toBe(403);
    await decide(String(asked.body.id), reviewer, 'deny');
  });

  it('is in vain where a rule denies', async () => {
    const yaml =
      'name: closed\nconnections: { names: [shop-staging] }\nidentities: { roles: [auditor] }\nrules:\n  - { id: no, effect: deny, actions: [connect], reason: not for auditors }\n';
    await rest('PUT', '/policies/closed', admin, { yaml, expectedVersion: null });
    const auditor = await plane.identity({ roles: ['auditor', 'developer'] });
    expect((await ask(auditor)).body.detail).toContain('not for auditors');
  });

  it('goes to whom a policy names', async () => {
    const yaml = [
      'name: two-reviewers',
      'connections: { names: [shop-staging] }',
      'identities: { roles: [operator] }',
      'rules:',
      '  - { id: ask, effect: approve, actions: [connect], approvers: { roles: [reviewer], count: 2 } }',
    ].join('\n');
    await rest('PUT', '/policies/two-reviewers', admin, { yaml, expectedVersion: null });
    const operator = await plane.identity({ roles: ['operator'] });
    const id = String((await ask(operator)).body.id);
    expect((await decide(id, admin)).status).toBe(403);
    expect((await decide(id, reviewer)).body.state).toBe('pending');
    expect((await decide(id, second)).body.state).toBe('approved');
  });
});

describe('a grant', () => {
  it('starts with the approval and reaches the bundle', async () => {
    const { grantId } = await granted();
    expect(await bundled()).toContainEqual(
      expect.objectContaining({
        id: grantId,
        identityId: developer.id,
        connectionId: staging,
        expiresAt: plane.clock.now().getTime() + 30 * 60_000,
      }),
    );
    const mine = accessMineOutputSchema.parse((await rest('GET', '/connections/mine?q=staging', developer)).body);
    expect(mine.items[0]).toMatchObject({ access: 'granted', grant: { id: grantId } });
  });

  it('ends when its time is over, once, and the request with it', async () => {
    const { items } = await grants(developer);
    const [grant] = items;
    plane.clock.advance(30 * 60_000);
    const before = (await proxy.bundle())?.bundle.version ?? 0;
    await expire();
    await expire();
    const after = (await proxy.bundle())?.bundle;
    expect(after?.grants.map(each => each.id)).not.toContain(grant?.id);
    expect(after?.version).toBeGreaterThanOrEqual(before);
    expect((await grants(developer, 'ended')).items[0]).toMatchObject({ id: grant?.id, state: 'expired' });
    const request = requestDetailSchema.parse((await rest('GET', `/requests/${grant?.requestId}`, reviewer)).body);
    expect(request.state).toBe('done');
    expect(request.timeline.map(each => each.type)).toEqual(['created', 'approved', 'granted', 'done']);
  });

  it('is cut from the bundle within a second of being revoked, as the proxy hears', async () => {
    const { grantId, requestId } = await granted();
    const stream = await proxy.stream();
    const current = (await proxy.bundle())?.bundle.version ?? 0;
    const startedMs = performance.now();
    const revoked = await rest('POST', `/grants/${grantId}/revoke`, reviewer, { reason: 'no longer needed' });
    expect(revoked.body).toEqual({ id: grantId, state: 'revoked' });
    await stream.next(message => message.type === 'bundle' && message.version > current);
    expect((await bundled()).map(grant => grant.id)).not.toContain(grantId);
    expect(performance.now() - startedMs).toBeLessThan(1000);
    stream.close();
    const request = requestDetailSchema.parse((await rest('GET', `/requests/${requestId}`, reviewer)).body);
    expect(request.state).toBe('revoked');
    expect((await rest('POST', `/grants/${grantId}/revoke`, reviewer, { reason: 'again' })).status).toBe(409);
    const [entry] = await plane.database.sql<{ body: string }[]>`
      select body from event where type = 'grant.revoke' and target_id = ${grantId}`;
    expect(JSON.parse(entry?.body ?? '{}')).toMatchObject({ reason: 'no longer needed', after: { state: 'revoked' } });
  });

  it('is given up by its holder, and ended by nobody who has nothing to do with it', async () => {
    const { grantId } = await granted();
    const stranger = await plane.identity({ roles: ['reviewer'] });
    const revoke = (as: TestIdentity) => rest('POST', `/grants/${grantId}/revoke`, as, { reason: 'done' });
    expect((await revoke(stranger)).status).toBe(404);
    expect((await revoke(developer)).status).toBe(200);
  });

  it('is seen by its holder and by those who decide', async () => {
    await granted();
    const other = await plane.identity({ roles: ['developer'] });
    expect((await grants(other)).items).toEqual([]);
    expect((await grants(developer)).counts.active).toBe(1);
    expect((await grants(second)).items[0]).toMatchObject({ identity: { id: developer.id }, canRevoke: false });
  });
});
