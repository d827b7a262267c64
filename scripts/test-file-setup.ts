/** Runs in every test file: drops the databases it made (db/testing.ts). */
import { afterAll } from 'vitest';

afterAll(async () => {
  const { weirTestCleanups } = globalThis as { weirTestCleanups?: (() => Promise<void>)[] };
  await Promise.all((weirTestCleanups ?? []).map(drop => drop()));
});
