/** One-time links with which people set their own password, and changing it later. */
import 'server-only';
import { createHash, randomBytes } from 'node:crypto';
import { and, eq, gt, isNull } from 'drizzle-orm';
import type { Tx } from '#db/client.ts';
import { identity, passwordLink } from '#db/schema/identity.ts';
import { hashPassword, verifyPassword } from '#lib/auth/password.ts';
import { addressGroup, limitAttempts } from '#lib/auth/throttle.ts';
import { env } from '#lib/env.ts';
import { command, publicCommand } from '#lib/orpc/base.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import {
  changePasswordInputSchema,
  doneSchema,
  passwordLinkInputSchema,
  passwordLinkOutputSchema,
  setPasswordInputSchema,
  setPasswordOutputSchema,
} from './schema.ts';
import { endWebSessionsOf } from './web-session.ts';

export const linkLifetimeHours = 72;

const hashOf = (link: string): string => createHash('sha256').update(link).digest('hex');

/** Earlier links of the same person stop working. */
export async function makePasswordLink(tx: Tx, identityId: string, now: Date) {
  const link = randomBytes(32).toString('base64url');
  const expiresAt = new Date(now.getTime() + linkLifetimeHours * 3_600_000);
  await tx.delete(passwordLink).where(eq(passwordLink.identityId, identityId));
  await tx.insert(passwordLink).values({ tokenHash: hashOf(link), identityId, createdAt: now, expiresAt });
  const url = new URL('/set-password', env().WEIR_CONSOLE_URL);
  // The fragment is not sent to servers, so the secret is in no log, proxy or Referer.
  url.hash = `link=${link}`;
  return { url: url.toString(), expiresAt: expiresAt.toISOString() };
}

const create = command({ permission: 'identity:write', shownOnce: true })
  .route({
    method: 'POST',
    path: '/identities/{id}/password-link',
    tags: ['Identity'],
    summary: 'Make a one-time link to set a password',
  })
  .input(passwordLinkInputSchema)
  .output(passwordLinkOutputSchema)
  .handler(async ({ context: { tx, clock }, input }) => {
    const [row] = await tx.select().from(identity).where(eq(identity.id, input.id));
    if (!row) throw notFound('identity');
    if (row.kind !== 'user') throw new AppError('invalid_input', 'agents and services have tokens, not passwords');
    const result = await makePasswordLink(tx, row.id, clock.now());
    const target = { type: 'identity', id: row.id, label: row.login };
    const after = { expiresAt: result.expiresAt };
    return { result, audit: { action: 'identity.make_password_link', target, before: null, after } };
  });

const use = publicCommand()
  .route({ method: 'POST', path: '/password', tags: ['Identity'], summary: 'Set a password with a one-time link' })
  .input(setPasswordInputSchema)
  .output(setPasswordOutputSchema)
  .handler(async ({ context: { tx, sql, clock, request }, input }) => {
    const now = clock.now();
    const window = { key: `password-link:${addressGroup(request.address)}`, max: 30, seconds: 900 };
    await limitAttempts({ sql, clock }, window);
    const [used] = await tx
      .update(passwordLink)
      .set({ usedAt: now })
      .where(
        and(
          eq(passwordLink.tokenHash, hashOf(input.link)),
          isNull(passwordLink.usedAt),
          gt(passwordLink.expiresAt, now),
        ),
      )
      .returning();
    if (!used) throw new AppError('not_found', 'this link is used, expired or not one of ours');
    // Only now, because hashing costs what strangers must not be able to spend.
    const passwordHash = await hashPassword(input.password);
    const [row] = await tx
      .update(identity)
      .set({ passwordHash, updatedAt: now })
      .where(eq(identity.id, used.identityId))
      .returning();
    if (!row) throw notFound('identity');
    await endWebSessionsOf(tx, row.id, { now, reason: 'password set' });
    const target = { type: 'identity', id: row.id, label: row.login };
    return {
      result: { login: row.login },
      audit: { action: 'identity.set_password', target, before: null, after: { by: 'link' } },
    };
  });

const change = command({ permission: null })
  .route({ method: 'POST', path: '/me/password', tags: ['Identity'], summary: 'Change one’s own password' })
  .input(changePasswordInputSchema)
  .output(doneSchema)
  .handler(async ({ context: { tx, sql, clock, caller }, input }) => {
    const now = clock.now();
    await limitAttempts({ sql, clock }, { key: `password-change:${caller.id}`, max: 10, seconds: 900 });
    // Locked, so that a password that somebody else sets meanwhile is not undone by who knows the one before.
    const [row] = await tx.select().from(identity).where(eq(identity.id, caller.id)).for('update');
    if (!(await verifyPassword(row?.passwordHash ?? null, input.current)))
      throw new AppError('invalid_input', 'the current password is not right', {
        issues: [{ path: 'current', message: 'not right' }],
      });
    const passwordHash = await hashPassword(input.password);
    await tx.update(identity).set({ passwordHash, updatedAt: now }).where(eq(identity.id, caller.id));
    await endWebSessionsOf(tx, caller.id, { now, reason: 'password changed', except: caller.sessionId });
    const target = { type: 'identity', id: caller.id, label: caller.login };
    return {
      result: { done: true as const },
      audit: { action: 'identity.set_password', target, before: null, after: { by: 'self' } },
    };
  });

export const passwordRouter = { makeLink: create, setByLink: use, change };
