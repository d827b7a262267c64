/** What a proxy sends that lost its mind, or was taken over: refused in words, and nobody else notices. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { releaseBundle } from './bundle.ts';
import { enrolTestProxy, heartbeatOf, shopPush, type TestProxy } from './testing.ts';

let plane: TestPlane;
let admin: TestIdentity;
let operator: TestIdentity;
let proxy: TestProxy;
let connectionId: string;
beforeAll(async () => {
  plane = await testPlane();
  admin = await plane.identity({ roles: ['admin'] });
  operator = await plane.identity({ roles: ['operator'] });
  proxy = await enrolTestProxy(plane, operator);
  const body = { name: 'shop-prod', environment: 'production', region: 'eu' };
  connectionId = String((await plane.rest('POST', '/connections', { as: operator, body })).body.id);
});
afterAll(async () => {
  releaseBundle(plane.database.db);
  await plane.close();
});

const heartbeat = (parts: object = {}) => heartbeatOf(connectionId, parts);

it.each([
  ['a bomb', gzipSync(Buffer.alloc(64 * 1024 * 1024, '\n')), 413],
  ['half a file', gzipSync('{}'.repeat(5000)).subarray(0, 40), 400],
  ['something else', Buffer.from('{}'), 400],
  ['a file with more behind it', Buffer.concat([gzipSync('{}'), Buffer.from('more')]), 400],
])('refuses %s instead of a gzipped batch, in words', async (_what, body, status) => {
  const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
  const answer = await plane.rest('POST', '/proxies/self/events', { as: await proxy.bearer(), body, headers });
  expect([answer.status, answer.body.detail]).toEqual([status, expect.any(String)]);
});

it.each(['text/plain', 'application/json', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', ''])(
  'stores nothing of a batch that says it is %j and is none',
  async type => {
    const headers: Record<string, string> = type === '' ? {} : { 'content-type': type };
    const bodies = ['{}', '[]', 'null', '"x"', '{"prev":1}\n\n\u0000', '--x\r\n\r\n--x--', ''];
    for (const body of bodies) {
      const answer = await plane.rest('POST', '/proxies/self/events', { as: await proxy.bearer(), body, headers });
      expect([body, answer.status < 500]).toEqual([body, true]);
    }
    const [row] = await plane.database.sql`select count(*)::int as stored from event where source = ${proxy.id}`;
    expect(row?.stored).toBe(0);
  },
);

it.each([
  ['bundleVersion', 2 ** 31],
  ['policyVersion', 2 ** 40],
  ['startedAt', 2 ** 53 - 1],
  ['startedAt', -1],
])('takes no %s of %d, which would break the pages that show it', async (name, value) => {
  const answer = await proxy.rest('POST', '/proxies/self/heartbeat', heartbeat({ [name]: value }));
  expect(answer.body).toMatchObject({ status: 400, issues: [{ path: name }] });
  for (const path of ['/proxies', `/proxies/${proxy.id}`])
    expect((await plane.rest('GET', path, { as: operator })).status).toBe(200);
  expect((await plane.rest('GET', '/overview', { as: admin })).status).toBe(200);
});

it('refuses a catalog that names one thing twice, or with numbers no catalog has', async () => {
  const path = `/proxies/self/catalogs/${connectionId}`;
  const push = shopPush(connectionId, { hash: 'odd' });
  const [first] = push.relations;
  for (const relations of [
    [first, first],
    [{ ...first, oid: 2 ** 33 }],
    [{ ...first, columns: [{ ...first?.columns[0], attnum: 2 ** 15 }] }],
    [{ ...first, columns: [first?.columns[0], first?.columns[0]] }],
  ])
    expect((await proxy.rest('PUT', path, { ...push, relations })).status).toBe(400);
});
