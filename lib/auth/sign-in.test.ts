/** Signing in: sessions the database can end, guesses that run dry, and no way to lock somebody else out. */
import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { event } from '#db/schema/audit.ts';
import { identity, webSession } from '#db/schema/identity.ts';
import { absoluteLimitHours, callerOfSession, idleLimitMinutes } from '#lib/identity/web-session.ts';
import { isHeldUp, type TestPlane, testPlane } from '#lib/testing.ts';
import { hashPassword } from './password.ts';
import { limits, type SigningIn, signInWithPassword, signOut } from './sign-in.ts';
import { addressGroup } from './throttle.ts';

let plane: TestPlane;
let passwordHash: string;
beforeAll(async () => {
  plane = await testPlane();
  passwordHash = await hashPassword('correct horse battery');
});
afterAll(() => plane.close());

async function person(enabled = true) {
  const made = await plane.identity({ roles: ['developer'] });
  await plane.database.db.update(identity).set({ passwordHash, enabled }).where(eq(identity.id, made.id));
  return made;
}

const from = (address: string, previousSessionId: string | null = null): SigningIn => ({
  db: plane.database.db,
  sql: plane.database.sql,
  clock: plane.clock,
  request: { id: randomUUID(), via: 'page', address, userAgent: 'test', idempotencyKey: null, ifMatch: null },
  previousSessionId,
});
const signIn = (on: SigningIn, login: string, password = 'correct horse battery') =>
  signInWithPassword(on, { login, password });
const callerOf = (sessionId: string) =>
  callerOfSession({ database: plane.database, clock: plane.clock, address: null }, sessionId);

async function opened(on: SigningIn, login: string): Promise<string> {
  const result = await signIn(on, login);
  if (!result.ok) throw new Error(result.code);
  return result.sessionId;
}

it('opens a session, ends it on sign-out, and records both', async () => {
  const who = await person();
  const on = from('192.0.2.1');
  const sessionId = await opened(on, who.login.toUpperCase());
  expect(await callerOf(sessionId)).toMatchObject({ type: 'identity', id: who.id, sessionId });
  await signOut(on, sessionId);
  expect(await callerOf(sessionId)).toMatchObject({ type: 'anonymous' });
  const rows = await plane.database.db.select().from(event).where(eq(event.actorId, who.id));
  expect(rows.map(row => row.type)).toEqual(['identity.sign_in', 'identity.sign_out']);
});

it('gives a new session at each sign-in and ends the one the browser came with', async () => {
  const who = await person();
  const first = await opened(from('192.0.2.2'), who.login);
  const second = await opened(from('192.0.2.2', first), who.login);
  expect(second).not.toBe(first);
  expect(await callerOf(first)).toMatchObject({ type: 'anonymous' });
});

it('ends sessions that idle, that are old, and those of the disabled', async () => {
  const who = await person();
  const idle = await opened(from('192.0.2.3'), who.login);
  plane.clock.advance((idleLimitMinutes + 1) * 60_000);
  expect(await callerOf(idle)).toEqual({ type: 'anonymous', reason: 'token_expired' });
  const old = await opened(from('192.0.2.3'), who.login);
  for (let minutes = 0; minutes <= absoluteLimitHours * 60; minutes += idleLimitMinutes / 2) {
    await callerOf(old);
    plane.clock.advance((idleLimitMinutes / 2) * 60_000);
  }
  expect(await callerOf(old)).toEqual({ type: 'anonymous', reason: 'token_expired' });
  const fresh = await opened(from('192.0.2.3'), who.login);
  await plane.database.db.update(identity).set({ enabled: false }).where(eq(identity.id, who.id));
  expect(await callerOf(fresh)).toEqual({ type: 'anonymous', reason: 'identity_disabled' });
});

it('refuses alike: wrong password, unknown login, agents, people without a password', async () => {
  const who = await person();
  const agent = await plane.identity({ kind: 'agent', ownerId: who.id });
  const passwordless = await plane.identity();
  const on = from('192.0.2.4');
  for (const login of [who.login, 'nobody@example.com', agent.login, passwordless.login])
    expect(await signIn(on, login, 'wrong')).toEqual({ ok: false, code: 'bad_credentials' });
  const refused = await plane.database.db.select().from(event).where(eq(event.actorLogin, 'nobody@example.com'));
  expect(refused.map(row => JSON.parse(row.body).outcome)).toEqual(['refused']);
});

