/** One version, in two places: the manifest must not be part of what is deployed. */
import { expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { version } from './version.ts';

it('is that of the package', () => {
  expect(version).toBe(manifest.version);
});
