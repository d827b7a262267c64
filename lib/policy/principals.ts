/** Identities as policy sees them: with groups, roles and owner; an agent whose owner is disabled counts as disabled. */
import 'server-only';
import { eq, type SQL, sql } from 'drizzle-orm';
import type { Principal } from '#core/identity/principal.ts';
import type { Db, Tx } from '#db/client.ts';
import { identity } from '#db/schema/identity.ts';
import { isActive } from '#lib/identity/active.ts';

/** Written out: where one table is selected from, drizzle leaves the tables of columns away, also inside a subquery. */
const groupNames = sql<string[]>`coalesce((
  select array_agg(g.name order by g.name)
  from group_member m join identity_group g on g.id = m.group_id
  where m.identity_id = identity.id), '{}')`;

const select = (db: Db | Tx, where: SQL | undefined): Promise<Principal[]> =>
  db
    .select({
      id: identity.id,
      kind: identity.kind,
      login: identity.login,
      displayName: identity.displayName,
      groups: groupNames,
      roles: identity.roles,
      ownerId: identity.ownerId,
      enabled: isActive,
    })
    .from(identity)
    .where(where)
    .orderBy(identity.id);

export const allPrincipals = (db: Db | Tx): Promise<Principal[]> => select(db, undefined);

export async function principalOf(db: Db | Tx, id: string): Promise<Principal | null> {
  const [found] = await select(db, eq(identity.id, id));
  return found ?? null;
}