it.each([
  ['disabled', 'enabled = false', 'disabled'],
  ['given another password', `password_hash = 'another'`, 'bad_credentials'],
])('opens nothing for who is %s while the password is compared', async (_what, change, code) => {
  const who = await person();
  const { sql } = plane.database;
  const { signingIn } = await sql.begin(async other => {
    await other.unsafe(`update identity set ${change} where id = '${who.id}'`);
    const signingIn = signIn(from('192.0.2.77'), who.login);
    await isHeldUp(sql);
    return { signingIn };
  });
  expect(await signingIn).toMatchObject({ ok: false, code });
  const open = await plane.database.db.select().from(webSession).where(eq(webSession.identityId, who.id));
  expect(open).toEqual([]);
});

it('says that an identity is disabled only to who knows the password', async () => {
  const who = await person(false);
  expect(await signIn(from('192.0.2.5'), who.login, 'wrong')).toMatchObject({ code: 'bad_credentials' });
  expect(await signIn(from('192.0.2.5'), who.login)).toMatchObject({ code: 'disabled' });
});

it('stops guessing from one address, even of the right password, until the window is over', async () => {
  const who = await person();
  const on = from('198.51.100.1');
  const guesses = await Promise.all(Array.from({ length: limits.pair.max + 5 }, () => signIn(on, who.login, 'wrong')));
  expect(guesses.filter(guess => !guess.ok && guess.code === 'rate_limited')).toHaveLength(5);
  expect(await signIn(on, who.login)).toMatchObject({ ok: false, code: 'rate_limited' });
  expect(await signIn(from('198.51.100.2'), who.login)).toMatchObject({ ok: true });
  plane.clock.advance(limits.pair.seconds * 1000 + 1);
  expect(await signIn(on, who.login)).toMatchObject({ ok: true });
});

it('does not let strangers lock an account out from where its owner signs in', async () => {
  const who = await person();
  expect(await signIn(from('203.0.113.7'), who.login)).toMatchObject({ ok: true });
  for (let at = 0; at <= limits.account.max; at += 20)
    await Promise.all(Array.from({ length: 20 }, (_, n) => signIn(from(`198.51.${at + n}.9`), who.login, 'wrong')));
  expect(await signIn(from('198.18.0.1'), who.login)).toMatchObject({ ok: false, code: 'rate_limited' });
  expect(await signIn(from('203.0.113.7'), who.login)).toMatchObject({ ok: true });
});

it('knows a network by any of its addresses', async () => {
  const who = await person();
  expect(await signIn(from('2001:db8:1:2::7'), who.login)).toMatchObject({ ok: true });
  for (let at = 0; at <= limits.account.max; at += 20)
    await Promise.all(Array.from({ length: 20 }, (_, n) => signIn(from(`198.52.${at + n}.9`), who.login, 'wrong')));
  expect(await signIn(from('198.18.0.9'), who.login)).toMatchObject({ ok: false, code: 'rate_limited' });
  expect(await signIn(from('2001:db8:1:2:aaaa::1'), who.login)).toMatchObject({ ok: true });
});

it('lets one address fill neither the log nor the table of attempts', async () => {
  const { sql } = plane.database;
  const size = async () => {
    const [row] =
      await sql`select (select count(*)::int from rate_bucket) as buckets, (select count(*)::int from event) as events`;
    return row as { buckets: number; events: number };
  };
  const on = from('203.0.113.99');
  const guess = (at: number) => signIn(on, `random-${at}@example.com`, 'wrong');
  for (let at = 0; at < limits.address.max; at += 20)
    await Promise.all(Array.from({ length: 20 }, (_, n) => guess(at + n)));
  const before = await size();
  const more = await Promise.all(Array.from({ length: 50 }, (_, n) => guess(1000 + n)));
  expect(more.every(each => !each.ok && each.code === 'rate_limited')).toBe(true);
  expect(await size()).toEqual({ buckets: before.buckets, events: before.events + 1 });
});

it('shuts nobody out because a clock was set back', async () => {
  const who = await person();
  const on = from('203.0.113.50');
  plane.clock.advance(5 * 86_400_000);
  for (let at = 0; at <= limits.pair.max; at++) await signIn(on, who.login, 'wrong');
  plane.clock.advance(-5 * 86_400_000);
  expect(await signIn(on, who.login)).toMatchObject({ ok: true });
});

it('keeps no more of a session than it needs', async () => {
  const who = await person();
  const sessionId = await opened(from('192.0.2.9'), who.login);
  const [row] = await plane.database.db.select().from(webSession).where(eq(webSession.id, sessionId));
  expect(row).toMatchObject({ method: 'password', address: '192.0.2.9', endedAt: null });
});

it('counts an IPv6 network as one address', () => {
  expect(addressGroup('2001:db8:1:2:3:4:5:6')).toBe(addressGroup('2001:db8:1:2::1'));
  expect(addressGroup('2001:db8::1')).toBe('2001:db8:0:0');
  expect(addressGroup('192.0.2.1')).toBe('192.0.2.1');
});
