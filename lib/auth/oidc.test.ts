/** Signing in through an identity provider: who somebody is, what they bring along, and what is never taken over. */
import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { identity, identityGroup } from '#db/schema/identity.ts';
import { forgetEnv } from '#lib/env.ts';
import { groupsOf } from '#lib/identity/caller.ts';
import { type TestPlane, testPlane } from '#lib/testing.ts';
import { signInWithOidc } from './oidc.ts';
import { hashPassword } from './password.ts';

let plane: TestPlane;
beforeAll(async () => {
  plane = await testPlane();
});
afterAll(() => plane.close());
afterEach(() => {
  delete process.env.WEIR_OIDC_ROLES;
  delete process.env.WEIR_OIDC_EMAIL_VERIFIED;
  forgetEnv();
});

const issuer = 'https://login.example.com';
const signIn = (claims: object) =>
  signInWithOidc(
    {
      db: plane.database.db,
      sql: plane.database.sql,
      clock: plane.clock,
      request: { id: randomUUID(), via: 'page', address: null, userAgent: null, idempotencyKey: null, ifMatch: null },
      previousSessionId: null,
    },
    { iss: issuer, ...claims },
  );
const rowOf = async (login: string) =>
  (await plane.database.db.select().from(identity).where(eq(identity.login, login)))[0];

it('knows people by issuer and subject, whatever their address becomes', async () => {
  const first = await signIn({ sub: 's1', email: 'Ada@Example.com', email_verified: true, name: 'Ada' });
  const second = await signIn({ sub: 's1', email: 'ada@elsewhere.example', email_verified: true });
  expect(second).toMatchObject({ ok: true, login: 'ada@example.com' });
  expect(first.ok && second.ok && first.identityId === second.identityId).toBe(true);
  expect(await rowOf('ada@example.com')).toMatchObject({ displayName: 'Ada', roles: [], kind: 'user' });
  expect(
    await signIn({ iss: 'https://other.example', sub: 's1', email: 'ada@example.com', email_verified: true }),
  ).toEqual({
    ok: false,
    code: 'bad_credentials',
  });
});

it('takes over what an admin made beforehand, by a verified address only, and never an account with a password', async () => {
  await plane.identity({ login: 'invited@example.com', roles: ['developer'] });
  expect(await signIn({ sub: 's2', email: 'invited@example.com' })).toMatchObject({ ok: false });
  expect(await signIn({ sub: 's2', email: 'invited@example.com', email_verified: true })).toMatchObject({ ok: true });
  expect((await rowOf('invited@example.com'))?.roles).toEqual(['developer']);
  const local = await plane.identity({ login: 'local@example.com' });
  const passwordHash = await hashPassword('correct horse battery');
  await plane.database.db.update(identity).set({ passwordHash }).where(eq(identity.id, local.id));
  expect(await signIn({ sub: 's3', email: 'local@example.com', email_verified: true })).toMatchObject({ ok: false });
  await plane.identity({ kind: 'agent', ownerId: local.id, login: 'bot@example.com' });
  expect(await signIn({ sub: 's4', email: 'bot@example.com', email_verified: true })).toMatchObject({ ok: false });
});

it('makes nobody of an address that nobody verified, or that is no login', async () => {
  const refused = { ok: false, code: 'bad_credentials' };
  expect(await signIn({ sub: 's7', email: 'ceo@example.com' })).toEqual(refused);
  expect(await signIn({ sub: 's7', email: 'ceo@example.com', email_verified: 'false' })).toEqual(refused);
  for (const email of ['a b@example.com', '=cmd@example.com', 'x\u001b[2j@example.com', 'İ@example.com', 'nobody'])
    expect(await signIn({ sub: `odd ${email}`, email, email_verified: true })).toEqual(refused);
  expect(await signIn({ sub: 's8', email: 'text@example.com', email_verified: 'true' })).toMatchObject({ ok: true });
  process.env.WEIR_OIDC_EMAIL_VERIFIED = 'assume';
  forgetEnv();
  expect(await signIn({ sub: 's7', email: 'ceo@example.com' })).toMatchObject({ ok: true, login: 'ceo@example.com' });
});

it('follows groups and the roles that come with them, and leaves local groups alone', async () => {
  process.env.WEIR_OIDC_ROLES = 'data-owners=reviewer, staff=developer, nonsense=king';
  forgetEnv();
  const [local] = await plane.database.db.insert(identityGroup).values({ name: 'local-only' }).returning();
  const claims = { sub: 's5', email: 'grace@example.com', email_verified: true };
  await signIn({ ...claims, groups: ['Staff', 'Data Owners', 'local-only', 7] });
  const row = await rowOf('grace@example.com');
  expect(row?.roles).toEqual(['reviewer', 'developer']);
  expect(await groupsOf(plane.database.db, row!.id)).toEqual(['data-owners', 'staff']);
  await plane.database.sql`insert into group_member (group_id, identity_id) values (${local!.id}, ${row!.id})`;
  await signIn({ ...claims, groups: ['staff'] });
  expect((await rowOf('grace@example.com'))?.roles).toEqual(['developer']);
  expect(await groupsOf(plane.database.db, row!.id)).toEqual(['local-only', 'staff']);
});

it('refuses the disabled', async () => {
  const claims = { sub: 's6', email: 'gone@example.com', email_verified: true };
  await signIn(claims);
  await plane.database.db.update(identity).set({ enabled: false }).where(eq(identity.login, 'gone@example.com'));
  expect(await signIn(claims)).toEqual({ ok: false, code: 'disabled' });
});
