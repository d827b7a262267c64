/** Names for identity ids, many at a time, for everything that shows people. */
import 'server-only';
import { inArray } from 'drizzle-orm';
import type { Db, Tx } from '#db/client.ts';
import { identity } from '#db/schema/identity.ts';
import type { IdentityRef } from '#lib/orpc/list.ts';

export type People = { of(id: string): IdentityRef; maybe(id: string | null | undefined): IdentityRef | null };

/** Ids may repeat and may be absent. */
export async function peopleOf(db: Db | Tx, ids: readonly (string | null | undefined)[]): Promise<People> {
  const wanted = [...new Set(ids.filter(id => typeof id === 'string'))];
  const { id, kind, login, displayName } = identity;
  const rows =
    wanted.length === 0
      ? []
      : await db.select({ id, kind, login, displayName }).from(identity).where(inArray(id, wanted));
  const found = new Map(rows.map(row => [row.id, row]));
  // History outlives whom it names.
  const of = (key: string): IdentityRef =>
    found.get(key) ?? { id: key, kind: 'user', login: 'unknown', displayName: 'Unknown' };
  return { of, maybe: key => (key ? of(key) : null) };
}
