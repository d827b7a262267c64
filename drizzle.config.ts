/** One migration folder per context: `DB_CONTEXT=identity npx drizzle-kit generate --name <what>`. Applied by db/migrate.ts. */
import { defineConfig } from 'drizzle-kit';

const context = process.env.DB_CONTEXT;
if (!context) throw new Error('set DB_CONTEXT to the context whose schema changed, e.g. identity');

export default defineConfig({
  dialect: 'postgresql',
  schema: `./db/schema/${context}.ts`,
  out: `./db/migrations/${context}`,
  casing: 'snake_case',
});
