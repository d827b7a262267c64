/** Enrolment: a one-time token lets a proxy in with a key of its own. */
import 'server-only';
import { createHash, randomBytes } from 'node:crypto';
import { and, desc, eq, isNull, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { must } from '#core/contract/assert.ts';
import { signingKeySchema } from '#core/identity/key.ts';
import type { Tx } from '#db/client.ts';
import { enrolment, proxy } from '#db/schema/proxies.ts';
import { addressGroup, limitAttempts } from '#lib/auth/throttle.ts';
import { peopleOf } from '#lib/identity/people.ts';
import { installationKeys } from '#lib/keys.ts';
import { command, publicCommand, query } from '#lib/orpc/base.ts';
import { contains, decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { poke } from '#lib/outbox/publish.ts';
import {
  enrolInputSchema,
  enrolmentCreateInputSchema,
  enrolmentCreateOutputSchema,
  type enrolmentItemSchema,
  enrolmentListInputSchema,
  enrolmentListOutputSchema,
  enrolmentRevokeInputSchema,
  enrolOutputSchema,
} from './schema.ts';

const tokenPrefix = 'weir_enrol_';
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

type Row = typeof enrolment.$inferSelect;
type State = z.infer<typeof enrolmentItemSchema>['state'];

function stateOf(row: Row, now: Date): State {
  if (row.usedAt !== null) return 'used';
  if (row.revokedAt !== null) return 'revoked';
  return row.expiresAt <= now ? 'expired' : 'open';
}

function inState(state: State, now: Date): SQL {
  const time = now.toISOString();
  const conditions: Record<State, SQL> = {
    used: sql`${enrolment.usedAt} is not null`,
    revoked: sql`${enrolment.usedAt} is null and ${enrolment.revokedAt} is not null`,
    expired: sql`${enrolment.usedAt} is null and ${enrolment.revokedAt} is null and ${enrolment.expiresAt} <= ${time}`,
    open: sql`${enrolment.usedAt} is null and ${enrolment.revokedAt} is null and ${enrolment.expiresAt} > ${time}`,
  };
  return conditions[state];
}

export const createEnrolment = command({ permission: 'proxy:enrol', shownOnce: true })
  .route({ method: 'POST', path: '/enrolments', tags: ['Proxies'], summary: 'Make a one-time enrolment token' })
  .input(enrolmentCreateInputSchema)
  .output(enrolmentCreateOutputSchema)
  .handler(async ({ context: { tx, clock, caller }, input: { name, ttlMinutes } }) => {
    const now = clock.now();
    const token = `${tokenPrefix}${randomBytes(32).toString('base64url')}`;
    const expiresAt = new Date(now.getTime() + ttlMinutes * 60_000);
    const [row] = await tx
      .insert(enrolment)
      .values({ name, tokenHash: hashOf(token), createdBy: caller.id, createdAt: now, expiresAt })
      .returning();
    const { id } = must(row, 'an insert gives a row');
    return {
      result: { id, token, expiresAt: expiresAt.toISOString() },
      audit: {
        action: 'enrolment.create',
        target: { type: 'enrolment', id, label: name ?? 'any name' },
        before: null,
        after: { name, expiresAt: expiresAt.toISOString() },
      },
    };
  });

export const listEnrolments = query({ permission: 'proxy:read' })
  .route({ method: 'GET', path: '/enrolments', tags: ['Proxies'], summary: 'List enrolment tokens' })
  .input(enrolmentListInputSchema)
  .output(enrolmentListOutputSchema)
  .handler(async ({ context: { db, clock }, input }) => {
    const now = clock.now();
    const after = decodeCursor(input.cursor, z.tuple([z.iso.datetime(), z.uuid()]));
    const rows = await db
      .select()
      .from(enrolment)
      .where(
        and(
          input.state ? inState(input.state, now) : undefined,
          input.q ? contains(enrolment.name, input.q) : undefined,
          after
            ? sql`(${enrolment.createdAt}, ${enrolment.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`
            : undefined,
        ),
      )
      .orderBy(desc(enrolment.createdAt), desc(enrolment.id))
      .limit(input.limit + 1);
    const page = pageOf(rows, input.limit, row => [row.createdAt.toISOString(), row.id]);
    const people = await peopleOf(
      db,
      page.items.map(row => row.createdBy),
    );
    return {
      items: page.items.map(row => ({
        id: row.id,
        name: row.name,
        state: stateOf(row, now),
        createdAt: row.createdAt.toISOString(),
        createdBy: people.maybe(row.createdBy),
        expiresAt: row.expiresAt.toISOString(),
        usedAt: row.usedAt?.toISOString() ?? null,
        proxyId: row.proxyId,
      })),
      nextCursor: page.nextCursor,
    };
  });

export const revokeEnrolment = command({ permission: 'proxy:enrol' })
  .route({
    method: 'POST',
    path: '/enrolments/{id}/revoke',
    tags: ['Proxies'],
    summary: 'Make an enrolment token worthless',
  })
  .input(enrolmentRevokeInputSchema)
  .output(z.object({ id: z.uuid() }))
  .handler(async ({ context: { tx, clock }, input: { id } }) => {
    const [row] = await tx.select().from(enrolment).where(eq(enrolment.id, id)).for('update');
    if (!row) throw notFound('enrolment');
    const now = clock.now();
    const state = stateOf(row, now);
    if (state !== 'open') throw new AppError('conflict', `the enrolment is ${state} already`);
    await tx.update(enrolment).set({ revokedAt: now }).where(eq(enrolment.id, id));
    return {
      result: { id },
      audit: {
        action: 'enrolment.revoke',
        target: { type: 'enrolment', id, label: row.name ?? 'any name' },
        before: { state },
        after: { state: 'revoked' },
      },
    };
  });

/** One answer for every way in which a token can be bad. */
async function takeToken(tx: Tx, { token, name, now }: { token: string; name: string; now: Date }): Promise<Row> {
  const [row] = await tx
    .select()
    .from(enrolment)
    .where(and(eq(enrolment.tokenHash, hashOf(token)), isNull(enrolment.usedAt)))
    .for('update');
  if (!row || stateOf(row, now) !== 'open')
    throw new AppError('unauthenticated', 'the enrolment token is unknown, used, revoked or expired');
  if (row.name !== null && row.name !== name)
    throw new AppError('forbidden', `this enrolment is for a proxy named \`${row.name}\``);
  return row;
}

const attempts = { max: 30, seconds: 300 };

export const enrolProxy = publicCommand()
  .route({ method: 'POST', path: '/proxies/enrol', tags: ['Proxies'], summary: 'Enrol a proxy with a one-time token' })
  .input(enrolInputSchema)
  .output(enrolOutputSchema)
  .handler(async ({ context, input }) => {
    const { tx, db, clock, request } = context;
    await limitAttempts(context, { key: `enrol ${addressGroup(request.address)}`, ...attempts });
    const key = signingKeySchema.safeParse(input.publicKey);
    if (!key.success)
      throw new AppError('invalid_input', 'the key is not an Ed25519 public key', {
        issues: [{ path: 'publicKey', message: 'an OKP JWK with crv Ed25519, kid and x, and no d' }],
      });
    const now = clock.now();
    const { name, host, version } = input;
    const token = await takeToken(tx, { token: input.token, name, now });
    const [row] = await tx
      .insert(proxy)
      .values({ name, host, version, publicKey: key.data, enrolledAt: now, enrolledBy: token.createdBy })
      .returning();
    const { id } = must(row, 'an insert gives a row');
    await tx.update(enrolment).set({ usedAt: now, proxyId: id }).where(eq(enrolment.id, token.id));
    await poke(tx, 'proxies', id);
    return {
      result: { proxyId: id, bundleKeys: [...(await installationKeys(db)).bundlePublic] },
      audit: {
        action: 'proxy.enrol',
        target: { type: 'proxy', id, label: name },
        before: null,
        after: { name, host, version, kid: key.data.kid, enrolment: token.id },
      },
    };
  });
