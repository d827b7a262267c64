/** What a scanner reports, and to whom. */
import type { DetectorKind } from './kinds.ts';

/** Told of finds in order, as [from, to) in the coordinates of what was scanned; they do not overlap. */
export type HitSink = { found(kind: DetectorKind, from: number, to: number): void };
