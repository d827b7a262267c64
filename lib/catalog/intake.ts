/** Takes in what a proxy introspected: stores the difference, and lets labels, owners and decisions follow their objects. */
import 'server-only';
import { eq, sql } from 'drizzle-orm';
import type { CatalogPush } from '#core/contract/proxy.ts';
import type { Tx } from '#db/client.ts';
import { catalogSnapshot, connection } from '#db/schema/catalog.ts';
import { notFound } from '#lib/orpc/error.ts';
import { followObjects } from './follow.ts';
import { noteInherited, placeInherited } from './inherit.ts';
import { suggestForTouched } from './suggesting.ts';

type Counts = { added: number; changed: number; removed: number };
export type CatalogIntake = {
  changed: boolean;
  connection: { id: string; name: string };
  relations: Counts;
  columns: Counts;
  suggestions: number;
};

const none: Counts = { added: 0, changed: 0, removed: 0 };

/** PostgreSQL's own schemas are the same everywhere and are governed by policy, not by labels. */
const isSystemSchema = (schema: string): boolean => schema === 'information_schema' || schema.startsWith('pg_');

export async function takeCatalog(
  tx: Tx,
  input: { push: CatalogPush; proxyId: string; at: Date },
): Promise<CatalogIntake> {
  const { push, proxyId, at } = input;
  // The lock orders pushes of several proxies that serve the same database.
  const [found] = await tx
    .select({ id: connection.id, name: connection.name })
    .from(connection)
    .where(eq(connection.id, push.connectionId))
    .for('update');
  if (!found) throw notFound('connection');
  const [before] = await tx.select().from(catalogSnapshot).where(eq(catalogSnapshot.connectionId, found.id));
  const head = {
    hash: push.hash,
    serverVersion: push.serverVersion,
    database: push.database,
    proxyId,
    pushedAt: at,
  };
  await tx
    .insert(catalogSnapshot)
    .values({ connectionId: found.id, ...head })
    .onConflictDoUpdate({ target: catalogSnapshot.connectionId, set: head });
  if (before?.hash === push.hash)
    return { changed: false, connection: found, relations: none, columns: none, suggestions: 0 };

  await stage(tx, push);
  // Before the relations, because those take their columns along.
  const removedColumns = await removeColumns(tx, found.id);
  const relations = await storeRelations(tx, found.id, at);
  const columns = countsOf(await storeColumns(tx, found.id, at), removedColumns);
  await replaceFunctions(tx, push);
  await replaceForeignKeys(tx, push);
  await replaceEdges(tx, push);
  await followObjects(tx, found.id);
  const placed = await placeInherited(tx, found.id);
  if (placed.length > 0) noteInherited(tx, { proxyId, connection: found, placed });
  const suggestions = await suggestForTouched(tx, { connectionId: found.id, at });
  await tx.execute(sql`drop table incoming_relation, incoming_column, touched_column`);
  return { changed: true, connection: found, relations, columns, suggestions };
}

/** The push as temporary tables, so that differences are set operations however many tables there are. */
async function stage(tx: Tx, push: CatalogPush): Promise<void> {
  const relations = push.relations.filter(relation => !isSystemSchema(relation.schema));
  await tx.execute(sql`
    create temporary table incoming_relation on commit drop as
    select * from jsonb_to_recordset(${JSON.stringify(
      relations.map(({ columns, ...relation }) => relation),
    )}::jsonb) as r(oid bigint, schema text, name text, kind text, "rowsEstimate" float8, "bytesEstimate" float8)`);
  const columns = relations.flatMap(relation => relation.columns.map(column => ({ oid: relation.oid, ...column })));
  await tx.execute(sql`
    create temporary table incoming_column on commit drop as
    select * from jsonb_to_recordset(${JSON.stringify(columns)}::jsonb)
      as c(oid bigint, attnum smallint, name text, type text, "notNull" boolean)`);
  await tx.execute(sql`create index on incoming_column (oid, attnum)`);
  await tx.execute(sql`analyze incoming_relation, incoming_column`);
  // Columns that are new or read differently now: only those are looked at for suggestions.
  await tx.execute(sql`create temporary table touched_column (oid bigint, attnum smallint) on commit drop`);
}

type Upserted = { inserted: boolean; count: number };

const countsOf = (upserted: readonly Upserted[], removed: number): Counts => {
  const count = (inserted: boolean) => upserted.find(row => row.inserted === inserted)?.count ?? 0;
  return { added: count(true), changed: count(false), removed };
};

