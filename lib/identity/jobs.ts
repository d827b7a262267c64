/** Removes what has run out: windows of attempts, idempotency keys, device requests, password links, old outbox rows. */
import 'server-only';
import { lt, type SQL } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { deviceRequest, idempotencyKey, outbox, passwordLink, rateBucket } from '#db/schema/identity.ts';
import type { Job } from '#lib/jobs/scheduler.ts';
import { idempotencyLifetimeHours } from '#lib/orpc/idempotency.ts';

/** A proxy that was away longer reads the present state instead of what it missed. */
export const outboxLifetimeHours = 6;

const hour = 3_600_000;

const swept: readonly { table: PgTable; column: PgColumn; afterMs: number }[] = [
  { table: rateBucket, column: rateBucket.windowStart, afterMs: 2 * hour },
  { table: idempotencyKey, column: idempotencyKey.createdAt, afterMs: idempotencyLifetimeHours * hour },
  { table: deviceRequest, column: deviceRequest.expiresAt, afterMs: hour },
  { table: passwordLink, column: passwordLink.expiresAt, afterMs: 24 * hour },
  { table: outbox, column: outbox.createdAt, afterMs: outboxLifetimeHours * hour },
];

const sweep: Job = {
  name: 'identity.sweep',
  everySeconds: 300,
  run: async ({ db, clock }) => {
    for (const { table, column, afterMs } of swept) {
      const isOver: SQL = lt(column, new Date(clock.now().getTime() - afterMs));
      await db.delete(table).where(isOver);
    }
  },
};

export const identityJobs: readonly Job[] = [sweep];
