import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{core,proxy,db,lib,components,scripts}/**/*.test.{ts,tsx}', 'tidy.test.ts'],
    environment: 'node',
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
