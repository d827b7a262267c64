/** Tables of the catalog: connections, what proxies found in them, and what people and rules say about it. */
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { Level } from '#core/catalog/classification.ts';
import type { FoundValues } from '#core/catalog/suggest-values.ts';
import { instant as at } from './column.ts';

const oid = () => bigint({ mode: 'number' });

export const connection = pgTable('connection', {
  id: uuid().primaryKey().defaultRandom(),
  name: text().notNull().unique(),
  engine: text().$type<'postgresql'>().notNull().default('postgresql'),
  environment: text().notNull(),
  region: text().notNull(),
  tags: jsonb().$type<Record<string, string>>().notNull().default({}),
  description: text().notNull().default(''),
  version: integer().notNull().default(1),
  createdAt: at().notNull().defaultNow(),
  updatedAt: at().notNull().defaultNow(),
});

/** Which proxies serve a connection, as their heartbeats say. */
export const connectionEndpoint = pgTable(
  'connection_endpoint',
  {
    connectionId: uuid()
      .notNull()
      .references(() => connection.id),
    proxyId: uuid().notNull(),
    proxyName: text().notNull(),
    /** Address clients use, e.g. 127.0.0.1:6432 */
    listen: text().notNull(),
    tls: boolean().notNull(),
    reachable: boolean().notNull(),
    message: text(),
    seenAt: at().notNull(),
  },
  table => [primaryKey({ columns: [table.connectionId, table.proxyId] })],
);

/** What was introspected last, as a whole. */
export const catalogSnapshot = pgTable('catalog_snapshot', {
  connectionId: uuid()
    .primaryKey()
    .references(() => connection.id),
  hash: text().notNull(),
  serverVersion: integer().notNull(),
  database: text().notNull(),
  /** The proxy that pushed it. */
  proxyId: uuid(),
  pushedAt: at().notNull(),
});

export const catalogRelation = pgTable(
  'catalog_relation',
  {
    connectionId: uuid()
      .notNull()
      .references(() => connection.id),
    oid: oid().notNull(),
    schema: text().notNull(),
    name: text().notNull(),
    kind: text().$type<'r' | 'p' | 'v' | 'm' | 'f'>().notNull(),
    rowsEstimate: doublePrecision().notNull(),
    bytesEstimate: doublePrecision().notNull(),
    firstSeenAt: at().notNull(),
  },
  table => [
    primaryKey({ columns: [table.connectionId, table.oid] }),
    index('catalog_relation_name').on(table.connectionId, table.schema, table.name),
    index('catalog_relation_search').using('gin', table.name.op('gin_trgm_ops')),
  ],
);

export const catalogColumn = pgTable(
  'catalog_column',
  {
    connectionId: uuid().notNull(),
    relationOid: oid().notNull(),
    attnum: smallint().notNull(),
    name: text().notNull(),
    type: text().notNull(),
    notNull: boolean().notNull(),
    firstSeenAt: at().notNull(),
  },
  table => [
    primaryKey({ columns: [table.connectionId, table.relationOid, table.attnum] }),
    foreignKey({
      columns: [table.connectionId, table.relationOid],
      foreignColumns: [catalogRelation.connectionId, catalogRelation.oid],
      name: 'catalog_column_relation',
    }).onDelete('cascade'),
    index('catalog_column_search').using('gin', table.name.op('gin_trgm_ops')),
  ],
);

export const catalogFunction = pgTable(
  'catalog_function',
  {
    connectionId: uuid()
      .notNull()
      .references(() => connection.id),
    oid: oid().notNull(),
    schema: text().notNull(),
    name: text().notNull(),
    arguments: text().notNull(),
    result: text().notNull(),
    language: text().notNull(),
  },
  table => [primaryKey({ columns: [table.connectionId, table.oid] })],
);

export const catalogForeignKey = pgTable(
  'catalog_foreign_key',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    connectionId: uuid()
      .notNull()
      .references(() => connection.id),
    name: text().notNull(),
    relationOid: oid().notNull(),
    columns: jsonb().$type<number[]>().notNull(),
    referencedOid: oid().notNull(),
    referencedColumns: jsonb().$type<number[]>().notNull(),
    onDelete: text().notNull(),
  },
  table => [
    index('catalog_foreign_key_from').on(table.connectionId, table.relationOid),
    index('catalog_foreign_key_to').on(table.connectionId, table.referencedOid),
  ],
);

/** Column to column through views, functions and partitions; `attnum` 0 is the whole object. */
export const catalogEdge = pgTable(
  'catalog_edge',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    connectionId: uuid()
      .notNull()
      .references(() => connection.id),
    via: text().$type<'view' | 'materialized_view' | 'function' | 'partition'>().notNull(),
    fromOid: oid().notNull(),
    fromAttnum: smallint().notNull(),
    toOid: oid().notNull(),
    toAttnum: smallint().notNull(),
  },
  table => [index('catalog_edge_from').on(table.connectionId, table.fromOid)],
);

