/**
 * The audit log and what is projected from it. `event` is the log itself: rows are only ever inserted (triggers refuse the
 * rest). `session`, `statement` and `statement_text` are projections for searching; they can be rebuilt from `event`.
 */
import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { Detected, EndedBy } from '#core/event/schema.ts';
import { tallies } from '#core/event/tally.ts';
import { identityKinds } from '#core/identity/principal.ts';
import { effects } from '#core/policy/schema.ts';
import { hexBytes, instant } from './column.ts';

export const eventSourceKinds = ['control', 'proxy'] as const;

/** One hash chain per source: the control plane itself, and each proxy. */
export const eventSource = pgTable('event_source', {
  /** The proxy's id, or `controlSourceId`. */
  id: uuid().primaryKey(),
  kind: text({ enum: eventSourceKinds }).notNull(),
  headSeq: bigint({ mode: 'number' }).notNull().default(0),
  headHash: hexBytes().notNull(),
  headTime: instant(),
  /** What was refused last: a gap, a fork or a broken hash; null when nothing was. */
  fault: jsonb().$type<{ code: 'gap' | 'fork' | 'broken' | 'invalid'; seq: number; message: string; at: string }>(),
  faults: integer().notNull().default(0),
  /** Every stored event up to here was looked at, and fits. */
  verifiedSeq: bigint({ mode: 'number' }).notNull().default(0),
  verifiedAt: instant(),
  /** The first event that does not fit, and in what way. */
  brokenSeq: bigint({ mode: 'number' }),
  brokenReason: text(),
  /** How far the present walk from the start has come over what had been verified before, and when it began. */
  walkedSeq: bigint({ mode: 'number' }).notNull().default(0),
  walkBeganAt: instant(),
});

export const event = pgTable(
  'event',
  {
    /** An `event_source`; no foreign key, because its row is locked by who inserts and a check per row costs a fifth. */
    source: uuid().notNull(),
    seq: bigint({ mode: 'number' }).notNull(),
    time: instant().notNull(),
    receivedAt: instant().notNull().defaultNow(),
    /** Event type of a proxy's event, e.g. `session.start`; action of a control event, e.g. `policy.publish`. */
    type: text().notNull(),
    /** The three below and `search` are set for control events, and for a proxy's that concern nobody's session. */
    actorId: uuid(),
    actorLogin: text(),
    targetType: text(),
    targetId: text(),
    targetLabel: text(),
    sessionId: uuid(),
    /** False for what happens per session and statement: those are found in their projections, not on the audit page. */
    listed: boolean().notNull(),
    prev: hexBytes().notNull(),
    hash: hexBytes().notNull(),
    /** The exact text that was hashed. */
    body: text().notNull(),
  },
  table => [
    primaryKey({ columns: [table.source, table.seq] }),
    index('event_listed_time').on(table.time, table.source, table.seq).where(sql`${table.listed}`),
    index('event_actor').on(table.actorId, table.time).where(sql`${table.actorId} is not null`),
    index('event_type').on(table.type, table.time).where(sql`${table.listed}`),
    index('event_target').on(table.targetId, table.time).where(sql`${table.targetId} is not null`),
    index('event_target_type').on(table.targetType, table.time).where(sql`${table.listed}`),
    index('event_search')
      .using(
        'gin',
        sql`(${table.type} || ' ' || coalesce(${table.actorLogin}, '') || ' ' || coalesce(${table.targetType}, '') || ' ' || coalesce(${table.targetLabel}, '')) gin_trgm_ops`,
      )
      .where(sql`${table.listed}`),
  ],
);

export const session = pgTable(
  'session',
  {
    id: uuid().primaryKey(),
    proxyId: uuid().notNull(),
    connectionId: uuid().notNull(),
    connection: text().notNull(),
    identityId: uuid().notNull(),
    identityKind: text({ enum: identityKinds }).notNull(),
    login: text().notNull(),
    onBehalfOfId: uuid(),
    onBehalfOfLogin: text(),
    tokenId: uuid().notNull(),
    grantId: uuid(),
    clientAddress: text().notNull(),
    clientPort: integer().notNull(),
    application: text().notNull(),
    tls: text(),
    upstreamRole: text().notNull(),
    startedAt: instant().notNull(),
    /** Time of its latest event. */
    activeAt: instant().notNull(),
    endedAt: instant(),
    endReason: text(),
    statements: integer().notNull().default(0),
    rows: bigint({ mode: 'number' }).notNull().default(0),
    bytesIn: bigint({ mode: 'number' }).notNull().default(0),
    bytesOut: bigint({ mode: 'number' }).notNull().default(0),
    maskedCells: bigint({ mode: 'number' }).notNull().default(0),
    errors: integer().notNull().default(0),
    /** Statements per tally. */
    allowed: integer().notNull().default(0),
    masked: integer().notNull().default(0),
    held: integer().notNull().default(0),
    denied: integer().notNull().default(0),
    mistakes: integer().notNull().default(0),
  },
  table => [
    index('session_started').on(table.startedAt, table.id),
    index('session_identity').on(table.identityId, table.startedAt),
    index('session_behalf').on(table.onBehalfOfId, table.startedAt).where(sql`${table.onBehalfOfId} is not null`),
    index('session_connection').on(table.connectionId, table.startedAt),
    index('session_live').on(table.proxyId, table.startedAt).where(sql`${table.endedAt} is null`),
  ],
);

