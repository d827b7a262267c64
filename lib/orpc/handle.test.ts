/** The outer layer of REST and RPC: credentials each of their own kind, other sites kept out, limits, problem details. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sessionCookieName } from '#lib/auth/cookie.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { until } from '#scripts/wait.ts';
import { staleAfterMs } from './base.ts';
import { bodyBytesMax, strangerBytesMax } from './body.ts';
import { handleRest, handleRpc } from './handle.ts';

let plane: TestPlane;
let dev: TestIdentity;
let admin: TestIdentity;
beforeAll(async () => {
  plane = await testPlane();
  dev = await plane.identity({ roles: ['developer'] });
  admin = await plane.identity({ roles: ['admin'] });
});
afterAll(() => plane.close());

const rpc = (init: RequestInit & { search?: string; path?: string }) =>
  handleRpc(new Request(`http://127.0.0.1/api/rpc/${init.path ?? 'identity/me/get'}${init.search ?? ''}`, init), {
    database: plane.database,
    clock: plane.clock,
  });

it('answers who is calling, for a bearer token', async () => {
  const { status, body, headers } = await plane.rest('GET', '/me', { as: dev });
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
  expect(body).toMatchObject({ id: dev.id, login: dev.login, roles: ['developer'] });
});

it('refuses strangers with a problem detail', async () => {
  const { status, body, headers } = await plane.rest('GET', '/me');
  expect([status, headers.get('content-type')]).toEqual([401, 'application/problem+json']);
  expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
  expect(body).toMatchObject({ code: 'unauthenticated', status: 401, type: 'urn:weir:problem:unauthenticated' });
});

it('takes the cookie in the browser’s way only, and bearer tokens in REST only', async () => {
  const { body } = await plane.rpc('identity/me/get', {}, { as: dev });
  expect(body).toMatchObject({ id: dev.id });
  const cookie = `${sessionCookieName()}=anything`;
  expect((await plane.rest('GET', '/me', { headers: { cookie } })).status).toBe(401);
  const headers = { authorization: `Bearer ${dev.bearer}` };
  expect((await plane.rpc('identity/me/get', {}, { as: null, headers })).status).toBe(401);
});

it('lets pages read a refusal: its sentence, what is missing, and the fields', async () => {
  const thrownBy = (work: Promise<unknown>) => work.catch((error: unknown) => error);
  const page = await plane.browser(dev);
  expect(await thrownBy(page.identity.identities.list({}))).toMatchObject({
    code: 'forbidden',
    status: 403,
    message: 'this needs the permission `identity:read`',
    data: { permission: 'identity:read' },
  });
  const administering = await plane.browser(admin);
  expect(await thrownBy(administering.identity.identities.list({ limit: 100_000 }))).toMatchObject({
    code: 'invalid_input',
    data: { issues: [{ path: 'limit' }] },
  });
});

it('lets an admin find and end somebody’s session', async () => {
  const who = await plane.identity({ roles: ['developer'] });
  const { body } = await plane.rpc('identity/me/get', {}, { as: who });
  const listed = await plane.rpc('identity/webSessions/list', { identityId: who.id, all: true }, { as: admin });
  expect((listed.body.items as { id: string }[]).map(item => item.id)).toEqual([body.sessionId]);
  const sql = plane.database.sql;
  await plane.rest('POST', `/web-sessions/${body.sessionId}/revoke`, { as: admin, body: {} });
  const [row] = await sql`select end_reason from web_session where id = ${String(body.sessionId)}`;
  expect(row).toEqual({ end_reason: 'revoked' });
});

it.each([
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['a sibling site', { 'sec-fetch-site': 'same-site' }],
  ['a typed address, to change something', { 'sec-fetch-site': 'none' }],
  ['a page without the header', { 'x-csrf-token': '' }],
])('changes nothing for %s', async (_, headers) => {
  const answer = await plane.rpc('identity/groups/create', { name: 'from-elsewhere' }, { as: admin, headers });
  expect(answer.status).toBe(403);
  const [row] = await plane.database
    .sql`select count(*)::int as rows from identity_group where name = 'from-elsewhere'`;
  expect(row).toEqual({ rows: 0 });
});

it('judges browsers that do not say where a request comes from by its origin', async () => {
  const headers = { 'x-csrf-token': 'weir', 'content-type': 'application/json', host: '127.0.0.1' };
  const body = '{"json":{}}';
  const from = (origin: Record<string, string>) => rpc({ method: 'POST', headers: { ...headers, ...origin }, body });
  expect((await from({ origin: 'https://evil.example' })).status).toBe(403);
  expect((await from({ origin: 'null' })).status).toBe(403);
  expect((await from({})).status).toBe(403);
  expect((await from({ origin: 'http://127.0.0.1:3000' })).status).toBe(401);
});

it('does not change state by GET', async () => {
  const search = `?data=${encodeURIComponent('{"json":{"name":"by-get"}}')}`;
  const answer = await rpc({ method: 'GET', path: 'identity/groups/create', search });
  expect(answer.status).toBe(405);
});

it('refuses bodies that are too large, declared or not, compressed or not', async () => {
  const big = JSON.stringify({ clientName: 'x'.repeat(bodyBytesMax) });
  const plain = await plane.rest('POST', '/device', { body: big });
  expect([plain.status, plain.body.code]).toEqual([413, 'payload_too_large']);
  const bomb = gzipSync(big);
  expect(bomb.length).toBeLessThan(10_000);
  const zipped = await plane.rest('POST', '/device', { body: bomb, headers: { 'content-encoding': 'gzip' } });
  expect(zipped.status).toBe(413);
  const odd = await plane.rest('POST', '/device', { body: '{}', headers: { 'content-encoding': 'br' } });
  expect(odd.status).toBe(415);
});

/** A body that counts what was taken of it. */
function counting(chunk: Uint8Array, chunks: number) {
  const taken = { bytes: 0 };
  const body = new ReadableStream({
    pull(controller) {
      if (taken.bytes >= chunk.length * chunks) return controller.close();
      taken.bytes += chunk.length;
      controller.enqueue(chunk);
    },
  });
  return { taken, body };
}

