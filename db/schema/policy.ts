/** Tables of policies: the documents in force, all their versions, and the version of the set they form. */
import { boolean, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { Policy } from '#core/policy/schema.ts';
import { instant as at } from './column.ts';

export const policyDocument = pgTable('policy_document', {
  name: text().primaryKey(),
  version: integer().notNull(),
  yaml: text().notNull(),
  document: jsonb().$type<Policy>().notNull(),
  /** A removed policy keeps its versions and its name, and is in no set. */
  removed: boolean().notNull().default(false),
  updatedBy: uuid(),
  updatedAt: at().notNull(),
});

export const policyVersion = pgTable(
  'policy_version',
  {
    name: text()
      .notNull()
      .references(() => policyDocument.name),
    version: integer().notNull(),
    setVersion: integer().notNull(),
    yaml: text().notNull(),
    comment: text().notNull(),
    removed: boolean().notNull(),
    by: uuid(),
    at: at().notNull(),
  },
  table => [primaryKey({ columns: [table.name, table.version] }), index('policy_version_set').on(table.setVersion)],
);

/** One row; its lock orders publications. */
export const policySet = pgTable('policy_set', {
  id: integer().primaryKey().default(1),
  version: integer().notNull().default(0),
  updatedAt: at(),
});
