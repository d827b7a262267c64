/** What detectors found in the values of a column, as a reason to label it: how sure that makes, and in which words. Never a value. */
import { type DetectorKind, detectorFacts, detectorKinds } from '../mask/detectors/kinds.ts';

export type FoundValues = {
  detector: DetectorKind;
  /** Values with a find. */
  values: number;
  /** Values that were looked at. */
  looked: number;
};

/** A column of which half the values are one is taken for one; a few among many may be text that mentions it. */
const enough = { share: 0.5, values: 3 };

function confidenceOf({ detector, values, looked }: FoundValues): number {
  const share = looked === 0 ? 0 : Math.min(1, values / looked / enough.share);
  const isFew = values < enough.values;
  return detectorFacts[detector].confidenceMax * (0.4 + 0.6 * share) * (isFew ? 0.8 : 1);
}

/** Between 0 and 1: of the surest detector. */
export const foundConfidence = (found: readonly FoundValues[]): number =>
  Math.round(Math.max(0, ...found.map(confidenceOf)) * 100) / 100;

const count = (value: number): string => value.toLocaleString('en-US');

/** One sentence per detector. */
export const foundEvidence = (found: readonly FoundValues[]): string[] =>
  found.map(
    ({ detector, values, looked }) =>
      `values hold ${detectorFacts[detector].check}: ${count(values)} of ${count(Math.max(values, looked))} looked at`,
  );

/** Both together, in the order of detectors. */
export function mergeFound(a: readonly FoundValues[], b: readonly FoundValues[]): FoundValues[] {
  return detectorKinds.flatMap(detector => {
    const of = [...a, ...b].filter(found => found.detector === detector);
    if (of.length === 0) return [];
    const sum = (key: 'values' | 'looked') => of.reduce((total, found) => total + found[key], 0);
    return [{ detector, values: sum('values'), looked: sum('looked') }];
  });
}
