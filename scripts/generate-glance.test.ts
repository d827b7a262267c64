import { expect, it } from 'vitest';
import { isCurrent } from './generate-glance.ts';

it('is what the program says: run npx tsx scripts/generate-glance.ts', async () => {
  expect(await isCurrent()).toBe(true);
});
