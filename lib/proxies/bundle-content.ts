/** What the bundle is made of, read from every context that has a say in it. */
import 'server-only';
import { and, asc, gt, isNotNull, isNull, or } from 'drizzle-orm';
import type { ColumnLabel, Owner } from '#core/catalog/classification.ts';
import type { Bundle } from '#core/policy/bundle.ts';
import type { Db, Tx } from '#db/client.ts';
import { accessGrant } from '#db/schema/approvals.ts';
import { columnLabel, connection, inheritedLabel, objectOwner } from '#db/schema/catalog.ts';
import { clientToken } from '#db/schema/identity.ts';
import { env } from '#lib/env.ts';
import type { Keys } from '#lib/keys.ts';
import { allPrincipals } from '#lib/policy/principals.ts';
import { currentPolicySet } from '#lib/policy/set.ts';

export type BundleContent = Omit<Bundle, 'version' | 'issuedAt' | 'expiresAt'>;

const connectionsOf = (db: Db | Tx): Promise<Bundle['connections']> => {
  const { id, name, engine, environment, region, tags } = connection;
  return db.select({ id, name, engine, environment, region, tags }).from(connection).orderBy(asc(id));
};

function grouped<T extends { connectionId: string }, U>(rows: readonly T[], shape: (row: T) => U): Record<string, U[]> {
  const groups: Record<string, U[]> = {};
  for (const row of rows) {
    const group = groups[row.connectionId] ?? [];
    groups[row.connectionId] = group;
    group.push(shape(row));
  }
  return groups;
}

async function labelsOf(db: Db | Tx): Promise<Bundle['labels']> {
  const { connectionId, relationOid, attnum } = columnLabel;
  const placed = await db.select().from(columnLabel).orderBy(asc(connectionId), asc(relationOid), asc(attnum));
  const { schema, relation, column } = inheritedLabel;
  const waiting = await db
    .select()
    .from(inheritedLabel)
    .orderBy(asc(inheritedLabel.connectionId), asc(schema), asc(relation), asc(column));
  // What no catalog has shown yet is found by its name.
  const rows = [...placed, ...waiting.map(each => ({ ...each, relationOid: 0, attnum: 0 }))];
  return grouped(rows, ({ relationOid, attnum, schema, relation, column, label, level }): ColumnLabel => {
    return { relationOid, attnum, schema, relation, column, label, level };
  });
}

async function ownersOf(db: Db | Tx): Promise<Bundle['owners']> {
  const rows = await db.select().from(objectOwner).orderBy(asc(objectOwner.connectionId), asc(objectOwner.id));
  const owned = rows.flatMap((row): ({ connectionId: string } & Owner)[] => {
    const { connectionId, schema, relation, identityId, groupName } = row;
    if (identityId !== null) return [{ connectionId, schema, relation, owner: { identity: identityId } }];
    return groupName === null ? [] : [{ connectionId, schema, relation, owner: { group: groupName } }];
  });
  return grouped(owned, ({ schema, relation, owner }): Owner => ({ schema, relation, owner }));
}

async function grantsOf(db: Db | Tx, now: Date): Promise<Bundle['grants']> {
  const rows = await db
    .select()
    .from(accessGrant)
    .where(and(isNull(accessGrant.revokedAt), gt(accessGrant.expiresAt, now)))
    .orderBy(asc(accessGrant.id));
  return rows.map(({ id, identityId, connectionId, startsAt, expiresAt }) => ({
    id,
    identityId,
    connectionId,
    startsAt: startsAt.getTime(),
    expiresAt: expiresAt.getTime(),
  }));
}

/** Sessions outlast the expiry of their token: one that is revoked only then is in bundles for as long as a proxy may do without. */
const revokedKeptMs = 24 * 3_600_000;
/** A session that is older was opened with a token that nobody finds any more; it can be ended by itself. */
const expiredKeptMs = 30 * 24 * 3_600_000;

async function revokedTokensOf(db: Db | Tx, now: Date): Promise<string[]> {
  const before = (ms: number) => new Date(now.getTime() - ms);
  const { revokedAt, expiresAt } = clientToken;
  const rows = await db
    .select({ jti: clientToken.jti })
    .from(clientToken)
    .where(
      and(
        isNotNull(revokedAt),
        gt(expiresAt, before(expiredKeptMs)),
        or(gt(expiresAt, now), gt(revokedAt, before(revokedKeptMs))),
      ),
    )
    .orderBy(asc(clientToken.jti));
  return rows.map(row => row.jti);
}

/** The same state gives the same content, member by member, so that content can be compared by its hash. */
export async function readContent(db: Db | Tx, keys: Keys, now: Date): Promise<BundleContent> {
  const [connections, set, identities, labels, owners, grants, revokedTokens] = await Promise.all([
    connectionsOf(db),
    currentPolicySet(db),
    allPrincipals(db),
    labelsOf(db),
    ownersOf(db),
    grantsOf(db, now),
    revokedTokensOf(db, now),
  ]);
  return {
    schema: 1,
    policyVersion: set.version,
    connections,
    policies: set.policies.filter(policy => policy.mode !== 'draft'),
    identities,
    labels,
    owners,
    grants,
    revokedTokens,
    keys: { tokens: [...keys.tokenPublic], literals: keys.literals, mask: keys.mask },
    consoleUrl: env().WEIR_CONSOLE_URL,
  };
}
