/** Brings the control database to the current schema. Run by the supervisor and by tests, never by the web server. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as apply } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';

/** In the order of their dependencies; each has its own folder and its own journal table. */
const contexts = ['identity', 'catalog', 'policy', 'approvals', 'proxies', 'audit'] as const;

/** By way of the checkout's root, because this also runs from the bundle in dist/. */
export const migrationsFolder = fileURLToPath(new URL('../db/migrations', import.meta.url));

/** Any constant; concurrent migrations otherwise collide in the system catalogs. */
const lockId = 7_305_181_140;

export async function migrate(url: string): Promise<void> {
  const client = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await client`select pg_advisory_lock(${lockId})`;
    const db = drizzle(client);
    for (const context of contexts) {
      const folder = path.join(migrationsFolder, context);
      if (!existsSync(path.join(folder, 'meta', '_journal.json'))) continue;
      await apply(db, { migrationsFolder: folder, migrationsSchema: 'drizzle', migrationsTable: context });
    }
  } finally {
    await client.end({ timeout: 5 });
  }
}
