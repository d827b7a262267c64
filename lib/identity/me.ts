/** The caller about themselves, and what the sign-in page may know of the installation. */
import 'server-only';
import { asc, eq } from 'drizzle-orm';
import { permissions } from '#core/identity/role.ts';
import { identity } from '#db/schema/identity.ts';
import { isOidcConfigured } from '#lib/auth/oidc.ts';
import { env } from '#lib/env.ts';
import { publicQuery, query } from '#lib/orpc/base.ts';
import { meOwnsSchema, mePermissionsSchema, meSchema, signInOptionsSchema } from './schema.ts';

const get = query({ permission: null })
  .route({ method: 'GET', path: '/me', tags: ['Identity'], summary: 'Who am I' })
  .output(meSchema)
  .handler(({ context }) => {
    const { id, kind, login, displayName, roles, groups, sessionId } = context.caller;
    const held = permissions.filter(permission => context.caller.permissions.has(permission));
    return { id, kind, login, displayName, roles: [...roles], groups: [...groups], permissions: held, sessionId };
  });

const mine = query({ permission: null })
  .route({ method: 'GET', path: '/me/permissions', tags: ['Identity'], summary: 'What may I do' })
  .output(mePermissionsSchema)
  .handler(({ context }) => ({
    permissions: permissions.filter(permission => context.caller.permissions.has(permission)),
  }));

const ownedMax = 500;

const owns = query({ permission: null })
  .route({ method: 'GET', path: '/me/agents', tags: ['Identity'], summary: 'Agents and services that answer to me' })
  .output(meOwnsSchema)
  .handler(async ({ context: { db, caller } }) => {
    const { id, kind, login, displayName, enabled } = identity;
    const items = await db
      .select({ id, kind, login, displayName, enabled })
      .from(identity)
      .where(eq(identity.ownerId, caller.id))
      .orderBy(asc(login))
      .limit(ownedMax);
    return { items };
  });

const signInOptions = publicQuery()
  .route({ method: 'GET', path: '/sign-in', tags: ['Identity'], summary: 'Ways to sign in to the console' })
  .output(signInOptionsSchema)
  .handler(() => ({ password: true, oidc: isOidcConfigured() ? { name: env().WEIR_OIDC_NAME } : null }));

export const meRouter = { get, permissions: mine, owns };
export { signInOptions };
