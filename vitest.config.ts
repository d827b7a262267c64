import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Next answers `server-only` itself; the package throws everywhere else.
  resolve: { alias: { 'server-only': fileURLToPath(new URL('./node_modules/server-only/empty.js', import.meta.url)) } },
  test: {
    include: ['{core,proxy,db,lib,components,app,scripts,bench}/**/*.test.{ts,tsx}', 'tidy.test.ts'],
    environment: 'node',
    pool: 'forks',
    globalSetup: ['scripts/test-setup.ts'],
    setupFiles: ['scripts/test-file-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
