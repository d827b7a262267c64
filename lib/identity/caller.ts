/** Reads an identity together with its groups, as the caller of a request. */
import 'server-only';
import { asc, eq } from 'drizzle-orm';
import { type Permission, permissionsOf } from '#core/identity/role.ts';
import type { Db, Tx } from '#db/client.ts';
import { groupMember, type identity, identityGroup } from '#db/schema/identity.ts';
import type { IdentityCaller } from '#lib/orpc/context.ts';

export type IdentityRow = typeof identity.$inferSelect;

export async function groupsOf(db: Db | Tx, identityId: string): Promise<string[]> {
  const rows = await db
    .select({ name: identityGroup.name })
    .from(groupMember)
    .innerJoin(identityGroup, eq(identityGroup.id, groupMember.groupId))
    .where(eq(groupMember.identityId, identityId))
    .orderBy(asc(identityGroup.name));
  return rows.map(row => row.name);
}

type Credential =
  | { sessionId: string }
  | { apiTokenId: string; scope: readonly Permission[] }
  | { clientTokenId: string; scope: readonly Permission[] };

const credentialOf = (credential: Credential): IdentityCaller['credential'] =>
  'sessionId' in credential ? 'session' : 'apiTokenId' in credential ? 'api_token' : 'client_token';

export async function identityCaller(db: Db | Tx, row: IdentityRow, credential: Credential): Promise<IdentityCaller> {
  const held = permissionsOf(row.roles);
  const permissions =
    'scope' in credential ? new Set(credential.scope.filter(permission => held.has(permission))) : held;
  return {
    type: 'identity',
    id: row.id,
    login: row.login,
    displayName: row.displayName,
    kind: row.kind,
    roles: row.roles,
    groups: await groupsOf(db, row.id),
    permissions,
    sessionId: 'sessionId' in credential ? credential.sessionId : null,
    apiTokenId: 'apiTokenId' in credential ? credential.apiTokenId : null,
    credential: credentialOf(credential),
  };
}
