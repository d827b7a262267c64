/** The masks of a decision, compiled for the columns a result really has. Made once per RowDescription. */
import { fail, ok, type Result } from '../contract/error.ts';
import type { OutputMask } from '../policy/decision.ts';
import { type CellWriter, compileMask } from './apply.ts';

/** Of one field of RowDescription; for COPY, of the column. */
export type OutputField = { typeOid: number; typmod: number; format: 0 | 1 };

export type RowPlan = {
  /** One per column; null where the value passes. */
  readonly writers: readonly (CellWriter | null)[];
  /** Columns with a mask. */
  readonly masked: number;
  /** By how many bytes a row can get longer. */
  readonly maxGrowth: number;
};

/**
 * `ok(null)` when nothing is masked. Fails with `unresolved` when the result has other columns than were decided on: then no row may
 * pass.
 */
export function planRow(
  masks: readonly (OutputMask | null)[],
  fields: readonly OutputField[],
  key: Uint8Array,
): Result<RowPlan | null> {
  if (masks.length !== fields.length) {
    return fail('unresolved', `the server returns ${fields.length} columns where ${masks.length} were decided on`);
  }
  const writers = fields.map((field, index) => {
    const mask = masks[index]?.mask ?? null;
    return mask === null ? null : compileMask({ ...field, mask, key });
  });
  const masked = writers.filter(writer => writer !== null).length;
  if (masked === 0) return ok(null);
  const maxGrowth = writers.reduce((sum, writer) => sum + (writer?.maxGrowth ?? 0), 0);
  return ok({ writers, masked, maxGrowth });
}
