/** What is logged of an error: where and why, never with what. */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { identity } from '#db/schema/identity.ts';
import { errorForLog } from './log.ts';
import { type TestPlane, testPlane } from './testing.ts';

let plane: TestPlane;
beforeAll(async () => {
  plane = await testPlane();
});
afterAll(() => plane.close());

it('says which query failed and why, without its parameters', async () => {
  const { db } = plane.database;
  const who = await plane.identity();
  const values = { kind: 'agent' as const, login: who.login, displayName: 'x', passwordHash: '$argon2id$canary' };
  const failed = await db.insert(identity).values(values).then(String, errorForLog);
  expect(JSON.stringify(failed)).not.toMatch(/canary|example\.com/);
  expect(failed).toMatchObject({
    message: expect.stringContaining('insert into "identity"'),
    cause: { code: '23514' },
  });
  const lookup = await db.select().from(identity).where(eq(identity.login, 'canary\0')).then(String, errorForLog);
  expect(JSON.stringify(lookup)).not.toContain('canary');
});

it('leaves out what libraries hang on their errors', () => {
  const failed = Object.assign(new Error('bad answer: Bearer canary.canary.canary'), {
    response: { body: 'canary' },
    jwt: 'canary',
    params: { code: 'canary' },
    code: 'ERR_X',
  });
  const shown = [errorForLog(failed), errorForLog({ error: failed, providerId: 'oidc', code_verifier: 'canary' })];
  expect(JSON.stringify(shown)).not.toContain('canary');
  expect(shown[1]).toMatchObject({ type: 'Error', code: 'ERR_X' });
});
