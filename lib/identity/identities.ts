/** Reading identities. */
import 'server-only';
import { and, asc, eq, gt, inArray, isNull, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db, Tx } from '#db/client.ts';
import { clientToken, groupMember, identity, identityGroup, webSession } from '#db/schema/identity.ts';
import { query } from '#lib/orpc/base.ts';
import { contains, decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { notFound } from '#lib/orpc/error.ts';
import type { IdentityRow } from './caller.ts';
import { peopleOf } from './people.ts';
import {
  type IdentityView,
  identityDetailSchema,
  identityGetInputSchema,
  identityListInputSchema,
  identityListOutputSchema,
} from './schema.ts';

async function groupsByIdentity(db: Db | Tx, ids: readonly string[]): Promise<Map<string, string[]>> {
  const groups = new Map<string, string[]>(ids.map(id => [id, []]));
  if (ids.length === 0) return groups;
  const rows = await db
    .select({ id: groupMember.identityId, name: identityGroup.name })
    .from(groupMember)
    .innerJoin(identityGroup, eq(identityGroup.id, groupMember.groupId))
    .where(inArray(groupMember.identityId, [...ids]))
    .orderBy(asc(identityGroup.name));
  for (const row of rows) groups.get(row.id)?.push(row.name);
  return groups;
}

export async function identityViews(db: Db | Tx, rows: readonly IdentityRow[]): Promise<IdentityView[]> {
  const groups = await groupsByIdentity(
    db,
    rows.map(row => row.id),
  );
  const people = await peopleOf(
    db,
    rows.map(row => row.ownerId),
  );
  return rows.map(row => ({
    id: row.id,
    kind: row.kind,
    login: row.login,
    displayName: row.displayName,
    roles: row.roles,
    groups: groups.get(row.id) ?? [],
    owner: people.maybe(row.ownerId),
    enabled: row.enabled,
    purpose: row.purpose,
    signIn: [...(row.passwordHash ? (['password'] as const) : []), ...(row.oidcSubject ? (['oidc'] as const) : [])],
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  }));
}

export async function identityView(db: Db | Tx, row: IdentityRow): Promise<IdentityView> {
  const [view] = await identityViews(db, [row]);
  if (!view) throw notFound('identity');
  return view;
}

const cursorKey = z.tuple([z.string().max(320)]);

const inGroup = (name: string): SQL => sql`exists (
  select 1 from ${groupMember} join ${identityGroup} on ${identityGroup.id} = ${groupMember.groupId}
  where ${groupMember.identityId} = ${identity.id} and ${identityGroup.name} = ${name})`;

const list = query({ permission: 'identity:read' })
  .route({ method: 'GET', path: '/identities', tags: ['Identity'], summary: 'People, agents and service accounts' })
  .input(identityListInputSchema)
  .output(identityListOutputSchema)
  .handler(async ({ context: { db }, input }) => {
    const after = decodeCursor(input.cursor, cursorKey);
    const rows = await db
      .select()
      .from(identity)
      .where(
        and(
          input.kind && eq(identity.kind, input.kind),
          input.role && sql`${input.role} = any(${identity.roles})`,
          input.group ? inGroup(input.group) : undefined,
          input.owner ? eq(identity.ownerId, input.owner) : undefined,
          input.enabled !== undefined ? eq(identity.enabled, input.enabled) : undefined,
          input.q ? or(contains(identity.login, input.q), contains(identity.displayName, input.q)) : undefined,
          after ? gt(identity.login, after[0]) : undefined,
        ),
      )
      .orderBy(asc(identity.login))
      .limit(input.limit + 1);
    const page = pageOf(rows, input.limit, row => [row.login]);
    return { items: await identityViews(db, page.items), nextCursor: page.nextCursor };
  });

const get = query({ permission: 'identity:read' })
  .route({ method: 'GET', path: '/identities/{id}', tags: ['Identity'], summary: 'One identity' })
  .input(identityGetInputSchema)
  .output(identityDetailSchema)
  .handler(async ({ context: { db, clock, resHeaders }, input }) => {
    const [row] = await db.select().from(identity).where(eq(identity.id, input.id));
    if (!row) throw notFound('identity');
    resHeaders?.set('etag', `"${row.version}"`);
    const { id, kind, login, displayName } = identity;
    const owns = await db
      .select({ id, kind, login, displayName })
      .from(identity)
      .where(eq(identity.ownerId, row.id))
      .orderBy(asc(login))
      .limit(200);
    const isActive = and(
      eq(clientToken.identityId, row.id),
      isNull(clientToken.revokedAt),
      gt(clientToken.expiresAt, clock.now()),
    );
    const isOpen = and(
      eq(webSession.identityId, row.id),
      isNull(webSession.endedAt),
      gt(webSession.expiresAt, clock.now()),
    );
    const activeTokens = await db.$count(clientToken, isActive);
    const openSessions = await db.$count(webSession, isOpen);
    return { ...(await identityView(db, row)), owns, activeTokens, openSessions };
  });

export const identityReads = { list, get };
