/** Percentiles of the histogram against the exact ones. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Timing } from './timing.ts';

it('is within a fifth of the exact percentile', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 200 }), values => {
      const timing = new Timing();
      for (const value of values) timing.add(value, 1);
      const sorted = [...values].sort((left, right) => left - right);
      const exact = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
      const { p50, p95, statements } = timing.take();
      expect(statements).toBe(values.length);
      expect(p50 / exact(0.5)).toBeGreaterThan(0.8);
      expect(p50 / exact(0.5)).toBeLessThan(1.25);
      expect(p95 / exact(0.95)).toBeGreaterThan(0.8);
      expect(p95 / exact(0.95)).toBeLessThan(1.25);
    }),
  );
});

it('starts anew each time it is taken', () => {
  const timing = new Timing();
  timing.add(30, 5);
  expect(timing.take().statements).toBe(5);
  expect(timing.take()).toEqual({ p50: 0, p95: 0, statements: 0 });
});
