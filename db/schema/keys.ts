/** Table of the installation's own keys. Private parts are sealed under the installation's secret before they come here. */
import { sql } from 'drizzle-orm';
import { jsonb, pgTable, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core';

export const storedKey = pgTable(
  'stored_key',
  {
    kid: text().primaryKey(),
    purpose: text().$type<'token' | 'bundle' | 'literals' | 'mask'>().notNull(),
    /** Null for a symmetric key. */
    publicJwk: jsonb().$type<{ kty: string; kid: string; [member: string]: unknown }>(),
    /** JWE (compact, dir, A256GCM) of the private JWK or of the symmetric key. */
    sealed: text().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** A retired key still verifies and opens, but makes nothing new. */
    retiredAt: timestamp({ withTimezone: true }),
  },
  table => [uniqueIndex('stored_key_current').on(table.purpose).where(sql`retired_at is null`)],
);