/** Each distinct statement text once: the trigram index is on shapes, not on executions. */
export const statementText = pgTable(
  'statement_text',
  {
    /** SHA-256 of `text`. */
    hash: hexBytes().primaryKey(),
    text: text().notNull(),
  },
  table => [index('statement_text_search').using('gin', sql`${table.text} gin_trgm_ops`)],
);

export const outcomes = ['ok', 'error', 'refused', 'cancelled', 'unknown'] as const;

export const statement = pgTable(
  'statement',
  {
    sessionId: uuid().notNull(),
    /** 1, 2, 3 … in the session. */
    number: integer().notNull(),
    /** Where the whole event is: (source, seq) of `statement.decided`. */
    proxyId: uuid().notNull(),
    seq: bigint({ mode: 'number' }).notNull(),
    time: instant().notNull(),
    connectionId: uuid().notNull(),
    identityId: uuid().notNull(),
    onBehalfOfId: uuid(),
    textHash: hexBytes().notNull(),
    effect: text({ enum: effects }).notNull(),
    /** Statement kinds, e.g. `select`. */
    kinds: text().array().notNull(),
    /** `schema.relation` of everything that is not a system object, and `*.relation` to find it in any schema. */
    relations: text().array().notNull(),
    /** Labels of classified columns that are involved. */
    labels: text().array().notNull(),
    hazards: text().array().notNull(),
    requestId: uuid(),
    policyVersion: integer().notNull(),
    hasLiterals: boolean().notNull(),
    /** Null while it runs. */
    outcome: text({ enum: outcomes }),
    tag: text(),
    rows: bigint({ mode: 'number' }),
    bytes: bigint({ mode: 'number' }),
    maskedCells: bigint({ mode: 'number' }),
    durationUs: bigint({ mode: 'number' }),
    sqlstate: text(),
    /** The limit that ended it. */
    endedBy: jsonb().$type<EndedBy>(),
    /** What detectors found in its values; null without finds. */
    detected: jsonb().$type<Detected[]>(),
  },
  table => [
    primaryKey({ columns: [table.sessionId, table.number] }),
    index('statement_time').on(table.time, table.sessionId, table.number),
    index('statement_identity').on(table.identityId, table.time),
    index('statement_behalf').on(table.onBehalfOfId, table.time).where(sql`${table.onBehalfOfId} is not null`),
    index('statement_connection').on(table.connectionId, table.time),
    index('statement_text_hash').on(table.textHash, table.time),
    index('statement_exception').on(table.effect, table.time).where(sql`${table.effect} <> 'allow'`),
    index('statement_objects').using('gin', table.relations, table.labels),
    index('statement_detected').on(table.time).where(sql`${table.detected} is not null`),
    index('statement_request').on(table.requestId).where(sql`${table.requestId} is not null`),
  ],
);

/** Content keys of sealed literals, as `proxy.key` events introduced them: JWEs to the control plane's key. */
export const contentKey = pgTable('content_key', {
  key: uuid().primaryKey(),
  proxyId: uuid().notNull(),
  jwe: text().notNull(),
  createdAt: instant().notNull(),
});

/** Minutes of one bucket of `decision_rollup`. */
export const rollupMinutes = 10;

/** Counts over time, added up as events come in. One row per proxy, so that proxies do not wait for each other. */
export const decisionRollup = pgTable(
  'decision_rollup',
  {
    bucket: instant().notNull(),
    proxyId: uuid().notNull(),
    /** How they count: what was denied becomes a mistake when it ends as one. */
    effect: text({ enum: tallies }).notNull(),
    statements: bigint({ mode: 'number' }).notNull().default(0),
    /** Under the effect `mask`, whatever the statement's own was. */
    maskedCells: bigint({ mode: 'number' }).notNull().default(0),
    /** Statements whose output had labelled columns that were not masked. */
    unmasked: bigint({ mode: 'number' }).notNull().default(0),
  },
  table => [primaryKey({ columns: [table.bucket, table.proxyId, table.effect] })],
);
