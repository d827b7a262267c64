/** Who owns which tables and schemas. A relation without an owner of its own is its schema's owner's. */
import 'server-only';
import { and, eq, isNull } from 'drizzle-orm';
import type { Db, Tx } from '#db/client.ts';
import { catalogRelation, connection, objectOwner } from '#db/schema/catalog.ts';
import { identity, identityGroup } from '#db/schema/identity.ts';
import { type People, peopleOf } from '#lib/identity/people.ts';
import { command } from '#lib/orpc/base.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { publish } from '#lib/transaction.ts';
import { type OwnerRef, setOwnerInputSchema, setOwnerOutputSchema } from './schema.ts';

function ownerRefOf(row: { identityId: string | null; groupName: string | null }, people: People): OwnerRef | null {
  if (row.identityId !== null) return { type: 'identity', identity: people.of(row.identityId) };
  return row.groupName === null ? null : { type: 'group', group: row.groupName };
}

export type Owners = {
  /** The relation's own owner, else its schema's. */
  of(schema: string, relation: string): { owner: OwnerRef; inherited: boolean } | null;
  ofSchema(schema: string): OwnerRef | null;
};

/** All owners of one connection, as a lookup. */
export async function ownersOf(db: Db | Tx, connectionId: string): Promise<Owners> {
  const rows = await db.select().from(objectOwner).where(eq(objectOwner.connectionId, connectionId));
  const people = await peopleOf(
    db,
    rows.map(row => row.identityId),
  );
  const key = (schema: string, relation: string | null) => JSON.stringify([schema, relation]);
  const found = new Map(rows.map(row => [key(row.schema, row.relation), ownerRefOf(row, people)]));
  const ofSchema = (schema: string) => found.get(key(schema, null)) ?? null;
  return {
    ofSchema,
    of(schema, relation) {
      const own = found.get(key(schema, relation));
      if (own) return { owner: own, inherited: false };
      const around = ofSchema(schema);
      return around ? { owner: around, inherited: true } : null;
    },
  };
}

type NewOwner = { identityId: string | null; groupName: string | null };

async function resolveOwner(tx: Tx, owner: { identity: string } | { group: string }): Promise<NewOwner> {
  if ('identity' in owner) {
    const [person] = await tx
      .select({ id: identity.id, kind: identity.kind })
      .from(identity)
      .where(eq(identity.id, owner.identity));
    if (!person) throw notFound('identity');
    if (person.kind !== 'user') throw new AppError('invalid_input', 'only people and groups own data');
    return { identityId: person.id, groupName: null };
  }
  const [group] = await tx
    .select({ name: identityGroup.name })
    .from(identityGroup)
    .where(eq(identityGroup.name, owner.group));
  if (!group) throw notFound('group');
  return { identityId: null, groupName: group.name };
}

const audited = (owner: OwnerRef | null) =>
  owner === null ? null : owner.type === 'group' ? { group: owner.group } : { identity: owner.identity.login };

export const setOwner = command({ permission: 'catalog:write' })
  .route({
    method: 'PUT',
    path: '/catalog/{connectionId}/owners',
    tags: ['Catalog'],
    summary: 'Say who owns a table or a schema',
  })
  .input(setOwnerInputSchema)
  .output(setOwnerOutputSchema)
  .handler(async ({ context: { tx, clock, caller }, input }) => {
    const { connectionId, schema, relation } = input;
    const [on] = await tx
      .select({ name: connection.name })
      .from(connection)
      .where(eq(connection.id, connectionId))
      .for('update');
    if (!on) throw notFound('connection');
    const [known] = await tx
      .select({ oid: catalogRelation.oid })
      .from(catalogRelation)
      .where(
        and(
          eq(catalogRelation.connectionId, connectionId),
          eq(catalogRelation.schema, schema),
          relation === null ? undefined : eq(catalogRelation.name, relation),
        ),
      )
      .limit(1);
    if (!known) throw notFound(relation === null ? 'schema' : 'relation');
    const where = and(
      eq(objectOwner.connectionId, connectionId),
      eq(objectOwner.schema, schema),
      relation === null ? isNull(objectOwner.relation) : eq(objectOwner.relation, relation),
    );
    const [removed] = await tx.delete(objectOwner).where(where).returning();
    const next = input.owner === null ? null : await resolveOwner(tx, input.owner);
    if (next !== null)
      await tx.insert(objectOwner).values({
        connectionId,
        schema,
        relation,
        relationOid: relation === null ? 0 : known.oid,
        ...next,
        by: caller.id,
        at: clock.now(),
      });
    publish(tx, { topic: 'bundle', key: '', payload: { reason: 'owner' } });
    const people = await peopleOf(tx, [removed?.identityId, next?.identityId]);
    const owner = next === null ? null : ownerRefOf(next, people);
    const name = relation === null ? schema : `${schema}.${relation}`;
    return {
      result: { owner },
      audit: {
        action: 'catalog.set_owner',
        target: { type: 'relation', id: `${connectionId}/${name}`, label: `${on.name} / ${name}` },
        before: { owner: removed ? audited(ownerRefOf(removed, people)) : null },
        after: { owner: audited(owner) },
      },
    };
  });
