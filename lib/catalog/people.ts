/** Names for identity ids, many at a time, for everything the console shows people in. */
import 'server-only';
import { inArray } from 'drizzle-orm';
import type { Db, Tx } from '#db/client.ts';
import { identity } from '#db/schema/identity.ts';
import type { IdentityRef } from '#lib/orpc/list.ts';
import type { OwnerRef } from './schema.ts';

export type People = { of(id: string): IdentityRef; maybe(id: string | null | undefined): IdentityRef | null };

/** Ids may repeat and may be absent. */
export async function peopleOf(db: Db | Tx, ids: readonly (string | null | undefined)[]): Promise<People> {
  const wanted = [...new Set(ids.filter(id => typeof id === 'string'))];
  const rows =
    wanted.length === 0
      ? []
      : await db
          .select({ id: identity.id, kind: identity.kind, login: identity.login, displayName: identity.displayName })
          .from(identity)
          .where(inArray(identity.id, wanted));
  const found = new Map(rows.map(row => [row.id, row]));
  // History outlives whom it names.
  const of = (id: string): IdentityRef =>
    found.get(id) ?? { id, kind: 'user', login: 'unknown', displayName: 'Unknown' };
  return { of, maybe: id => (id ? of(id) : null) };
}

export function ownerRefOf(
  row: { identityId: string | null; groupName: string | null },
  people: People,
): OwnerRef | null {
  if (row.identityId !== null) return { type: 'identity', identity: people.of(row.identityId) };
  return row.groupName === null ? null : { type: 'group', group: row.groupName };
}
