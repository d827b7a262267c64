/** Whether an identity may do anything: it is enabled, and so is the person who answers for it. */
import 'server-only';
import { type SQL, sql } from 'drizzle-orm';

/** For queries in which the table `identity` goes by that name. */
export const isActive: SQL<boolean> = sql<boolean>`(identity.enabled and coalesce(
  (select responsible.enabled from identity responsible where responsible.id = identity.owner_id), true))`;
