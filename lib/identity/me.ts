/** The caller about themselves. */
import 'server-only';
import { permissions } from '#core/identity/role.ts';
import { query } from '#lib/orpc/base.ts';
import { mePermissionsSchema, meSchema } from './schema.ts';

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

export const meRouter = { get, permissions: mine };
