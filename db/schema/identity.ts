/** Who may act, how they prove it, and the machinery every context shares (outbox, idempotency, rate limits). */
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { identityKinds } from '#core/identity/principal.ts';
import type { Permission, Role } from '#core/identity/role.ts';
import { hexBytes, instant } from './column.ts';

const created = () => instant().notNull().defaultNow();

export const identity = pgTable(
  'identity',
  {
    id: uuid().primaryKey().defaultRandom(),
    kind: text({ enum: identityKinds }).notNull(),
    /** Lower case. An e-mail address for people, a name for agents and service accounts. */
    login: text().notNull().unique(),
    displayName: text().notNull(),
    roles: text().array().$type<Role[]>().notNull().default([]),
    /** Agents and service accounts answer to a person. */
    ownerId: uuid(),
    enabled: boolean().notNull().default(true),
    /** argon2id in PHC format; null where there is no local password. */
    passwordHash: text(),
    oidcIssuer: text(),
    oidcSubject: text(),
    /** What an agent is for. */
    purpose: text().notNull().default(''),
    version: integer().notNull().default(1),
    lastSeenAt: instant(),
    createdAt: created(),
    updatedAt: created(),
  },
  table => [
    uniqueIndex('identity_oidc').on(table.oidcIssuer, table.oidcSubject),
    index('identity_owner').on(table.ownerId),
    check('identity_login_lower', sql`${table.login} = lower(${table.login})`),
    check('identity_owned', sql`${table.kind} = 'user' or ${table.ownerId} is not null`),
  ],
);

export const identityGroup = pgTable('identity_group', {
  id: uuid().primaryKey().defaultRandom(),
  name: text().notNull().unique(),
  description: text().notNull().default(''),
  /** `oidc` groups follow the identity provider's claim at each sign-in. */
  source: text({ enum: ['local', 'oidc'] })
    .notNull()
    .default('local'),
  version: integer().notNull().default(1),
  createdAt: created(),
});

export const groupMember = pgTable(
  'group_member',
  {
    groupId: uuid()
      .notNull()
      .references(() => identityGroup.id, { onDelete: 'cascade' }),
    identityId: uuid()
      .notNull()
      .references(() => identity.id, { onDelete: 'cascade' }),
  },
  table => [
    primaryKey({ columns: [table.groupId, table.identityId] }),
    index('group_member_identity').on(table.identityId),
  ],
);

/** A one-time link to set a password. Only the hash of its token is kept. */
export const passwordLink = pgTable('password_link', {
  tokenHash: hexBytes().primaryKey(),
  identityId: uuid()
    .notNull()
    .references(() => identity.id, { onDelete: 'cascade' }),
  createdAt: created(),
  expiresAt: instant().notNull(),
  usedAt: instant(),
});

export const webSession = pgTable(
  'web_session',
  {
    id: uuid().primaryKey(),
    identityId: uuid()
      .notNull()
      .references(() => identity.id, { onDelete: 'cascade' }),
    method: text({ enum: ['password', 'oidc'] }).notNull(),
    address: text(),
    userAgent: text(),
    createdAt: created(),
    lastSeenAt: created(),
    /** The absolute limit; the idle limit is counted from lastSeenAt. */
    expiresAt: instant().notNull(),
    endedAt: instant(),
    endReason: text(),
  },
  table => [index('web_session_identity').on(table.identityId, table.createdAt)],
);

/** Tokens for signing in to a proxy. The token itself is never kept, only what it says. */
export const clientToken = pgTable(
  'client_token',
  {
    jti: uuid().primaryKey(),
    identityId: uuid()
      .notNull()
      .references(() => identity.id, { onDelete: 'cascade' }),
    issuedBy: uuid().notNull(),
    onBehalfOf: uuid(),
    connections: text().array(),
    channel: text({ enum: ['console', 'device', 'api'] }).notNull(),
    issuedAt: created(),
    expiresAt: instant().notNull(),
    revokedAt: instant(),
    revokedBy: uuid(),
  },
  table => [
    index('client_token_identity').on(table.identityId, table.issuedAt),
    index('client_token_expiry').on(table.expiresAt),
  ],
);

export const apiToken = pgTable(
  'api_token',
  {
    id: uuid().primaryKey().defaultRandom(),
    identityId: uuid()
      .notNull()
      .references(() => identity.id, { onDelete: 'cascade' }),
    name: text().notNull(),
    /** SHA-256 of the token, which has 256 random bits. */
    hash: hexBytes().notNull().unique(),
    /** The first characters, so that a person can tell tokens apart. */
    prefix: text().notNull(),
    permissions: text().array().$type<Permission[]>().notNull(),
    createdAt: created(),
    expiresAt: instant().notNull(),
    lastUsedAt: instant(),
    lastUsedAddress: text(),
    revokedAt: instant(),
  },
  table => [index('api_token_identity').on(table.identityId, table.createdAt)],
);

/** RFC 8628. Device codes are kept as hashes; user codes are short-lived and rate limited. */
export const deviceRequest = pgTable(
  'device_request',
  {
    deviceCodeHash: hexBytes().primaryKey(),
    userCode: text().notNull().unique(),
    status: text({ enum: ['pending', 'approved', 'denied', 'consumed'] })
      .notNull()
      .default('pending'),
    clientName: text().notNull(),
    address: text(),
    identityId: uuid().references(() => identity.id, { onDelete: 'cascade' }),
    connections: text().array(),
    /** Lifetime of the token, as approved. */
    ttlMinutes: integer().notNull().default(60),
    intervalSeconds: integer().notNull(),
    lastPolledAt: instant(),
    createdAt: created(),
    expiresAt: instant().notNull(),
  },
  table => [index('device_request_expiry').on(table.expiresAt)],
);

/** Keys of the control plane. Private halves are encrypted (JWE) with a key derived from the installation's secret. */
export const controlKey = pgTable(
  'control_key',
  {
    kid: text().primaryKey(),
    purpose: text({ enum: ['token', 'bundle', 'literals', 'mask'] }).notNull(),
    /** Null for symmetric keys. */
    publicJwk: jsonb().$type<Record<string, unknown> & { kty: string; kid: string }>(),
    sealedPrivate: text().notNull(),
    createdAt: created(),
    /** A retired key still verifies and opens; it no longer signs. */
    retiredAt: instant(),
  },
  table => [uniqueIndex('control_key_current').on(table.purpose).where(sql`${table.retiredAt} is null`)],
);

/** Fixed windows. Losing them in a crash only forgives attempts, so the migration makes the table unlogged. */
export const rateBucket = pgTable('rate_bucket', {
  key: text().primaryKey(),
  windowStart: instant().notNull(),
  count: integer().notNull(),
});

export const idempotencyKey = pgTable(
  'idempotency_key',
  {
    callerId: text().notNull(),
    key: text().notNull(),
    procedure: text().notNull(),
    inputHash: hexBytes().notNull(),
    /** Null for results that are shown once. */
    output: jsonb(),
    createdAt: created(),
  },
  table => [primaryKey({ columns: [table.callerId, table.key] }), index('idempotency_key_age').on(table.createdAt)],
);

/** Messages that other processes must not miss. Ids increase in commit order (see lib/outbox). */
export const outbox = pgTable(
  'outbox',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    topic: text().notNull(),
    /** What it is about, e.g. a proxy id; subscribers filter by it. */
    key: text().notNull(),
    payload: jsonb().notNull(),
    createdAt: created(),
  },
  table => [index('outbox_age').on(table.createdAt)],
);
