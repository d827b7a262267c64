/** Brings a control database to the schema of this checkout. */
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';

/** Names the lock; any number that nothing else in the database uses. */
const advisoryLock = 7_302_114;

export const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url));

/** Applies what is missing. Processes that do this at the same time wait for one another. */
export async function migrate(url: string, folder = migrationsFolder): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${advisoryLock})`;
    await applyMigrations(drizzle(sql), { migrationsFolder: folder });
  } finally {
    // Ends the session and with it the lock.
    await sql.end({ timeout: 5 });
  }
}