/** Copies of column values that recorded statements made. */
export const observedCopy = pgTable(
  'observed_copy',
  {
    connectionId: uuid()
      .notNull()
      .references(() => connection.id),
    fromSchema: text().notNull(),
    fromRelation: text().notNull(),
    fromColumn: text().notNull(),
    toSchema: text().notNull(),
    toRelation: text().notNull(),
    toColumn: text().notNull(),
    firstSeenAt: at().notNull(),
    lastSeenAt: at().notNull(),
    /** Statements that did. */
    seen: integer().notNull(),
  },
  table => [
    primaryKey({
      name: 'observed_copy_pk',
      columns: [
        table.connectionId,
        table.fromSchema,
        table.fromRelation,
        table.fromColumn,
        table.toSchema,
        table.toRelation,
        table.toColumn,
      ],
    }),
  ],
);

/**
 * At most one label per column. Identifiers find it again after a rename, names after a drop and create; a label whose
 * column is gone stays, because the column may come back.
 */
export const columnLabel = pgTable(
  'column_label',
  {
    id: uuid().primaryKey().defaultRandom(),
    connectionId: uuid()
      .notNull()
      .references(() => connection.id),
    relationOid: oid().notNull(),
    attnum: smallint().notNull(),
    schema: text().notNull(),
    relation: text().notNull(),
    column: text().notNull(),
    label: text().notNull(),
    level: text().$type<Level>().notNull(),
    source: text().$type<'human' | 'suggestion' | 'inherited'>().notNull(),
    evidence: text(),
    by: uuid(),
    at: at().notNull(),
  },
  table => [unique('column_label_column').on(table.connectionId, table.relationOid, table.attnum)],
);

/** Labels that copies have brought to columns which no catalog has shown yet. They go out by name until one does. */
export const inheritedLabel = pgTable(
  'inherited_label',
  {
    connectionId: uuid()
      .notNull()
      .references(() => connection.id),
    schema: text().notNull(),
    relation: text().notNull(),
    column: text().notNull(),
    label: text().notNull(),
    level: text().$type<Level>().notNull(),
    evidence: text().notNull(),
    /** Who ran the statement. */
    by: uuid().notNull(),
    at: at().notNull(),
  },
  table => [
    primaryKey({
      name: 'inherited_label_pk',
      columns: [table.connectionId, table.schema, table.relation, table.column],
    }),
    index('inherited_label_at').on(table.at),
  ],
);

export const objectOwner = pgTable(
  'object_owner',
  {
    id: uuid().primaryKey().defaultRandom(),
    connectionId: uuid()
      .notNull()
      .references(() => connection.id),
    schema: text().notNull(),
    /** Null: the whole schema. */
    relation: text(),
    /** Lets the owner follow a renamed relation; 0 for a schema or a relation not seen yet. */
    relationOid: oid().notNull().default(0),
    identityId: uuid(),
    groupName: text(),
    by: uuid(),
    at: at().notNull(),
  },
  table => [unique('object_owner_object').on(table.connectionId, table.schema, table.relation).nullsNotDistinct()],
);

export const suggestion = pgTable(
  'suggestion',
  {
    id: uuid().primaryKey().defaultRandom(),
    connectionId: uuid()
      .notNull()
      .references(() => connection.id),
    relationOid: oid().notNull(),
    attnum: smallint().notNull(),
    schema: text().notNull(),
    relation: text().notNull(),
    column: text().notNull(),
    label: text().notNull(),
    level: text().$type<Level>().notNull(),
    confidence: doublePrecision().notNull(),
    evidence: jsonb().$type<string[]>().notNull(),
    /** What proxies found in its values; `confidence` and `evidence` are of its name alone. */
    found: jsonb().$type<FoundValues[]>().notNull().default([]),
    foundConfidence: doublePrecision().notNull().default(0),
    /** Time of the last find that was counted. */
    foundAt: at(),
    state: text().$type<'open' | 'accepted' | 'rejected'>().notNull().default('open'),
    reopened: boolean().notNull().default(false),
    decidedBy: uuid(),
    decidedAt: at(),
    reason: text(),
    createdAt: at().notNull(),
  },
  table => [
    uniqueIndex('suggestion_column_label').on(table.connectionId, table.relationOid, table.attnum, table.label),
    index('suggestion_state').on(table.state, table.createdAt, table.id),
    index('suggestion_open').on(table.connectionId).where(sql`state = 'open'`),
  ],
);
