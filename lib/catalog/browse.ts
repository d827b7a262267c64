/** Reading the catalog: the tree of a connection, one relation, and search over all of them. */
import 'server-only';
import { and, asc, eq, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Level, levelRank } from '#core/catalog/classification.ts';
import type { Db, Tx } from '#db/client.ts';
import {
  catalogColumn,
  catalogForeignKey,
  catalogRelation,
  catalogSnapshot,
  columnLabel,
  connection,
  suggestion,
} from '#db/schema/catalog.ts';
import { peopleOf } from '#lib/identity/people.ts';
import { query } from '#lib/orpc/base.ts';
import { contains, decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { notFound } from '#lib/orpc/error.ts';
import { levelOfRank, rankOf } from './level.ts';
import { ownersOf } from './owners.ts';
import {
  relationInputSchema,
  relationOutputSchema,
  schemasInputSchema,
  schemasOutputSchema,
  searchInputSchema,
  searchOutputSchema,
} from './schema.ts';
import { surenessOf } from './sureness.ts';

export const highest = (found: readonly (Level | null)[]): Level | null =>
  found.reduce(
    (top, level) => (level !== null && (top === null || levelRank(level) > levelRank(top)) ? level : top),
    null,
  );

async function connectionRef(db: Db | Tx, id: string) {
  const [found] = await db
    .select({ id: connection.id, name: connection.name, environment: connection.environment })
    .from(connection)
    .where(eq(connection.id, id));
  if (!found) throw notFound('connection');
  return found;
}

type RelationRow = {
  oid: number;
  schema: string;
  name: string;
  kind: 'r' | 'p' | 'v' | 'm' | 'f';
  columns: number;
  classified: number;
  openSuggestions: number;
  rank: number | null;
  rowsEstimate: number;
};

const relationsOf = (db: Db, connectionId: string) =>
  db.execute<RelationRow>(sql`
    select r.oid::float8 as oid, r.schema, r.name, r.kind, r.rows_estimate as "rowsEstimate",
      (select count(*)::int from catalog_column c
        where c.connection_id = r.connection_id and c.relation_oid = r.oid) as columns,
      coalesce(l.classified, 0) as classified, l.rank, coalesce(s.open, 0) as "openSuggestions"
    from catalog_relation r
    left join (
      select relation_oid, count(*)::int as classified, max(${rankOf(sql`level`)}) as rank
      from column_label where connection_id = ${connectionId} group by relation_oid
    ) l on l.relation_oid = r.oid
    left join (
      select relation_oid, count(*)::int as open
      from suggestion where connection_id = ${connectionId} and state = 'open' group by relation_oid
    ) s on s.relation_oid = r.oid
    where r.connection_id = ${connectionId}
    order by r.schema, r.name`);

export const schemas = query({ permission: 'catalog:read' })
  .route({
    method: 'GET',
    path: '/catalog/{connectionId}',
    tags: ['Catalog'],
    summary: 'Read the tree of a connection',
  })
  .input(schemasInputSchema)
  .output(schemasOutputSchema)
  .handler(async ({ context: { db }, input: { connectionId } }) => {
    const on = await connectionRef(db, connectionId);
    const [[snapshot], owners, rows] = await Promise.all([
      db
        .select({ pushedAt: catalogSnapshot.pushedAt })
        .from(catalogSnapshot)
        .where(eq(catalogSnapshot.connectionId, connectionId)),
      ownersOf(db, connectionId),
      relationsOf(db, connectionId),
    ]);
    const bySchema = new Map<string, RelationRow[]>();
    for (const row of rows) {
      const group = bySchema.get(row.schema);
      if (group) group.push(row);
      else bySchema.set(row.schema, [row]);
    }
    return {
      connection: on,
      pushedAt: snapshot?.pushedAt.toISOString() ?? null,
      schemas: [...bySchema].map(([name, relations]) => ({
        name,
        owner: owners.ofSchema(name),
        relations: relations.map(({ rank, schema, ...relation }) => ({
          ...relation,
          level: levelOfRank(rank),
          owner: owners.of(schema, relation.name),
        })),
      })),
    };
  });

async function columnsOf(db: Db, connectionId: string, oid: number) {
  const at = (table: typeof columnLabel | typeof suggestion) =>
    and(
      eq(table.connectionId, catalogColumn.connectionId),
      eq(table.relationOid, catalogColumn.relationOid),
      eq(table.attnum, catalogColumn.attnum),
    );
  const rows = await db
    .select({ column: catalogColumn, label: columnLabel, suggestion })
    .from(catalogColumn)
    .leftJoin(columnLabel, at(columnLabel))
    .leftJoin(suggestion, and(at(suggestion), eq(suggestion.state, 'open')))
    .where(and(eq(catalogColumn.connectionId, connectionId), eq(catalogColumn.relationOid, oid)))
    .orderBy(
      asc(catalogColumn.attnum),
      sql`greatest(${suggestion.confidence}, ${suggestion.foundConfidence}) desc nulls last`,
    );
  const people = await peopleOf(
    db,
    rows.map(row => row.label?.by),
  );
  // Of several suggestions for one column the most confident comes first.
  const first = rows.filter((row, index) => rows[index - 1]?.column.attnum !== row.column.attnum);
  return first.map(({ column, label, suggestion: suggested }) => ({
    attnum: column.attnum,
    name: column.name,
    type: column.type,
    notNull: column.notNull,
    label: label
      ? {
          label: label.label,
          level: label.level,
          source: label.source,
          evidence: label.evidence,
          by: people.maybe(label.by),
          at: label.at.toISOString(),
        }
      : null,
    suggestion: suggested && { ...suggested, ...surenessOf(suggested) },
  }));
}

async function foreignKeysOf(db: Db, connectionId: string, oid: number) {
  const rows = await db
    .select()
    .from(catalogForeignKey)
    .where(
      and(
        eq(catalogForeignKey.connectionId, connectionId),
        or(eq(catalogForeignKey.relationOid, oid), eq(catalogForeignKey.referencedOid, oid)),
      ),
    )
    .orderBy(asc(catalogForeignKey.name))
    .limit(1000);
  const oids = [...new Set(rows.flatMap(row => [row.relationOid, row.referencedOid]))];
  if (oids.length === 0) return [];
  const named = await db.execute<{ oid: number; schema: string; name: string; columns: Record<string, string> }>(sql`
    select r.oid::float8 as oid, r.schema, r.name, jsonb_object_agg(c.attnum::text, c.name) as columns
    from catalog_relation r join catalog_column c on c.connection_id = r.connection_id and c.relation_oid = r.oid
    where r.connection_id = ${connectionId} and r.oid in ${oids} group by r.oid, r.schema, r.name`);
  const names = new Map(named.map(row => [row.oid, row]));
  const columnNames = (of: number, attnums: readonly number[]) =>
    attnums.map(attnum => names.get(of)?.columns[String(attnum)] ?? '?');
  const actions: Record<string, string> = {
    a: 'no action',
    r: 'restrict',
    c: 'cascade',
    n: 'set null',
    d: 'set default',
  };
  const side = (row: (typeof rows)[number], direction: 'out' | 'in') => {
    const other = names.get(direction === 'out' ? row.referencedOid : row.relationOid);
    if (!other) return [];
    return [
      {
        name: row.name,
        direction,
        columns: columnNames(row.relationOid, row.columns),
        relation: { oid: other.oid, schema: other.schema, name: other.name },
        referencedColumns: columnNames(row.referencedOid, row.referencedColumns),
        onDelete: actions[row.onDelete] ?? row.onDelete,
      },
    ];
  };
  return rows.flatMap(row => [
    ...(row.relationOid === oid ? side(row, 'out') : []),
    ...(row.referencedOid === oid ? side(row, 'in') : []),
  ]);
}

export const relation = query({ permission: 'catalog:read' })
  .route({
    method: 'GET',
    path: '/catalog/{connectionId}/relations/{oid}',
    tags: ['Catalog'],
    summary: 'Read one relation with its columns',
  })
  .input(relationInputSchema)
  .output(relationOutputSchema)
  .handler(async ({ context: { db }, input: { connectionId, oid } }) => {
    const on = await connectionRef(db, connectionId);
    const [row] = await db
      .select()
      .from(catalogRelation)
      .where(and(eq(catalogRelation.connectionId, connectionId), eq(catalogRelation.oid, oid)));
    if (!row) throw notFound('relation');
    const [owners, columns, foreignKeys] = await Promise.all([
      ownersOf(db, connectionId),
      columnsOf(db, connectionId, oid),
      foreignKeysOf(db, connectionId, oid),
    ]);
    return {
      connection: on,
      oid: row.oid,
      schema: row.schema,
      name: row.name,
      kind: row.kind,
      rowsEstimate: row.rowsEstimate,
      bytesEstimate: row.bytesEstimate,
      owner: owners.of(row.schema, row.name),
      level: highest(columns.map(column => column.label?.level ?? null)),
      columns,
      foreignKeys,
    };
  });

const searchKey = z.tuple([z.string(), z.string(), z.string(), z.string()]);
type Hit = {
  type: 'relation' | 'column';
  connectionId: string;
  connection: string;
  oid: number;
  schema: string;
  relation: string;
  column: string | null;
  attnum: number | null;
  label: string | null;
  level: Level | null;
};

export const search = query({ permission: 'catalog:read' })
  .route({
    method: 'GET',
    path: '/catalog/search',
    tags: ['Catalog'],
    summary: 'Find relations and columns by name or label',
  })
  .input(searchInputSchema)
  .output(searchOutputSchema)
  .handler(async ({ context: { db }, input }) => {
    const after = decodeCursor(input.cursor, searchKey);
    const { connectionId, level } = input;
    const relationMatches = or(contains(sql`r.name`, input.q), contains(sql`r.schema || '.' || r.name`, input.q));
    const columnMatches = or(contains(sql`c.name`, input.q), contains(sql`l.label`, input.q));
    const rows = await db.execute<Hit>(sql`
      with hit as (
        select 'relation' as type, r.connection_id, r.oid, r.schema, r.name as relation, null::text as "column",
          null::smallint as attnum, null::text as label, null::text as level
        from catalog_relation r where ${relationMatches} and ${level === undefined}
        union all
        select 'column', c.connection_id, r.oid, r.schema, r.name, c.name, c.attnum, l.label, l.level
        from catalog_column c
        join catalog_relation r on r.connection_id = c.connection_id and r.oid = c.relation_oid
        left join column_label l
          on l.connection_id = c.connection_id and l.relation_oid = c.relation_oid and l.attnum = c.attnum
        where ${columnMatches}
      )
      select hit.type, hit.connection_id as "connectionId", n.name as connection, hit.oid::float8 as oid, hit.schema,
        hit.relation, hit."column", hit.attnum, hit.label, hit.level
      from hit join connection n on n.id = hit.connection_id
      where true
        ${connectionId ? sql`and hit.connection_id = ${connectionId}` : sql``}
        ${level ? sql`and ${rankOf(sql`hit.level`)} >= ${rankOf(sql`${level}`)}` : sql``}
        ${after ? sql`and (n.name, hit.schema, hit.relation, coalesce(hit."column", '')) > ${after}` : sql``}
      order by n.name, hit.schema, hit.relation, coalesce(hit."column", '')
      limit ${input.limit + 1}`);
    const page = pageOf(rows, input.limit, row => [row.connection, row.schema, row.relation, row.column ?? '']);
    return {
      items: page.items.map(({ connectionId: id, connection: name, ...hit }) => ({ ...hit, connection: { id, name } })),
      nextCursor: page.nextCursor,
    };
  });