async function storeRelations(tx: Tx, connectionId: string, at: Date): Promise<Counts> {
  const removed = await tx.execute(sql`
    delete from catalog_relation r where r.connection_id = ${connectionId}
      and not exists (select from incoming_relation i where i.oid = r.oid) returning 1`);
  // Estimates move all the time: they are stored, but are no change.
  await tx.execute(sql`
    update catalog_relation r set rows_estimate = i."rowsEstimate", bytes_estimate = i."bytesEstimate"
      from incoming_relation i where r.connection_id = ${connectionId} and r.oid = i.oid`);
  // A row that was updated has the updating transaction in xmax.
  const upserted = await tx.execute<Upserted>(sql`
    with upserted as (
      insert into catalog_relation as r
        (connection_id, oid, schema, name, kind, rows_estimate, bytes_estimate, first_seen_at)
      select ${connectionId}::uuid, oid, schema, name, kind, "rowsEstimate", "bytesEstimate",
        ${at.toISOString()}::timestamptz
      from incoming_relation
      on conflict (connection_id, oid) do update set schema = excluded.schema, name = excluded.name, kind = excluded.kind
        where (r.schema, r.name, r.kind) is distinct from (excluded.schema, excluded.name, excluded.kind)
      returning r.oid, (r.xmax = 0) as inserted
    ), noted as (
      insert into touched_column select i.oid, i.attnum from upserted join incoming_column i using (oid)
    )
    select inserted, count(*)::int as count from upserted group by inserted`);
  return countsOf(upserted, removed.length);
}

async function removeColumns(tx: Tx, connectionId: string): Promise<number> {
  const removed = await tx.execute(sql`
    delete from catalog_column c where c.connection_id = ${connectionId}
      and not exists (select from incoming_column i where i.oid = c.relation_oid and i.attnum = c.attnum) returning 1`);
  return removed.length;
}

async function storeColumns(tx: Tx, connectionId: string, at: Date): Promise<readonly Upserted[]> {
  return tx.execute<Upserted>(sql`
    with upserted as (
      insert into catalog_column as c (connection_id, relation_oid, attnum, name, type, not_null, first_seen_at)
      select ${connectionId}::uuid, oid, attnum, name, type, "notNull", ${at.toISOString()}::timestamptz
      from incoming_column
      on conflict (connection_id, relation_oid, attnum)
        do update set name = excluded.name, type = excluded.type, not_null = excluded.not_null
        where (c.name, c.type, c.not_null) is distinct from (excluded.name, excluded.type, excluded.not_null)
      returning c.relation_oid as oid, c.attnum, (c.xmax = 0) as inserted
    ), noted as (insert into touched_column select oid, attnum from upserted)
    select inserted, count(*)::int as count from upserted group by inserted`);
}

async function replaceFunctions(tx: Tx, push: CatalogPush): Promise<void> {
  const functions = push.functions.filter(fn => !isSystemSchema(fn.schema));
  await tx.execute(sql`delete from catalog_function where connection_id = ${push.connectionId}`);
  await tx.execute(sql`
    insert into catalog_function (connection_id, oid, schema, name, arguments, result, language)
    select ${push.connectionId}::uuid, f.* from jsonb_to_recordset(${JSON.stringify(functions)}::jsonb)
      as f(oid bigint, schema text, name text, arguments text, result text, language text)
    on conflict do nothing`);
}

async function replaceForeignKeys(tx: Tx, push: CatalogPush): Promise<void> {
  await tx.execute(sql`delete from catalog_foreign_key where connection_id = ${push.connectionId}`);
  await tx.execute(sql`
    insert into catalog_foreign_key
      (connection_id, name, relation_oid, columns, referenced_oid, referenced_columns, on_delete)
    select ${push.connectionId}::uuid, f.* from jsonb_to_recordset(${JSON.stringify(push.foreignKeys)}::jsonb)
      as f(name text, "relationOid" bigint, columns jsonb, "referencedOid" bigint, "referencedColumns" jsonb, "onDelete" text)`);
}

async function replaceEdges(tx: Tx, push: CatalogPush): Promise<void> {
  const edges = push.edges.map(edge => ({
    via: edge.via,
    from_oid: edge.from.relationOid,
    from_attnum: edge.from.attnum,
    to_oid: edge.to.oid,
    to_attnum: edge.to.attnum,
  }));
  await tx.execute(sql`delete from catalog_edge where connection_id = ${push.connectionId}`);
  await tx.execute(sql`
    insert into catalog_edge (connection_id, via, from_oid, from_attnum, to_oid, to_attnum)
    select ${push.connectionId}::uuid, e.* from jsonb_to_recordset(${JSON.stringify(edges)}::jsonb)
      as e(via text, from_oid bigint, from_attnum smallint, to_oid bigint, to_attnum smallint)`);
}
