/** What is kept of rulings stays bounded, however often the catalog changes. */
import { expect, it } from 'vitest';
import { RulingCache } from './ruling-cache.ts';

it('finds the bucket of a context as long as its catalog is in use, and lets go of those of older catalogs', () => {
  const cache = new RulingCache();
  const shared = {};
  const first = cache.bucket('shared', shared);
  const own = cache.bucket('own 0', {});
  for (let version = 1; version <= 100; version += 1) {
    cache.bucket(`own ${version}`, {});
    expect(cache.bucket('shared', shared)).toBe(first);
  }
  expect(cache.bucket('own 0', {})).not.toBe(own);
});
