/** Whose sessions the caller sees: reviewers, auditors, operators and admins everybody's; others their own and their agents'. */
import 'server-only';
import { eq, inArray, or, type SQL, sql } from 'drizzle-orm';
import type { Permission } from '#core/identity/role.ts';
import type { session, statement } from '#db/schema/audit.ts';
import { identity } from '#db/schema/identity.ts';
import type { IdentityCaller } from '#lib/orpc/context.ts';

const overseeing: readonly Permission[] = ['audit:read', 'session:kill', 'approval:decide'];

export const seesEverybody = (caller: IdentityCaller): boolean =>
  overseeing.some(permission => caller.permissions.has(permission));

/** Undefined when nothing is hidden. */
export function visibleTo(caller: IdentityCaller, table: typeof session | typeof statement): SQL | undefined {
  if (seesEverybody(caller)) return undefined;
  const agents = sql`(select ${identity.id} from ${identity} where ${identity.ownerId} = ${caller.id})`;
  return or(eq(table.identityId, caller.id), eq(table.onBehalfOfId, caller.id), inArray(table.identityId, agents));
}
