/** Browser tests against a throw-away Weir of their own: own state directory, own database, free ports. */
import { defineConfig } from '@playwright/test';
import { running } from './e2e/world.ts';
import { resolveBrowser } from './scripts/browser.ts';

const { executablePath, args, env } = await resolveBrowser();

export default defineConfig({
  testDir: 'e2e',
  globalSetup: './e2e/setup.ts',
  outputDir: 'test-results',
  // One Weir for all: the specs tell one story after another.
  workers: 1,
  // Bounds, not expectations: a machine with two busy cores is slow, not wrong.
  timeout: 150_000,
  expect: { timeout: 20_000 },
  forbidOnly: true,
  reporter: 'list',
  use: {
    // Read again in each worker, after the set-up has started Weir.
    baseURL: running()?.consoleUrl,
    trace: 'retain-on-failure',
    launchOptions: { executablePath, args, env },
  },
});
