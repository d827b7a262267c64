/** Tables of approvals: requests of every kind with their votes and history, and the grants access requests produce. Rows are never deleted. */
import { sql } from 'drizzle-orm';
import {
  bigserial,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { Level } from '#core/catalog/classification.ts';
import type { HeldStatement, Impact } from '#core/contract/proxy.ts';
import type { Facts, Sealed } from '#core/event/schema.ts';
import type { Approvers } from '#core/policy/schema.ts';
import { connection } from './catalog.ts';
import { instant as at } from './column.ts';

export type RequestStateColumn =
  | 'pending'
  | 'approved'
  | 'executing'
  | 'done'
  | 'failed'
  | 'denied'
  | 'expired'
  | 'withdrawn'
  | 'revoked';

/** What one rule asks for. `ownerOf` names the objects (`schema.relation`) each of which needs its owner's vote. */
export type RequestNeed = { rule: string; approvers: Approvers; ownerOf: string[] };

export const request = pgTable(
  'request',
  {
    id: uuid().primaryKey(),
    kind: text().$type<'statement' | 'access'>().notNull(),
    state: text().$type<RequestStateColumn>().notNull().default('pending'),
    connectionId: uuid()
      .notNull()
      .references(() => connection.id),
    identityId: uuid().notNull(),
    onBehalfOf: uuid(),
    /** Who answers for the identity, as of the request: separation of duties holds even if the owner changes later. */
    identityOwnerId: uuid(),
    summary: text().notNull(),
    /** What searches look into: summary, text, objects, logins. */
    searchText: text().notNull(),
    rule: text().notNull(),
    reasons: jsonb().$type<HeldStatement['reasons']>().notNull(),
    /** Everything it takes; all of it must be met. */
    needs: jsonb().$type<RequestNeed[]>().notNull(),
    objects: jsonb().$type<string[]>().notNull(),
    level: text().$type<Level>(),
    createdAt: at().notNull(),
    expiresAt: at().notNull(),
    decidedAt: at(),
    /** Until when an approved statement may still run. */
    usableUntil: at(),
    endedAt: at(),

    // A held statement
    proxyId: uuid(),
    sessionId: uuid(),
    statementNumber: integer(),
    text: text(),
    hash: text(),
    fingerprint: text(),
    literals: jsonb().$type<Sealed>(),
    literalsJwe: text(),
    facts: jsonb().$type<Facts>(),
    policyVersion: integer(),
    bundleVersion: integer(),
    waiting: boolean().notNull().default(false),
    impact: jsonb().$type<Impact>(),
    /** The proxy that runs it. */
    executedBy: uuid(),
    outcome: jsonb().$type<{ outcome: 'ok' | 'error' | 'cancelled'; rows: number; sqlstate: string | null }>(),

    // An access request
    durationMinutes: integer(),
    reason: text(),
  },
  table => [
    index('request_created').on(table.createdAt, table.id),
    index('request_pending').on(table.expiresAt).where(sql`state = 'pending'`),
    index('request_running').on(table.decidedAt).where(sql`state in ('approved', 'executing')`),
    index('request_usable').on(table.hash, table.connectionId, table.identityId).where(sql`state = 'approved'`),
    index('request_identity').on(table.identityId, table.createdAt),
    index('request_fingerprint').on(table.fingerprint, table.createdAt),
    index('request_search').using('gin', table.searchText.op('gin_trgm_ops')),
    /** One open access request per identity and connection. */
    uniqueIndex('request_access_open')
      .on(table.identityId, table.connectionId)
      .where(sql`kind = 'access' and state = 'pending'`),
  ],
);

export const requestVote = pgTable(
  'request_vote',
  {
    requestId: uuid()
      .notNull()
      .references(() => request.id),
    identityId: uuid().notNull(),
    verdict: text().$type<'approve' | 'deny'>().notNull(),
    reason: text().notNull(),
    at: at().notNull(),
  },
  table => [primaryKey({ columns: [table.requestId, table.identityId] })],
);

/** What happened to a request, in order. */
export const requestEvent = pgTable(
  'request_event',
  {
    id: bigserial({ mode: 'number' }).primaryKey(),
    requestId: uuid()
      .notNull()
      .references(() => request.id),
    type: text().notNull(),
    /** Null: the system or a proxy. */
    actorId: uuid(),
    message: text().notNull(),
    reason: text(),
    at: at().notNull(),
  },
  table => [index('request_event_request').on(table.requestId, table.id)],
);

export const accessGrant = pgTable(
  'access_grant',
  {
    id: uuid().primaryKey().defaultRandom(),
    requestId: uuid()
      .notNull()
      .unique()
      .references(() => request.id),
    identityId: uuid().notNull(),
    connectionId: uuid()
      .notNull()
      .references(() => connection.id),
    startsAt: at().notNull(),
    expiresAt: at().notNull(),
    revokedAt: at(),
    revokedBy: uuid(),
    revokeReason: text(),
    /** Set by the job that notices the end, so that it is noticed once. */
    endedAt: at(),
  },
  table => [
    index('access_grant_expires').on(table.expiresAt, table.id),
    index('access_grant_identity').on(table.identityId, table.connectionId),
    index('access_grant_open').on(table.expiresAt).where(sql`ended_at is null`),
  ],
);
