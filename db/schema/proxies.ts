/** Tables of proxies: enrolment tokens, the proxies themselves, the tokens they have used, and the bundles made for them. */
import { bigint, doublePrecision, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { Heartbeat } from '#core/contract/proxy.ts';
import type { BudgetUnit } from '#core/policy/schema.ts';
import { instant as at } from './column.ts';

export const proxy = pgTable(
  'proxy',
  {
    id: uuid().primaryKey().defaultRandom(),
    name: text().notNull(),
    host: text().notNull(),
    version: text().notNull(),
    /** Ed25519 public key as a JWK. */
    publicKey: jsonb().$type<Record<string, unknown>>().notNull(),
    enrolledAt: at().notNull(),
    enrolledBy: uuid(),
    revokedAt: at(),
    revokedBy: uuid(),
    revokeReason: text(),
    lastSeenAt: at(),
    heartbeat: jsonb().$type<Heartbeat>(),
  },
  table => [index('proxy_name').on(table.name)],
);

export const enrolment = pgTable(
  'enrolment',
  {
    id: uuid().primaryKey().defaultRandom(),
    name: text(),
    /** SHA-256 of the token, hex; the token itself is high-entropy and shown once. */
    tokenHash: text().notNull().unique(),
    createdBy: uuid(),
    createdAt: at().notNull(),
    expiresAt: at().notNull(),
    usedAt: at(),
    revokedAt: at(),
    proxyId: uuid().references(() => proxy.id),
  },
  table => [index('enrolment_created').on(table.createdAt, table.id)],
);

/** Token ids seen from proxies within their lifetime: each is good for one request. Unlogged: a crash outlives few of them. */
export const proxyTokenUsed = pgTable(
  'proxy_token_used',
  {
    proxyId: uuid().notNull(),
    jti: text().notNull(),
    expiresAt: at().notNull(),
  },
  table => [primaryKey({ columns: [table.proxyId, table.jti] }), index('proxy_token_used_expires').on(table.expiresAt)],
);

/** What identities have taken from budgets, by the counters of the proxies that let them. Windows that are long over are deleted. */
export const budgetUse = pgTable(
  'budget_use',
  {
    rule: text().notNull(),
    identityId: uuid().notNull(),
    unit: text().$type<BudgetUnit>().notNull(),
    windowMinutes: integer().notNull(),
    startsAt: at().notNull(),
    instance: uuid().notNull(),
    proxyId: uuid().notNull(),
    used: doublePrecision().notNull(),
    updatedAt: at().notNull(),
  },
  table => [
    primaryKey({
      name: 'budget_use_pk',
      columns: [table.identityId, table.rule, table.unit, table.windowMinutes, table.startsAt, table.instance],
    }),
    index('budget_use_updated').on(table.updatedAt),
  ],
);

/**
 * Every version of the bundle. Its content is not here: it is made again from what it is made of, because it holds a key. A renewal
 * keeps the version and moves the times.
 */
export const bundle = pgTable('bundle', {
  version: integer().primaryKey(),
  policyVersion: integer().notNull(),
  /** SHA-256 of the content without version and times. */
  contentHash: text().notNull(),
  /** Id of the last `bundle` message of the outbox that was taken in; a later one means that it may be out of date. */
  builtThrough: bigint({ mode: 'number' }).notNull(),
  createdAt: at().notNull(),
  issuedAt: at().notNull(),
  expiresAt: at().notNull(),
});
