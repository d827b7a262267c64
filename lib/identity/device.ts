/**
 * Signing in from a device without a browser (RFC 8628): the device shows a code, a person approves it in the console, the
 * device polls and gets a token. The token is signed when it is fetched, so it is never stored.
 */
import 'server-only';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { must } from '#core/contract/assert.ts';
import { permissionsOf } from '#core/identity/role.ts';
import type { Tx } from '#db/client.ts';
import { deviceRequest, identity } from '#db/schema/identity.ts';
import { addressGroup, limitAttempts } from '#lib/auth/throttle.ts';
import { env } from '#lib/env.ts';
import { command, publicCommand, query } from '#lib/orpc/base.ts';
import type { BaseContext, IdentityContext } from '#lib/orpc/context.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import {
  deviceApproveInputSchema,
  deviceDenyInputSchema,
  deviceGetInputSchema,
  devicePollInputSchema,
  devicePollOutputSchema,
  deviceStartInputSchema,
  deviceStartOutputSchema,
  deviceViewSchema,
} from './schema.ts';
import { issueClientToken } from './tokens.ts';

export const deviceLifetimeMinutes = 10;
export const pollIntervalSeconds = 5;

/** No vowels, so no words; none that look alike. 20^8 codes, of which a few are valid for minutes. */
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ';
const makeUserCode = (): string => {
  const letters = Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
};

const hashOf = (deviceCode: string): string => createHash('sha256').update(deviceCode).digest('hex');

type Row = typeof deviceRequest.$inferSelect;

const viewOf = (row: Row, { clock, request }: BaseContext) => ({
  userCode: row.userCode,
  clientName: row.clientName,
  address: row.address,
  isFromHere: addressGroup(row.address) === addressGroup(request.address),
  status: row.status === 'pending' && row.expiresAt <= clock.now() ? ('expired' as const) : row.status,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
});

const start = publicCommand({ shownOnce: true })
  .route({ method: 'POST', path: '/device', tags: ['Identity'], summary: 'Start signing in from a device' })
  .input(deviceStartInputSchema)
  .output(deviceStartOutputSchema)
  .handler(async ({ context: { tx, sql, clock, request }, input }) => {
    await limitAttempts({ sql, clock }, { key: `device:${addressGroup(request.address)}`, max: 30, seconds: 600 });
    const now = clock.now();
    const deviceCode = randomBytes(32).toString('base64url');
    const userCode = makeUserCode();
    await tx.insert(deviceRequest).values({
      deviceCodeHash: hashOf(deviceCode),
      userCode,
      clientName: input.clientName,
      address: request.address,
      intervalSeconds: pollIntervalSeconds,
      createdAt: now,
      expiresAt: new Date(now.getTime() + deviceLifetimeMinutes * 60_000),
    });
    const verification = new URL('/device', env().WEIR_CONSOLE_URL);
    const complete = new URL(verification);
    complete.searchParams.set('code', userCode);
    const result = {
      deviceCode,
      userCode,
      verificationUri: verification.toString(),
      verificationUriComplete: complete.toString(),
      expiresIn: deviceLifetimeMinutes * 60,
      interval: pollIntervalSeconds,
    };
    const target = { type: 'device', id: userCode, label: input.clientName };
    return { result, audit: { action: 'device.start', target, before: null, after: { address: request.address } } };
  });

/** Guessing codes is limited per person; codes that are not there look like ones that are over. */
async function findPending(context: IdentityContext, db: Tx | IdentityContext['db'], userCode: string): Promise<Row> {
  await limitAttempts(context, { key: `device-code:${context.caller.id}`, max: 30, seconds: 600 });
  const [row] = await db.select().from(deviceRequest).where(eq(deviceRequest.userCode, userCode));
  if (!row || (row.status === 'pending' && row.expiresAt <= context.clock.now())) throw notFound('code');
  return row;
}

const get = query({ permission: 'token:issue' })
  .route({ method: 'GET', path: '/device/{userCode}', tags: ['Identity'], summary: 'What a device asks for' })
  .input(deviceGetInputSchema)
  .output(deviceViewSchema)
  .handler(async ({ context, input }) => viewOf(await findPending(context, context.db, input.userCode), context));

type Decision = { status: 'approved' | 'denied'; connections?: readonly string[]; ttlMinutes?: number };

