/** The caller as the browser is told: the same as `identity.me.get` answers. Pure. */
import { permissions } from '#core/identity/role.ts';
import type { Me } from '#lib/identity/schema.ts';
import type { IdentityCaller } from '#lib/orpc/context.ts';

export function meOf(caller: IdentityCaller): Me {
  const { id, kind, login, displayName, roles, groups, sessionId } = caller;
  const held = permissions.filter(permission => caller.permissions.has(permission));
  return { id, kind, login, displayName, roles: [...roles], groups: [...groups], permissions: held, sessionId };
}
