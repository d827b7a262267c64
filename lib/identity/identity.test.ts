/** Identities, groups, tokens, API tokens, device sign-in and web sessions, over REST and a real database. */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyToken } from '#core/identity/token.ts';
import { event } from '#db/schema/audit.ts';
import { clientToken, deviceRequest, identity } from '#db/schema/identity.ts';
import { hashPassword } from '#lib/auth/password.ts';
import { installationKeys } from '#lib/keys.ts';
import { addressHeader, addressProof } from '#lib/orpc/address.ts';
import { allPrincipals } from '#lib/policy/principals.ts';
import { isHeldUp, type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';

let plane: TestPlane;
let admin: TestIdentity;
let dev: TestIdentity;
beforeAll(async () => {
  plane = await testPlane();
  admin = await plane.identity({ roles: ['admin'] });
  dev = await plane.identity({ roles: ['developer'] });
});
afterAll(() => plane.close());

const post = (path: string, as: TestIdentity | undefined, body: unknown = {}) => plane.rest('POST', path, { as, body });

it('makes a person with a link, with which the password is set once', async () => {
  const made = await post('/identities', admin, { kind: 'user', login: 'New@Example.com', displayName: 'New' });
  expect(made.status).toBe(200);
  expect(made.body.identity).toMatchObject({ login: 'new@example.com', signIn: [], enabled: true });
  const link = new URLSearchParams(new URL((made.body.passwordLink as { url: string }).url).hash.slice(1)).get('link');
  expect((await post('/password', undefined, { link, password: 'short' })).body.issues).toMatchObject([
    { path: 'password' },
  ]);
  expect((await post('/password', undefined, { link, password: 'long enough for this' })).status).toBe(200);
  expect((await post('/password', undefined, { link, password: 'long enough for that' })).status).toBe(404);
});

it('refuses a login that is taken, agents without an owner, and fields nobody asked for', async () => {
  const person = { kind: 'user', login: dev.login, displayName: 'X' };
  expect((await post('/identities', admin, person)).status).toBe(409);
  const agent = { kind: 'agent', login: 'bot', displayName: 'Bot' };
  expect((await post('/identities', admin, agent)).body).toMatchObject({ issues: [{ path: 'ownerId' }] });
  const sneaky = { kind: 'user', login: 'x@example.com', displayName: 'X', passwordHash: 'x' };
  expect((await post('/identities', admin, sneaky)).status).toBe(400);
});

it('finds identities by text, kind and page', async () => {
  for (let at = 0; at < 5; at++) await plane.identity({ login: `page-${at}@example.com` });
  const first = await plane.rest('GET', '/identities?q=page-&limit=3', { as: admin });
  const second = await plane.rest('GET', `/identities?q=page-&limit=3&cursor=${first.body.nextCursor}`, { as: admin });
  const logins = [...(first.body.items as { login: string }[]), ...(second.body.items as { login: string }[])];
  expect(logins.map(item => item.login)).toEqual([0, 1, 2, 3, 4].map(at => `page-${at}@example.com`));
  expect(second.body.nextCursor).toBeNull();
  expect((await plane.rest('GET', '/identities?cursor=nonsense', { as: admin })).status).toBe(400);
});

it('keeps people from changing their own power and from removing the last admin', async () => {
  const change = (as: TestIdentity, id: string, body: object) => plane.rest('PATCH', `/identities/${id}`, { as, body });
  expect((await change(admin, admin.id, { roles: ['admin', 'reviewer'] })).status).toBe(403);
  const other = await plane.identity({ roles: ['admin'] });
  expect((await change(other, admin.id, { roles: ['auditor'] })).status).toBe(200);
  const grown = await plane.identity({ roles: ['developer'] });
  await plane.database.db
    .update(identity)
    .set({ roles: ['admin'] })
    .where(eq(identity.id, admin.id));
  expect((await change(admin, other.id, { enabled: false })).status).toBe(200);
  expect((await change(admin, grown.id, { roles: ['auditor'], expectedVersion: 7 })).status).toBe(412);
});

it('refuses an edit of what has changed, by version or by entity tag', async () => {
  const who = await plane.identity({ roles: ['developer'] });
  const path = `/identities/${who.id}`;
  const etag = (await plane.rest('GET', path, { as: admin })).headers.get('etag') ?? '';
  const edit = (headers: Record<string, string>, more: object = {}) =>
    plane.rest('PATCH', path, { as: admin, headers, body: { displayName: 'New', ...more } });
  expect((await edit({ 'if-match': etag })).body).toMatchObject({ version: 2 });
  const stale = await edit({ 'if-match': etag });
  expect([stale.status, stale.body.currentVersion]).toEqual([412, 2]);
  expect((await edit({}, { expectedVersion: 1 })).status).toBe(412);
});

it('ends sessions and API tokens of who is disabled', async () => {
  const who = await plane.identity({ roles: ['developer'] });
  expect((await plane.rest('GET', '/me', { as: who })).status).toBe(200);
  await plane.rest('PATCH', `/identities/${who.id}`, { as: admin, body: { enabled: false } });
  const refused = await plane.rest('GET', '/me', { as: who });
  expect(refused.status).toBe(401);
  expect(refused.body.code).toBe('token_revoked');
});

it('lets nothing in again that was given out before somebody was disabled', async () => {
  const who = await plane.identity({ roles: ['developer'] });
  const change = (enabled: boolean) => plane.rest('PATCH', `/identities/${who.id}`, { as: admin, body: { enabled } });
  const { body: token } = await post('/tokens', who);
  const { body: made } = await post(`/identities/${who.id}/password-link`, admin);
  await change(false);
  await change(true);
  const as = { bearer: String(token.token) };
  expect((await plane.rest('GET', '/connections/mine', { as })).body.code).toBe('token_revoked');
  const [row] = await plane.database.db
    .select()
    .from(clientToken)
    .where(eq(clientToken.jti, String(token.jti)));
  expect(row).toMatchObject({ revokedBy: admin.id, revokedAt: expect.any(Date) });
  const link = new URLSearchParams(new URL(String(made.url)).hash.slice(1)).get('link');
  expect((await post('/password', undefined, { link, password: 'long enough for this' })).status).toBe(404);
});

it('takes from the former owner of an agent what lets them act as it', async () => {
  const former = await plane.identity({ roles: ['developer', 'reviewer'] });
  const next = await plane.identity({ roles: ['developer'] });
  const agent = await plane.identity({ kind: 'agent', ownerId: former.id, roles: ['developer'] });
  const { body: token } = await post('/tokens', former, { identityId: agent.id });
  const as = { bearer: String(token.token) };
  const change = (body: object) => plane.rest('PATCH', `/identities/${agent.id}`, { as: admin, body });
  const { body: device } = await post('/device', undefined, { clientName: 'weir on laptop' });
  expect((await post(`/device/${device.userCode}/approve`, agent)).status).toBe(200);
  await change({ purpose: 'the same owner', ownerId: former.id });
  expect((await plane.rest('GET', '/connections/mine', { as })).status).toBe(200);
  expect((await change({ ownerId: next.id })).status).toBe(200);
  for (const given of [as, agent])
    expect((await plane.rest('GET', '/connections/mine', { as: given })).body.code).toBe('token_revoked');
  const revoked = plane.database.db
    .select()
    .from(clientToken)
    .where(eq(clientToken.jti, String(token.jti)));
  expect(await revoked).toMatchObject([{ revokedBy: admin.id }]);
  const fetched = await post('/device/token', undefined, { deviceCode: device.deviceCode });
  expect(fetched.body).toEqual({ error: 'expired_token' });
  expect((await post('/tokens', next, { identityId: agent.id })).status).toBe(200);
});

type Ask = [string, boolean, number, (agent: TestIdentity, former: TestIdentity) => Promise<{ status: number }>];
const issue: Ask[3] = (agent, former) => post('/tokens', former, { identityId: agent.id });
const issueOfApi: Ask[3] = ({ id }, former) => {
  const input = { identityId: id, name: 'ci', permissions: ['overview:read'] };
  return plane.rpc('identity/apiTokens/create', input, { as: former });
};
it.each<Ask>([
  ['answers to somebody else', true, 404, issue],
  ['answers to somebody else, by which to call the API', true, 404, issueOfApi],
  ['has an owner who is disabled', false, 409, issue],
])('gives out nothing for an agent that at this moment %s', async (_, hasMoved, status, ask) => {
  const { sql } = plane.database;
  const former = await plane.identity({ roles: ['developer'] });
  const agent = await plane.identity({ kind: 'agent', ownerId: former.id, roles: ['developer'] });
  const { asking } = await sql.begin(async other => {
    const id = hasMoved ? agent.id : former.id;
    await other`select from identity where id = ${id} for update`;
    if (hasMoved) await other`update identity set owner_id = ${dev.id} where id = ${id}`;
    else await other`update identity set enabled = false where id = ${id}`;
    const asking = ask(agent, former);
    await isHeldUp(sql);
    return { asking };
  });
  expect((await asking).status).toBe(status);
});

it('does not let who knows the old password undo one that somebody else sets meanwhile', async () => {
  const { sql } = plane.database;
  const who = await plane.identity({ roles: ['developer'] });
  await sql`update identity set password_hash = ${await hashPassword('the one of before')} where id = ${who.id}`;
  const renewed = await hashPassword('the one of after');
  const changed = await sql.begin(async other => {
    await other`update identity set password_hash = ${renewed} where id = ${who.id}`;
    const body = { current: 'the one of before', password: 'the one of a thief' };
    const changing = plane.rpc('identity/passwords/change', body, { as: who });
    await isHeldUp(sql);
    return { changing };
  });
  expect((await changed.changing).status).toBe(400);
  const [row] = await sql`select password_hash as hash from identity where id = ${who.id}`;
  expect(row?.hash).toBe(renewed);
});

it('lets an agent do nothing while the person who answers for it is disabled', async () => {
  const owner = await plane.identity({ roles: ['developer'] });
  const agent = await plane.identity({ kind: 'agent', ownerId: owner.id, roles: ['developer'] });
  const enable = (enabled: boolean) => plane.rest('PATCH', `/identities/${owner.id}`, { as: admin, body: { enabled } });
  const { body: token } = await post('/tokens', owner, { identityId: agent.id });
  const as = { bearer: String(token.token) };
  const seen = async () => {
    const inBundle = (await allPrincipals(plane.database.db)).find(({ id }) => id === agent.id)?.enabled;
    const byApiToken = await plane.rest('GET', '/me', { as: agent });
    const byClientToken = await plane.rest('GET', '/connections/mine', { as });
    return [inBundle, byApiToken.status, byClientToken.status];
  };
  expect(await seen()).toEqual([true, 200, 200]);
  await plane.database.sql`update identity set enabled = false where id = ${owner.id}`;
  expect(await seen()).toEqual([false, 403, 403]);
  await plane.database.sql`update identity set enabled = true where id = ${owner.id}`;
  expect(await seen()).toEqual([true, 200, 200]);
  await enable(false);
  // What that person had given to it might be in other hands, too.
  expect(await seen()).toEqual([false, 401, 401]);
  await enable(true);
  expect(await seen()).toEqual([true, 401, 401]);
});

it('gives a device nothing for somebody who may no longer have it', async () => {
  const who = await plane.identity({ roles: ['developer'] });
  const { body: started } = await post('/device', undefined);
  expect((await post(`/device/${started.userCode}/approve`, who)).status).toBe(200);
  await plane.rest('PATCH', `/identities/${who.id}`, { as: admin, body: { roles: ['auditor'] } });
  const polled = await post('/device/token', undefined, { deviceCode: started.deviceCode });
  expect(polled.body).toEqual({ error: 'access_denied' });
});

it('lets nobody leave a group by deleting it', async () => {
  const other = await plane.identity({ roles: ['admin'] });
  const { body: group } = await post('/groups', other, { name: 'watched', members: [admin.id] });
  expect((await plane.rest('DELETE', `/groups/${group.id}`, { as: admin })).status).toBe(403);
  expect((await plane.rest('DELETE', `/groups/${group.id}`, { as: other })).status).toBe(200);
});

it('says 400 to text that no database takes', async () => {
  const description = { name: 'odd', description: 'a\0b' };
  expect((await post('/groups', admin, description)).status).toBe(400);
  expect((await plane.rest('GET', '/identities?q=%00', { as: admin })).status).toBe(400);
  expect((await post('/device', undefined, { clientName: 'a\0' })).status).toBe(400);
});

it('issues tokens to oneself and one’s own agents, and to nobody else’s', async () => {
  const agent = await plane.identity({ kind: 'agent', ownerId: dev.id, roles: ['developer'] });
  const own = await post('/tokens', dev, { connections: ['shop-prod'], ttlMinutes: 30 });
  const { tokenPublic } = await installationKeys(plane.database.db);
  const verified = await verifyToken(String(own.body.token), tokenPublic, { nowMs: plane.clock.now().getTime() });
  expect(verified).toMatchObject({ ok: true, value: { sub: dev.id, login: dev.login, connections: ['shop-prod'] } });
  const delegated = await post('/tokens', dev, { identityId: agent.id, onBehalfOf: dev.id });
  expect(delegated.status).toBe(200);
  expect((await post('/tokens', dev, { identityId: agent.id, onBehalfOf: admin.id })).status).toBe(400);
  const foreign = await post('/tokens', admin, { identityId: agent.id });
  const unknown = await post('/tokens', admin, { identityId: '11111111-1111-4111-8111-111111111111' });
  expect([foreign.status, { ...foreign.body, instance: '' }]).toEqual([404, { ...unknown.body, instance: '' }]);
  const rows = await plane.database.db
    .select()
    .from(event)
    .where(eq(event.targetId, String(own.body.jti)));
  expect(rows).toHaveLength(1);
  expect(rows[0]?.body).not.toContain(String(own.body.token));
});

it('revokes a token of one’s own, any with the permission, and hides the rest', async () => {
  const stranger = await plane.identity({ roles: ['developer'] });
  const { body } = await post('/tokens', dev);
  expect((await post(`/tokens/${body.jti}/revoke`, stranger)).status).toBe(404);
  expect((await post(`/tokens/${body.jti}/revoke`, admin, { reason: 'lost laptop' })).status).toBe(200);
  const listed = await plane.rest('GET', '/tokens?state=revoked', { as: dev });
  expect(listed.body.items).toMatchObject([{ jti: body.jti, state: 'revoked' }]);
  const [row] = await plane.database.sql`select topic from outbox order by id desc limit 1`;
  expect(row).toEqual({ topic: 'bundle' });
});

it('lets a token for proxies say what may be opened with it, and do nothing else', async () => {
  const dev = await plane.identity({ roles: ['developer'] });
  const { body } = await plane.rest('POST', '/tokens', { as: dev, body: {} });
  const as = { bearer: String(body.token) };
  expect((await plane.rest('GET', '/connections/mine', { as })).status).toBe(200);
  expect((await plane.rest('GET', '/sessions', { as })).status).toBe(403);
  expect((await plane.rest('POST', '/tokens', { as, body: {} })).status).toBe(403);
  const more = { name: 'more', permissions: ['catalog:read', 'token:issue'] };
  expect((await plane.rest('POST', '/api-tokens', { as, body: more })).status).toBe(403);
  expect((await plane.rest('GET', '/tokens', { as })).status).toBe(403);
  expect((await plane.rest('POST', `/tokens/${body.jti}/revoke`, { as, body: {} })).status).toBe(403);
  expect((await plane.rest('GET', '/web-sessions', { as })).status).toBe(403);
  await plane.rest('POST', `/tokens/${body.jti}/revoke`, { as: dev, body: {} });
  expect((await plane.rest('GET', '/connections/mine', { as })).status).toBe(401);
  const forged = `${as.bearer.slice(0, -4)}AAAA`;
  expect((await plane.rest('GET', '/connections/mine', { as: { bearer: forged } })).status).toBe(401);
});

it('lets somebody else change the members of a group, and counts them', async () => {
  const { body: made } = await post('/groups', admin, { name: 'members', members: [dev.id] });
  const read = () => plane.rest('GET', `/groups/${made.id}`, { as: admin });
  expect((await read()).body).toMatchObject({ name: 'members', members: 1, source: 'local' });
  const other = await plane.identity({ roles: ['developer'] });
  const change = (body: object) => plane.rest('PATCH', `/groups/${made.id}`, { as: admin, body });
  expect((await change({ add: [other.id], remove: [dev.id], expectedVersion: made.version })).status).toBe(200);
  expect((await change({ add: [dev.id], expectedVersion: made.version })).status).toBe(412);
  expect((await change({ add: [admin.id] })).status).toBe(403);
  expect((await read()).body.members).toBe(1);
  const { body: members } = await plane.rest('GET', '/identities?group=members', { as: admin });
  expect((members.items as { id: string }[]).map(item => item.id)).toEqual([other.id]);
});

it('repeats a request with the same Idempotency-Key, and shows a secret once only', async () => {
  const headers = { 'idempotency-key': 'group-1' };
  const make = (name: string) => plane.rest('POST', '/groups', { as: admin, body: { name }, headers });
  const [first, second] = await Promise.all([make('analysts'), make('analysts')]);
  expect(first.body).toEqual(second.body);
  expect((await make('others')).status).toBe(409);
  const token = () => plane.rest('POST', '/tokens', { as: dev, body: {}, headers });
  expect((await token()).status).toBe(200);
  const again = await token();
  expect([again.status, again.body.token]).toEqual([409, undefined]);
});

it('signs a device in after a person approved its code', async () => {
  const started = (await post('/device', undefined, { clientName: 'weir on build-7' })).body;
  const poll = () => post('/device/token', undefined, { deviceCode: started.deviceCode });
  expect((await poll()).body).toEqual({ error: 'authorization_pending' });
  expect((await poll()).body).toEqual({ error: 'slow_down' });
  expect((await post('/device/token', dev, { deviceCode: started.deviceCode })).status).toBe(200);
  const asked = await plane.rest('GET', `/device/${String(started.userCode).toLowerCase()}`, { as: dev });
  expect(asked.body).toMatchObject({ clientName: 'weir on build-7', status: 'pending' });
  expect((await post(`/device/${started.userCode}/approve`, dev, { connections: ['shop-dev'] })).status).toBe(200);
  expect((await post(`/device/${started.userCode}/approve`, admin)).status).toBe(409);
  const done = (await poll()).body;
  expect(done).toMatchObject({ login: dev.login });
  expect((await poll()).body).toEqual({ error: 'expired_token' });
  const [row] = await plane.database.db
    .select()
    .from(clientToken)
    .where(eq(clientToken.jti, String(done.jti)));
  expect(row).toMatchObject({ identityId: dev.id, channel: 'device', connections: ['shop-dev'] });
  const stored = await plane.database.db.select().from(deviceRequest);
  expect(JSON.stringify(stored)).not.toContain(String(started.deviceCode));
});

it('says of a device that asks from elsewhere that it does', async () => {
  const from = (address: string) => ({ [addressHeader]: `${addressProof()} ${address}` });
  const start = { body: { clientName: 'weir' }, headers: from('198.51.100.7') };
  const { userCode } = (await plane.rest('POST', '/device', start)).body;
  const seen = async (address: string) =>
    (await plane.rest('GET', `/device/${userCode}`, { as: dev, headers: from(address) })).body;
  expect(await seen('198.51.100.7')).toMatchObject({ address: '198.51.100.7', isFromHere: true });
  expect(await seen('192.0.2.1')).toMatchObject({ address: '198.51.100.7', isFromHere: false });
  // What a client claims in the header counts for nothing.
  const forged = { as: dev, headers: { [addressHeader]: 'guessed 198.51.100.7' } };
  expect((await plane.rest('GET', `/device/${userCode}`, forged)).body).toMatchObject({ isFromHere: false });
});

it('turns a device away, and lets its code run out', async () => {
  const denied = (await post('/device', undefined)).body;
  await post(`/device/${denied.userCode}/deny`, dev);
  expect((await post('/device/token', undefined, { deviceCode: denied.deviceCode })).body).toEqual({
    error: 'access_denied',
  });
  const late = (await post('/device', undefined)).body;
  plane.clock.advance(11 * 60_000);
  expect((await post('/device/token', undefined, { deviceCode: late.deviceCode })).body).toEqual({
    error: 'expired_token',
  });
  expect((await plane.rest('GET', `/device/${late.userCode}`, { as: dev })).status).toBe(404);
});
