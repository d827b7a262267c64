/** Whose requests somebody may see: deciders and auditors all of them, everybody else their own and those of what answers to them. */
import 'server-only';
import { eq, or, type SQL, sql } from 'drizzle-orm';
import type { Db, Tx } from '#db/client.ts';
import { request } from '#db/schema/approvals.ts';
import type { IdentityCaller } from '#lib/orpc/context.ts';

/** Made by the person, by an agent or service of theirs, or on their behalf. */
export const isOwn = (identityId: string): SQL =>
  or(
    eq(request.identityId, identityId),
    eq(request.onBehalfOf, identityId),
    eq(request.identityOwnerId, identityId),
    sql`${request.identityId} in (select id from identity where owner_id = ${identityId})`,
  ) ?? sql`false`;

export const seesAll = ({ permissions }: IdentityCaller): boolean =>
  permissions.has('approval:decide') || permissions.has('audit:read');

export const visibleTo = (caller: IdentityCaller): SQL => (seesAll(caller) ? sql`true` : isOwn(caller.id));

export async function maySee(db: Db | Tx, id: string, caller: IdentityCaller): Promise<boolean> {
  if (seesAll(caller)) return true;
  const [row] = await db
    .select({ own: sql<boolean>`${isOwn(caller.id)}` })
    .from(request)
    .where(eq(request.id, id));
  return row?.own === true;
}
