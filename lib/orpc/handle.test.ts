/** The REST API's outer layer: credentials, problem details, limits. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestPlane, testPlane } from '#lib/testing.ts';

let plane: TestPlane;
beforeAll(async () => {
  plane = await testPlane();
});
afterAll(() => plane.close());

it('answers who is calling, for a bearer token', async () => {
  const dev = await plane.identity({ roles: ['developer'] });
  const { status, body } = await plane.rest('GET', '/me', { as: dev });
  expect(status).toBe(200);
  expect(body).toMatchObject({ id: dev.id, login: dev.login, roles: ['developer'] });
});

it('refuses strangers with a problem detail', async () => {
  const { status, body, headers } = await plane.rest('GET', '/me');
  expect(status).toBe(401);
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(body).toMatchObject({ code: 'unauthenticated', status: 401, type: 'urn:weir:problem:unauthenticated' });
});
