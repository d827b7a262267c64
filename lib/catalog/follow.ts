/**
 * Keeps what people said about an object with the object: a rename keeps the identifiers, a drop and create keeps the name.
 * Runs inside an intake, on the tables that were just stored.
 */
import 'server-only';
import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '#db/client.ts';

export async function followObjects(tx: Tx, connectionId: string): Promise<void> {
  await copyLabelsByName(tx, connectionId);
  await rename(tx, { connectionId, table: sql`column_label` });
  await rebindByName(tx, { connectionId, table: sql`column_label`, when: gone, perLabel: false });
  await rebindByName(tx, { connectionId, table: sql`suggestion`, when: renamed, perLabel: true });
  await rename(tx, { connectionId, table: sql`suggestion` });
  await rebindByName(tx, { connectionId, table: sql`suggestion`, when: gone, perLabel: true });
  await tx.execute(sql`
    delete from suggestion s where s.connection_id = ${connectionId} and s.state = 'open' and not exists (
      select from catalog_column c
      where c.connection_id = s.connection_id and c.relation_oid = s.relation_oid and c.attnum = s.attnum)`);
  await followOwners(tx, connectionId);
}

/** Its identifiers are no longer in the catalog. */
const gone = sql`not exists (
  select from catalog_column c
  where c.connection_id = o.connection_id and c.relation_oid = o.relation_oid and c.attnum = o.attnum)`;

/** Its identifiers are now those of something with another name. */
const renamed = sql`exists (
  select from catalog_column c join catalog_relation r on r.connection_id = c.connection_id and r.oid = c.relation_oid
  where c.connection_id = o.connection_id and c.relation_oid = o.relation_oid and c.attnum = o.attnum
    and (r.schema, r.name, c.name) <> (o.schema, o.relation, o."column"))`;

/** The column that now has the name; `o` is what looks for it. */
const namesake = sql`
  join catalog_relation r on r.connection_id = o.connection_id and r.schema = o.schema and r.name = o.relation
  join catalog_column c on c.connection_id = r.connection_id and c.relation_oid = r.oid and c.name = o."column"
    and (c.relation_oid, c.attnum) <> (o.relation_oid, o.attnum)`;

/**
 * A label whose identifiers got another name while its name lives on elsewhere (a table was swapped, or the database was
 * restored) holds for both: one of them has the data, and to mask too much is the lesser fault.
 */
async function copyLabelsByName(tx: Tx, connectionId: string): Promise<void> {
  await tx.execute(sql`
    insert into column_label
      (id, connection_id, relation_oid, attnum, schema, relation, "column", label, level, source, evidence, by, at)
    select gen_random_uuid(), o.connection_id, c.relation_oid, c.attnum, o.schema, o.relation, o."column", o.label, o.level,
      'inherited', 'the column that had this name before carries it', o.by, o.at
    from column_label o ${namesake}
    where o.connection_id = ${connectionId} and ${renamed}
    on conflict do nothing`);
}

type Follow = { connectionId: string; table: SQL };

/** Moves to the column of the same name, unless that one carries its own. */
async function rebindByName(
  tx: Tx,
  { connectionId, table, when, perLabel }: Follow & { when: SQL; perLabel: boolean },
): Promise<void> {
  const key = perLabel ? sql`c.relation_oid, c.attnum, o.label` : sql`c.relation_oid, c.attnum`;
  await tx.execute(sql`
    update ${table} target set relation_oid = found.relation_oid, attnum = found.attnum
    from (
      select distinct on (${key}) o.id, c.relation_oid, c.attnum
      from ${table} o ${namesake}
      where o.connection_id = ${connectionId} and ${when}
        and not exists (
          select from ${table} own
          where own.connection_id = o.connection_id and own.relation_oid = c.relation_oid and own.attnum = c.attnum
            and ${perLabel ? sql`own.label = o.label` : sql`true`})
      order by ${key}, o.id
    ) found
    where target.id = found.id`);
}

async function rename(tx: Tx, { connectionId, table }: Follow): Promise<void> {
  await tx.execute(sql`
    update ${table} o set schema = r.schema, relation = r.name, "column" = c.name
    from catalog_column c join catalog_relation r on r.connection_id = c.connection_id and r.oid = c.relation_oid
    where o.connection_id = ${connectionId} and c.connection_id = o.connection_id
      and c.relation_oid = o.relation_oid and c.attnum = o.attnum
      and (o.schema, o.relation, o."column") is distinct from (r.schema, r.name, c.name)`);
}

async function followOwners(tx: Tx, connectionId: string): Promise<void> {
  // By identifier, but only when no relation of the old name is left and the new name is free.
  await tx.execute(sql`
    update object_owner o set schema = r.schema, relation = r.name
    from catalog_relation r
    where o.connection_id = ${connectionId} and o.relation is not null and r.connection_id = o.connection_id
      and r.oid = o.relation_oid and (r.schema, r.name) <> (o.schema, o.relation)
      and not exists (select from catalog_relation old where old.connection_id = o.connection_id
        and old.schema = o.schema and old.name = o.relation)
      and not exists (select from object_owner own where own.connection_id = o.connection_id
        and own.schema = r.schema and own.relation = r.name)`);
  await tx.execute(sql`
    update object_owner o set relation_oid = r.oid
    from catalog_relation r
    where o.connection_id = ${connectionId} and o.relation is not null and r.connection_id = o.connection_id
      and r.schema = o.schema and r.name = o.relation and r.oid <> o.relation_oid`);
}