async function decide(context: IdentityContext & { tx: Tx }, userCode: string, decision: Decision): Promise<Row> {
  const { tx, caller } = context;
  await findPending(context, tx, userCode);
  const [row] = await tx.select().from(deviceRequest).where(eq(deviceRequest.userCode, userCode)).for('update');
  if (row?.status !== 'pending') throw new AppError('conflict', 'this code was decided already');
  const { status, connections, ttlMinutes } = decision;
  const changed = await tx
    .update(deviceRequest)
    .set({ status, identityId: caller.id, connections: connections ? [...connections] : null, ttlMinutes })
    .where(eq(deviceRequest.userCode, userCode))
    .returning();
  return must(changed[0], 'the row is locked');
}

const targetOf = (row: Row) => ({ type: 'device', id: row.userCode, label: row.clientName });

const approve = command({ permission: 'token:issue' })
  .route({ method: 'POST', path: '/device/{userCode}/approve', tags: ['Identity'], summary: 'Let a device sign in' })
  .input(deviceApproveInputSchema)
  .output(deviceViewSchema)
  .handler(async ({ context, input }) => {
    const { connections, ttlMinutes } = input;
    const row = await decide(context, input.userCode, { status: 'approved', connections, ttlMinutes });
    const after = { connections: connections ?? null, ttlMinutes };
    return {
      result: viewOf(row, context),
      audit: { action: 'device.approve', target: targetOf(row), before: { status: 'pending' }, after },
    };
  });

const deny = command({ permission: 'token:issue' })
  .route({ method: 'POST', path: '/device/{userCode}/deny', tags: ['Identity'], summary: 'Turn a device away' })
  .input(deviceDenyInputSchema)
  .output(deviceViewSchema)
  .handler(async ({ context, input }) => {
    const row = await decide(context, input.userCode, { status: 'denied' });
    return {
      result: viewOf(row, context),
      audit: { action: 'device.deny', target: targetOf(row), before: { status: 'pending' }, after: null },
    };
  });

type PollError = 'authorization_pending' | 'slow_down' | 'expired_token' | 'access_denied';

async function progressOf(tx: Tx, row: Row | undefined, now: Date): Promise<PollError | null> {
  if (!row || row.expiresAt <= now || row.status === 'consumed') return 'expired_token';
  if (row.status === 'denied') return 'access_denied';
  if (row.status === 'approved') return null;
  const earliestMs = (row.lastPolledAt?.getTime() ?? 0) + row.intervalSeconds * 1000;
  const isTooFast = now.getTime() < earliestMs;
  // RFC 8628 §3.5: each time it is too fast, the interval grows by five seconds.
  const intervalSeconds = isTooFast ? Math.min(row.intervalSeconds + 5, 60) : row.intervalSeconds;
  await tx
    .update(deviceRequest)
    .set({ lastPolledAt: now, intervalSeconds })
    .where(eq(deviceRequest.deviceCodeHash, row.deviceCodeHash));
  return isTooFast ? 'slow_down' : 'authorization_pending';
}

const poll = publicCommand({ shownOnce: true })
  .route({ method: 'POST', path: '/device/token', tags: ['Identity'], summary: 'Fetch the token, once approved' })
  .input(devicePollInputSchema)
  .output(devicePollOutputSchema)
  .handler(async ({ context: { tx, db, clock }, input }) => {
    const now = clock.now();
    const hash = hashOf(input.deviceCode);
    const [row] = await tx.select().from(deviceRequest).where(eq(deviceRequest.deviceCodeHash, hash)).for('update');
    const error = await progressOf(tx, row, now);
    if (error !== null || !row) return { result: { error: error ?? 'expired_token' }, audit: null };
    const [who] = await tx
      .select()
      .from(identity)
      .where(eq(identity.id, must(row.identityId, 'an approved request names who approved it')))
      .for('key share');
    const mayStill = who?.enabled === true && permissionsOf(who.roles).has('token:issue');
    if (!who || !mayStill) return { result: { error: 'access_denied' as const }, audit: null };
    await tx.update(deviceRequest).set({ status: 'consumed' }).where(eq(deviceRequest.deviceCodeHash, hash));
    const issuing = {
      subject: { id: who.id, login: who.login },
      issuedBy: who.id,
      connections: row.connections ?? undefined,
      ttlMinutes: row.ttlMinutes,
      channel: 'device' as const,
      now,
    };
    const result = await issueClientToken({ db, tx }, issuing);
    const target = { type: 'client_token', id: result.jti, label: who.login };
    const after = { identity: who.id, device: row.userCode, client: row.clientName, expiresAt: result.expiresAt };
    return { result, audit: { action: 'token.issue', target, before: null, after } };
  });

export const deviceRouter = { start, get, approve, deny, poll };
