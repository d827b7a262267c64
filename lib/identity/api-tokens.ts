/** Making, listing and revoking API tokens. */
import 'server-only';
import { and, desc, eq, gt, inArray, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { must } from '#core/contract/assert.ts';
import { permissionsOf } from '#core/identity/role.ts';
import type { Db, Tx } from '#db/client.ts';
import { apiToken, identity } from '#db/schema/identity.ts';
import { command, query } from '#lib/orpc/base.ts';
import type { IdentityCaller } from '#lib/orpc/context.ts';
import { contains, decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { publish } from '#lib/transaction.ts';
import { hashOfToken, mintApiToken, prefixLength } from './api-token.ts';
import { peopleOf } from './people.ts';
import {
  type ApiTokenView,
  apiTokenCreateInputSchema,
  apiTokenCreateOutputSchema,
  apiTokenListInputSchema,
  apiTokenListOutputSchema,
  apiTokenRevokeInputSchema,
  doneSchema,
} from './schema.ts';
import { subjectOf, tokenStateOf } from './tokens.ts';

export const apiTokensMax = 50;

type Row = typeof apiToken.$inferSelect;

async function viewsOf(db: Db | Tx, rows: readonly Row[], now: Date): Promise<ApiTokenView[]> {
  const people = await peopleOf(
    db,
    rows.map(row => row.identityId),
  );
  return rows.map(row => ({
    id: row.id,
    identity: people.of(row.identityId),
    name: row.name,
    prefix: row.prefix,
    permissions: row.permissions,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    lastUsedAddress: row.lastUsedAddress,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    state: tokenStateOf(row, now),
  }));
}

const create = command({ permission: null, shownOnce: true })
  .route({ method: 'POST', path: '/api-tokens', tags: ['Identity'], summary: 'Make an API token' })
  .input(apiTokenCreateInputSchema)
  .output(apiTokenCreateOutputSchema)
  .handler(async ({ context: { tx, caller, clock }, input }) => {
    // A token that can make tokens would outlive its own expiry and revocation.
    if (caller.credential !== 'session')
      throw new AppError('forbidden', 'API tokens are made in the console, not with one');
    const now = clock.now();
    const subject = await subjectOf(tx, caller, input.identityId);
    const [row] = await tx.select().from(identity).where(eq(identity.id, subject.id));
    const held = permissionsOf(must(row, 'the subject exists').roles);
    const excess = input.permissions.filter(permission => !held.has(permission));
    if (excess.length > 0)
      throw new AppError('invalid_input', `${subject.login} does not have \`${excess.join('`, `')}\``, {
        issues: [{ path: 'permissions', message: `not held: ${excess.join(', ')}` }],
      });
    const isActive = and(eq(apiToken.identityId, subject.id), isNull(apiToken.revokedAt), gt(apiToken.expiresAt, now));
    if ((await tx.$count(apiToken, isActive)) >= apiTokensMax)
      throw new AppError('conflict', `there are ${apiTokensMax} active API tokens already, revoke some first`);
    const token = mintApiToken();
    const values = {
      identityId: subject.id,
      name: input.name,
      hash: hashOfToken(token),
      prefix: token.slice(0, prefixLength),
      permissions: [...new Set(input.permissions)],
      createdAt: now,
      expiresAt: new Date(now.getTime() + input.expiresInDays * 86_400_000),
    };
    const made = await tx.insert(apiToken).values(values).returning();
    const [view] = await viewsOf(tx, made, now);
    const result = { token, apiToken: must(view, 'one row was inserted') };
    const target = { type: 'api_token', id: result.apiToken.id, label: input.name };
    const after = { identity: subject.id, permissions: values.permissions, expiresAt: result.apiToken.expiresAt };
    return { result, audit: { action: 'api_token.create', target, before: null, after } };
  });

function visibleTo(caller: IdentityCaller, all: boolean | undefined): SQL | undefined {
  if (all && caller.permissions.has('token:revoke')) return undefined;
  const owned = sql`(select ${identity.id} from ${identity} where ${identity.ownerId} = ${caller.id})`;
  return or(eq(apiToken.identityId, caller.id), inArray(apiToken.identityId, owned));
}

const cursorKey = z.tuple([z.iso.datetime(), z.uuid()]);

const list = query({ permission: null })
  .route({ method: 'GET', path: '/api-tokens', tags: ['Identity'], summary: 'API tokens' })
  .input(apiTokenListInputSchema)
  .output(apiTokenListOutputSchema)
  .handler(async ({ context: { db, caller, clock }, input }) => {
    const after = decodeCursor(input.cursor, cursorKey);
    const older = after
      ? or(
          lt(apiToken.createdAt, new Date(after[0])),
          and(eq(apiToken.createdAt, new Date(after[0])), lt(apiToken.id, after[1])),
        )
      : undefined;
    const rows = await db
      .select()
      .from(apiToken)
      .where(and(visibleTo(caller, input.all), input.q ? contains(apiToken.name, input.q) : undefined, older))
      .orderBy(desc(apiToken.createdAt), desc(apiToken.id))
      .limit(input.limit + 1);
    const page = pageOf(rows, input.limit, row => [row.createdAt.toISOString(), row.id]);
    return { items: await viewsOf(db, page.items, clock.now()), nextCursor: page.nextCursor };
  });

const revoke = command({ permission: null })
  .route({ method: 'POST', path: '/api-tokens/{id}/revoke', tags: ['Identity'], summary: 'Revoke an API token' })
  .input(apiTokenRevokeInputSchema)
  .output(doneSchema)
  .handler(async ({ context: { tx, caller, clock }, input }) => {
    const [row] = await tx
      .select()
      .from(apiToken)
      .where(and(eq(apiToken.id, input.id), visibleTo(caller, true)))
      .for('update');
    if (!row) throw notFound('API token');
    const now = clock.now();
    if (row.revokedAt === null) {
      await tx.update(apiToken).set({ revokedAt: now }).where(eq(apiToken.id, row.id));
      publish(tx, { topic: 'signout', key: row.identityId, payload: { sessionId: null } });
    }
    const target = { type: 'api_token', id: row.id, label: row.name };
    const before = { state: tokenStateOf(row, now) };
    return {
      result: { done: true as const },
      audit: { action: 'api_token.revoke', target, before, after: { state: 'revoked' } },
    };
  });

export const apiTokensRouter = { create, list, revoke };
