/** How finds in values speak for a label. */
import { expect, it } from 'vitest';
import { detectorFacts, detectorKinds } from '../mask/detectors/kinds.ts';
import { knownLabels } from './classification.ts';
import { foundConfidence, foundEvidence, mergeFound } from './suggest-values.ts';

it('is for labels that exist', () => {
  for (const kind of detectorKinds) expect(knownLabels).toHaveProperty([detectorFacts[kind].label]);
});

it('is surer the more of the values are one', () => {
  const sure = (values: number, looked: number) => foundConfidence([{ detector: 'card', values, looked }]);
  expect(sure(100, 100)).toBe(0.98);
  expect(sure(50, 100)).toBe(0.98);
  expect(sure(10, 100)).toBeLessThan(sure(30, 100));
  expect(sure(1, 1)).toBeLessThan(sure(3, 3));
  expect(sure(1, 10_000)).toBeGreaterThan(0);
  expect(foundConfidence([])).toBe(0);
});

it('says what was found how often, and adds up', () => {
  const found = mergeFound(
    [{ detector: 'email', values: 1, looked: 1000 }],
    [
      { detector: 'card', values: 2, looked: 3 },
      { detector: 'email', values: 3, looked: 500 },
    ],
  );
  expect(foundEvidence(found)).toEqual([
    'values hold payment card numbers (issuer, length and Luhn digit): 2 of 3 looked at',
    'values hold e-mail addresses: 4 of 1,500 looked at',
  ]);
});
