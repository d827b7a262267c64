/** Groups: what policies and owners name. */
import 'server-only';
import { and, asc, eq, gt, inArray, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { must } from '#core/contract/assert.ts';
import type { Db, Tx } from '#db/client.ts';
import { groupMember, identity, identityGroup } from '#db/schema/identity.ts';
import { command, query } from '#lib/orpc/base.ts';
import { expectedVersion } from '#lib/orpc/context.ts';
import { contains, decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { publish } from '#lib/transaction.ts';
import {
  doneSchema,
  type GroupView,
  groupCreateInputSchema,
  groupDeleteInputSchema,
  groupGetInputSchema,
  groupListInputSchema,
  groupListOutputSchema,
  groupUpdateInputSchema,
  groupViewSchema,
} from './schema.ts';

type GroupRow = typeof identityGroup.$inferSelect;

const viewOf = (row: GroupRow, members: number): GroupView => ({
  id: row.id,
  name: row.name,
  description: row.description,
  source: row.source,
  members,
  createdAt: row.createdAt.toISOString(),
  version: row.version,
});

const countMembers = (db: Db | Tx, groupId: string) => db.$count(groupMember, eq(groupMember.groupId, groupId));

const cursorKey = z.tuple([z.string().max(100)]);

const list = query({ permission: 'identity:read' })
  .route({ method: 'GET', path: '/groups', tags: ['Identity'], summary: 'Groups' })
  .input(groupListInputSchema)
  .output(groupListOutputSchema)
  .handler(async ({ context: { db }, input }) => {
    const after = decodeCursor(input.cursor, cursorKey);
    const members = sql<number>`(select count(*)::int from ${groupMember} where ${groupMember.groupId} = ${identityGroup.id})`;
    const rows = await db
      .select({ group: identityGroup, members })
      .from(identityGroup)
      .where(
        and(
          input.q ? or(contains(identityGroup.name, input.q), contains(identityGroup.description, input.q)) : undefined,
          after ? gt(identityGroup.name, after[0]) : undefined,
        ),
      )
      .orderBy(asc(identityGroup.name))
      .limit(input.limit + 1);
    const page = pageOf(rows, input.limit, row => [row.group.name]);
    return { items: page.items.map(row => viewOf(row.group, row.members)), nextCursor: page.nextCursor };
  });

const get = query({ permission: 'identity:read' })
  .route({ method: 'GET', path: '/groups/{id}', tags: ['Identity'], summary: 'One group' })
  .input(groupGetInputSchema)
  .output(groupViewSchema)
  .handler(async ({ context: { db }, input: { id } }) => {
    const [row] = await db.select().from(identityGroup).where(eq(identityGroup.id, id));
    if (!row) throw notFound('group');
    return viewOf(row, await countMembers(db, id));
  });

async function addMembers(tx: Tx, groupId: string, ids: readonly string[]): Promise<void> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return;
  const found = await tx.select({ id: identity.id }).from(identity).where(inArray(identity.id, wanted));
  if (found.length < wanted.length)
    throw new AppError('invalid_input', 'some of these identities do not exist', {
      issues: [{ path: 'members', message: 'unknown identity' }],
    });
  await tx
    .insert(groupMember)
    .values(wanted.map(identityId => ({ groupId, identityId })))
    .onConflictDoNothing();
}

const create = command({ permission: 'identity:write' })
  .route({ method: 'POST', path: '/groups', tags: ['Identity'], summary: 'Make a group' })
  .input(groupCreateInputSchema)
  .output(groupViewSchema)
  .handler(async ({ context: { tx, caller }, input }) => {
    const { members, ...fields } = input;
    if (members.includes(caller.id)) throw new AppError('forbidden', 'somebody else has to change your groups');
    const [row] = await tx.insert(identityGroup).values(fields).onConflictDoNothing().returning();
    if (!row) throw new AppError('conflict', 'this name is taken', { issues: [{ path: 'name', message: 'taken' }] });
    await addMembers(tx, row.id, members);
    publish(tx, { topic: 'bundle', key: '', payload: { reason: 'group' } });
    const target = { type: 'group', id: row.id, label: row.name };
    const after = { description: row.description, members };
    return {
      result: viewOf(row, await countMembers(tx, row.id)),
      audit: { action: 'group.create', target, before: null, after },
    };
  });

/** Locked, and one that is edited here rather than at the identity provider. */
async function lockLocal(tx: Tx, id: string): Promise<GroupRow> {
  const [row] = await tx.select().from(identityGroup).where(eq(identityGroup.id, id)).for('update');
  if (!row) throw notFound('group');
  if (row.source === 'oidc') throw new AppError('conflict', 'this group follows the identity provider');
  return row;
}

const update = command({ permission: 'identity:write' })
  .route({ method: 'PATCH', path: '/groups/{id}', tags: ['Identity'], summary: 'Change a group and its members' })
  .input(groupUpdateInputSchema)
  .output(groupViewSchema)
  .handler(async ({ context, input }) => {
    const { tx, caller } = context;
    const row = await lockLocal(tx, input.id);
    const expected = expectedVersion(context, input);
    if (expected !== null && expected !== row.version)
      throw new AppError('precondition_failed', 'somebody changed it in the meantime', { currentVersion: row.version });
    const { add = [], remove = [], description = row.description } = input;
    if ([...add, ...remove].includes(caller.id))
      throw new AppError('forbidden', 'somebody else has to change your groups');
    if (remove.length > 0)
      await tx.delete(groupMember).where(and(eq(groupMember.groupId, row.id), inArray(groupMember.identityId, remove)));
    await addMembers(tx, row.id, add);
    const changed = await tx
      .update(identityGroup)
      .set({ description, version: row.version + 1 })
      .where(eq(identityGroup.id, row.id))
      .returning();
    publish(tx, { topic: 'bundle', key: '', payload: { reason: 'group' } });
    const target = { type: 'group', id: row.id, label: row.name };
    return {
      result: viewOf(must(changed[0], 'the row is locked'), await countMembers(tx, row.id)),
      audit: {
        action: 'group.update',
        target,
        before: { description: row.description },
        after: { description, added: add, removed: remove },
      },
    };
  });

const remove = command({ permission: 'identity:write' })
  .route({ method: 'DELETE', path: '/groups/{id}', tags: ['Identity'], summary: 'Delete a group' })
  .input(groupDeleteInputSchema)
  .output(doneSchema)
  .handler(async ({ context: { tx, caller }, input }) => {
    const row = await lockLocal(tx, input.id);
    const own = and(eq(groupMember.groupId, row.id), eq(groupMember.identityId, caller.id));
    if ((await tx.$count(groupMember, own)) > 0)
      throw new AppError('forbidden', 'somebody else has to change your groups');
    const members = await countMembers(tx, row.id);
    await tx.delete(identityGroup).where(eq(identityGroup.id, row.id));
    publish(tx, { topic: 'bundle', key: '', payload: { reason: 'group' } });
    const target = { type: 'group', id: row.id, label: row.name };
    const before = { description: row.description, members };
    return { result: { done: true as const }, audit: { action: 'group.delete', target, before, after: null } };
  });

export const groupsRouter = { list, get, create, update, delete: remove };
