/** Making and changing identities. */
import 'server-only';
import { and, eq, gt, inArray, isNull, ne, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { must } from '#core/contract/assert.ts';
import type { Tx } from '#db/client.ts';
import {
  apiToken,
  clientToken,
  deviceRequest,
  groupMember,
  identity,
  identityGroup,
  passwordLink,
} from '#db/schema/identity.ts';
import { hashPassword } from '#lib/auth/password.ts';
import { command } from '#lib/orpc/base.ts';
import { expectedVersion, type IdentityCaller } from '#lib/orpc/context.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { publish } from '#lib/transaction.ts';
import { groupsOf, type IdentityRow } from './caller.ts';
import { identityView } from './identities.ts';
import { makePasswordLink } from './password-link.ts';
import {
  identityCreateInputSchema,
  identityCreateOutputSchema,
  identityUpdateInputSchema,
  identityViewSchema,
} from './schema.ts';
import { endWebSessionsOf } from './web-session.ts';

const invalid = (path: string, message: string) =>
  new AppError('invalid_input', message, { issues: [{ path, message }] });

/** Replaces the memberships of local groups; those of the identity provider's groups stay as they are. */
async function setGroups(tx: Tx, identityId: string, names: readonly string[]): Promise<void> {
  const wanted = [...new Set(names)];
  const found =
    wanted.length === 0 ? [] : await tx.select().from(identityGroup).where(inArray(identityGroup.name, wanted));
  const unknown = wanted.filter(name => !found.some(group => group.name === name));
  if (unknown.length > 0) throw invalid('groups', `no such group: \`${unknown.slice(0, 5).join('`, `')}\``);
  const local = tx.select({ id: identityGroup.id }).from(identityGroup).where(eq(identityGroup.source, 'local'));
  await tx.delete(groupMember).where(and(eq(groupMember.identityId, identityId), inArray(groupMember.groupId, local)));
  const joining = found.filter(group => group.source === 'local').map(group => ({ groupId: group.id, identityId }));
  if (joining.length > 0) await tx.insert(groupMember).values(joining);
}

/** Who answers for an agent or a service account: a person who is there. */
async function assertOwner(tx: Tx, ownerId: string): Promise<void> {
  const [owner] = await tx.select().from(identity).where(eq(identity.id, ownerId));
  if (owner?.kind !== 'user' || !owner.enabled) throw invalid('ownerId', 'the owner must be an enabled person');
}

const auditOf = (row: IdentityRow, groups: readonly string[]) => ({
  displayName: row.displayName,
  roles: row.roles,
  groups,
  enabled: row.enabled,
  ownerId: row.ownerId,
  purpose: row.purpose,
});

const create = command({ permission: 'identity:write', shownOnce: true })
  .route({
    method: 'POST',
    path: '/identities',
    tags: ['Identity'],
    summary: 'Make a person, agent or service account',
  })
  .input(identityCreateInputSchema)
  .output(identityCreateOutputSchema)
  .handler(async ({ context: { tx, clock }, input }) => {
    const { password, groups, ownerId = null, ...fields } = input;
    if (ownerId !== null) await assertOwner(tx, ownerId);
    const now = clock.now();
    const passwordHash = password === undefined ? null : await hashPassword(password);
    const values = { ...fields, ownerId, passwordHash, createdAt: now, updatedAt: now };
    const [row] = await tx.insert(identity).values(values).onConflictDoNothing().returning();
    if (!row) throw new AppError('conflict', 'this login is taken', { issues: [{ path: 'login', message: 'taken' }] });
    await setGroups(tx, row.id, groups);
    const isInvited = input.kind === 'user' && password === undefined;
    const link = isInvited ? await makePasswordLink(tx, row.id, now) : null;
    publish(tx, { topic: 'bundle', key: '', payload: { reason: 'identity' } });
    const view = await identityView(tx, row);
    const target = { type: 'identity', id: row.id, label: row.login };
    const after = { kind: row.kind, ...auditOf(row, view.groups) };
    return {
      result: { identity: view, passwordLink: link },
      audit: { action: 'identity.create', target, before: null, after },
    };
  });

type Change = z.output<typeof identityUpdateInputSchema>;

/** Nobody makes themselves more powerful, and nobody locks everybody out. */
async function assertAllowed(tx: Tx, caller: IdentityCaller, row: IdentityRow, change: Change): Promise<void> {
  const changesPower = change.roles !== undefined || change.groups !== undefined || change.enabled === false;
  if (row.id === caller.id && changesPower)
    throw new AppError('forbidden', 'somebody else has to change your roles, your groups and whether you are enabled');
  const staysAdmin = (change.roles ?? row.roles).includes('admin') && (change.enabled ?? row.enabled);
  if (!row.roles.includes('admin') || !row.enabled || staysAdmin) return;
  const isAdmin = and(eq(identity.enabled, true), sql`'admin' = any(${identity.roles})`, ne(identity.id, row.id));
  const others = await tx.select({ id: identity.id }).from(identity).where(isAdmin).limit(1).for('update');
  if (others.length === 0) throw new AppError('conflict', 'this is the last enabled admin');
}

type Ending = { now: Date; by: string };

/** What was given out before: in wrong hands it would be good again as soon as the identity is, and under a new owner it would be the old one's. */
async function revokeAll(tx: Tx, ids: readonly string[], { now, by }: Ending): Promise<void> {
  // First one that was let in and fetches its token: it is waited for, and the token is found.
  await tx.delete(deviceRequest).where(inArray(deviceRequest.identityId, [...ids]));
  await tx
    .update(apiToken)
    .set({ revokedAt: now })
    .where(and(inArray(apiToken.identityId, [...ids]), isNull(apiToken.revokedAt)));
  await tx
    .update(clientToken)
    .set({ revokedAt: now, revokedBy: by })
    .where(
      and(inArray(clientToken.identityId, [...ids]), isNull(clientToken.revokedAt), gt(clientToken.expiresAt, now)),
    );
}

/** Nothing that lets somebody in outlives it, nor what they have given to agents and services: nobody else can have done that. */
async function disable(tx: Tx, row: IdentityRow, ending: Ending): Promise<void> {
  await endWebSessionsOf(tx, row.id, { now: ending.now, reason: 'identity disabled' });
  const owned = await tx.select({ id: identity.id }).from(identity).where(eq(identity.ownerId, row.id));
  await revokeAll(tx, [row.id, ...owned.map(each => each.id)], ending);
  await tx.delete(passwordLink).where(eq(passwordLink.identityId, row.id));
}

const update = command({ permission: 'identity:write' })
  .route({ method: 'PATCH', path: '/identities/{id}', tags: ['Identity'], summary: 'Change an identity' })
  .input(identityUpdateInputSchema)
  .output(identityViewSchema)
  .handler(async ({ context, input }) => {
    const { tx, caller, clock } = context;
    const [row] = await tx.select().from(identity).where(eq(identity.id, input.id)).for('update');
    if (!row) throw notFound('identity');
    const expected = expectedVersion(context, input);
    if (expected !== null && expected !== row.version)
      throw new AppError('precondition_failed', 'somebody changed it in the meantime', { currentVersion: row.version });
    await assertAllowed(tx, caller, row, input);
    const { id: _id, expectedVersion: _expected, groups, ...fields } = input;
    if (fields.ownerId !== undefined) {
      if (row.kind === 'user') throw invalid('ownerId', 'people have no owner');
      await assertOwner(tx, fields.ownerId);
    }
    const before = await groupsOf(tx, row.id);
    if (groups !== undefined) await setGroups(tx, row.id, groups);
    const now = clock.now();
    const changed = await tx
      .update(identity)
      .set({ ...fields, version: row.version + 1, updatedAt: now })
      .where(eq(identity.id, row.id))
      .returning();
    const next = must(changed[0], 'the row is locked');
    if (row.enabled && !next.enabled) await disable(tx, row, { now, by: caller.id });
    // Else the former owner could go on asking as the agent, and decide on what it asks.
    if (row.ownerId !== next.ownerId) await revokeAll(tx, [row.id], { now, by: caller.id });
    publish(tx, { topic: 'bundle', key: '', payload: { reason: 'identity' } });
    publish(tx, { topic: 'signout', key: row.id, payload: { sessionId: null } });
    const view = await identityView(tx, next);
    const target = { type: 'identity', id: row.id, label: row.login };
    const audit = {
      action: 'identity.update',
      target,
      before: auditOf(row, before),
      after: auditOf(next, view.groups),
    };
    return { result: view, audit };
  });

export const identityChanges = { create, update };
