/** Grants: who can reach what now, because somebody approved it, until when. */
import 'server-only';
import { and, asc, desc, eq, gt, isNotNull, isNull, lte, or, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import { must } from '#core/contract/assert.ts';
import type { Db } from '#db/client.ts';
import { accessGrant, request } from '#db/schema/approvals.ts';
import { connection } from '#db/schema/catalog.ts';
import { identity } from '#db/schema/identity.ts';
import { peopleOf } from '#lib/identity/people.ts';
import { command, query } from '#lib/orpc/base.ts';
import type { IdentityCaller } from '#lib/orpc/context.ts';
import { contains, decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { endGrant, isRequesterSide } from './end.ts';
import {
  type GrantItem,
  grantListInputSchema,
  grantListOutputSchema,
  grantStateOutputSchema,
  grantTabs,
  revokeInputSchema,
} from './schema.ts';
import { lockRequest, moveRequest } from './state.ts';
import { isOwn, seesAll } from './visible.ts';

type Row = typeof accessGrant.$inferSelect;
type Tab = (typeof grantTabs)[number];

function stateOf({ revokedAt, startsAt, expiresAt }: Row, now: Date) {
  if (revokedAt !== null) return 'revoked' as const;
  if (expiresAt <= now) return 'expired' as const;
  return startsAt > now ? ('upcoming' as const) : ('active' as const);
}

function tabCondition(tab: Tab, now: Date): SQL | undefined {
  const running = and(isNull(accessGrant.revokedAt), gt(accessGrant.expiresAt, now));
  switch (tab) {
    case 'active':
      return and(running, lte(accessGrant.startsAt, now));
    case 'upcoming':
      return and(running, gt(accessGrant.startsAt, now));
    case 'ended':
      return or(isNotNull(accessGrant.revokedAt), lte(accessGrant.expiresAt, now));
  }
}

const visibleTo = (caller: IdentityCaller): SQL =>
  seesAll(caller) || caller.permissions.has('access:revoke') ? sql`true` : isOwn(caller.id);

const approvers = sql<string[]>`coalesce((
  select jsonb_agg(v.identity_id order by v.at) from request_vote v
  where v.request_id = request.id and v.verdict = 'approve'), '[]')`;

/** Who may end it: whoever holds the permission, the holder's side, and those who approved it. */
const mayRevoke = (caller: IdentityCaller, row: typeof request.$inferSelect, approvedBy: readonly string[]): boolean =>
  caller.permissions.has('access:revoke') || isRequesterSide(row, caller.id) || approvedBy.includes(caller.id);

const holder = alias(identity, 'holder');

const joined = (db: Db) =>
  db
    .select({ grant: accessGrant, request, connection, approvedBy: approvers })
    .from(accessGrant)
    .innerJoin(request, eq(request.id, accessGrant.requestId))
    .innerJoin(connection, eq(connection.id, accessGrant.connectionId))
    .innerJoin(holder, eq(holder.id, accessGrant.identityId));
type Joined = Awaited<ReturnType<typeof joined>>[number];

async function countTabs(db: Db, matching: SQL | undefined, now: Date): Promise<Record<Tab, number>> {
  const columns = Object.fromEntries(
    grantTabs.map(tab => [tab, sql<number>`count(*) filter (where ${tabCondition(tab, now)})::int`]),
  ) as Record<Tab, SQL<number>>;
  const [counts] = await db
    .select(columns)
    .from(accessGrant)
    .innerJoin(request, eq(request.id, accessGrant.requestId))
    .innerJoin(connection, eq(connection.id, accessGrant.connectionId))
    .innerJoin(holder, eq(holder.id, accessGrant.identityId))
    .where(matching);
  return must(counts, 'an aggregate gives one row');
}

async function itemsOf(db: Db, rows: readonly Joined[], caller: IdentityCaller, now: Date): Promise<GrantItem[]> {
  const people = await peopleOf(
    db,
    rows.flatMap(row => [row.grant.identityId, row.grant.revokedBy, ...row.approvedBy]),
  );
  return rows.map(({ grant, request: asked, connection: { id, name, environment }, approvedBy }) => {
    const state = stateOf(grant, now);
    const isRunning = state === 'active' || state === 'upcoming';
    return {
      id: grant.id,
      state,
      identity: people.of(grant.identityId),
      connection: { id, name, environment },
      requestId: grant.requestId,
      reason: asked.reason ?? '',
      approvedBy: approvedBy.map(each => people.of(each)),
      startsAt: grant.startsAt.toISOString(),
      expiresAt: grant.expiresAt.toISOString(),
      revokedAt: grant.revokedAt?.toISOString() ?? null,
      revokedBy: people.maybe(grant.revokedBy),
      revokeReason: grant.revokeReason,
      canRevoke: isRunning && mayRevoke(caller, asked, approvedBy),
    };
  });
}

export const listGrants = query({ permission: 'access:read' })
  .route({ method: 'GET', path: '/grants', tags: ['Approvals'], summary: 'List grants' })
  .input(grantListInputSchema)
  .output(grantListOutputSchema)
  .handler(async ({ context: { db, clock, caller }, input }) => {
    const now = clock.now();
    const after = decodeCursor(input.cursor, z.tuple([z.iso.datetime(), z.uuid()]));
    const matching = and(
      visibleTo(caller),
      input.connectionId ? eq(accessGrant.connectionId, input.connectionId) : undefined,
      input.q
        ? or(contains(holder.login, input.q), contains(connection.name, input.q), contains(request.reason, input.q))
        : undefined,
    );
    // What ends soonest first; of what has ended, the latest first.
    const isEnded = input.tab === 'ended';
    const order = isEnded ? desc : asc;
    const key = sql`(${accessGrant.expiresAt}, ${accessGrant.id})`;
    const bound = after && sql`(${after[0]}::timestamptz, ${after[1]}::uuid)`;
    const beyond = bound ? (isEnded ? sql`${key} < ${bound}` : sql`${key} > ${bound}`) : undefined;
    const [rows, counts] = await Promise.all([
      joined(db)
        .where(and(matching, tabCondition(input.tab, now), beyond))
        .orderBy(order(accessGrant.expiresAt), order(accessGrant.id))
        .limit(input.limit + 1),
      countTabs(db, matching, now),
    ]);
    const page = pageOf(rows, input.limit, row => [row.grant.expiresAt.toISOString(), row.grant.id]);
    return {
      items: await itemsOf(db, page.items, caller, now),
      nextCursor: page.nextCursor,
      counts,
      about: counts[input.tab],
    };
  });

export const revokeGrant = command({ permission: null })
  .route({ method: 'POST', path: '/grants/{id}/revoke', tags: ['Approvals'], summary: 'End a grant now' })
  .input(revokeInputSchema)
  .output(grantStateOutputSchema)
  .handler(async ({ context: { tx, clock, caller }, input: { id, reason } }) => {
    const [known] = await tx.select().from(accessGrant).where(eq(accessGrant.id, id));
    // The request is what everybody locks; the grant is read again under its lock.
    const row = known ? await lockRequest(tx, known.requestId) : null;
    const [grant] = await tx.select().from(accessGrant).where(eq(accessGrant.id, id));
    if (!grant || !row) throw notFound('grant');
    const [votes] = await tx.select({ approvedBy: approvers }).from(request).where(eq(request.id, row.id));
    if (!mayRevoke(caller, row, votes?.approvedBy ?? [])) throw notFound('grant');
    const at = clock.now();
    const state = stateOf(grant, at);
    if (state === 'expired' || state === 'revoked') throw new AppError('conflict', `the grant is ${state} already`);
    await moveRequest(tx, row, 'revoked', { at, actorId: caller.id, message: 'access revoked', reason });
    await endGrant(tx, row.id, { by: caller.id, at, reason });
    return {
      result: { id, state: 'revoked' as const },
      audit: {
        action: 'grant.revoke',
        target: { type: 'grant', id, label: row.summary.slice(0, 300) },
        before: { state, expiresAt: grant.expiresAt.toISOString() },
        after: { state: 'revoked' },
        reason,
      },
    };
  });