const rest = (path: string, init: object) =>
  handleRest(new Request(`http://127.0.0.1/api/v1${path}`, { duplex: 'half', ...init } as RequestInit), {
    database: plane.database,
    clock: plane.clock,
  });

it('reads no long body before it knows that a proxy sends it', async () => {
  const path = '/proxies/self/catalogs/11111111-1111-4111-8111-111111111111';
  const json = { 'content-type': 'application/json' };
  for (const [headers, status] of [
    [json, 401],
    [{ ...json, 'content-length': '5000000' }, 401],
    [{ ...json, authorization: `Bearer ${admin.bearer}` }, 403],
  ] as const) {
    const { taken, body } = counting(new Uint8Array(100_000), 50);
    expect((await rest(path, { method: 'PUT', headers, body })).status).toBe(status);
    expect(taken.bytes).toBeLessThan(1_000_000);
  }
});

it('reads little of what strangers send', async () => {
  const { taken, body } = counting(new TextEncoder().encode(' '.repeat(10_000)), 500);
  const answer = await rest('/device', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  expect(answer.status).toBe(413);
  expect(taken.bytes).toBeLessThan(10 * strangerBytesMax);
});

it('asks again who calls when a body took its time', async () => {
  const leaving = await plane.identity({ roles: ['admin'] });
  const startedMs = performance.now();
  const body = new ReadableStream({
    async pull(controller) {
      await plane.rest('PATCH', `/identities/${leaving.id}`, { as: admin, body: { enabled: false } });
      await until('the body to be late', () => performance.now() - startedMs > 2 * staleAfterMs, { timeoutMs: 5000 });
      controller.enqueue(new TextEncoder().encode('{"name":"made-too-late"}'));
      controller.close();
    },
  });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${leaving.bearer}` };
  expect((await rest('/groups', { method: 'POST', headers, body })).status).toBe(401);
  const [row] = await plane.database.sql`select count(*)::int as rows from identity_group where name = 'made-too-late'`;
  expect(row).toEqual({ rows: 0 });
});

it('understands gzip, and says 400 to what is no JSON or no gzip', async () => {
  const headers = { 'content-encoding': 'gzip' };
  expect((await plane.rest('POST', '/device', { body: gzipSync('{}'), headers })).status).toBe(200);
  expect((await plane.rest('POST', '/device', { body: 'not gzip', headers })).status).toBe(400);
  expect((await plane.rest('POST', '/device', { body: '{"clientName":' })).status).toBe(400);
});

it('knows no other endpoints', async () => {
  const { status, body } = await plane.rest('GET', '/admin', { as: admin });
  expect([status, body.code]).toEqual([404, 'not_found']);
});

it('keeps the cause of an unexpected failure to itself', async () => {
  const broken = { ...plane.database, db: null as never };
  const request = new Request('http://127.0.0.1/api/v1/me', { headers: { authorization: `Bearer ${dev.bearer}` } });
  const answer = await handleRest(request, { database: broken, clock: plane.clock });
  const body = await answer.json();
  expect([answer.status, body.code, body.detail]).toEqual([500, 'internal', 'something went wrong on our side']);
  expect(JSON.stringify(body)).not.toContain('null');
});
