/** The masks and detectors of a decision, compiled for the columns a result really has. Made once per RowDescription. */
import { fail, ok, type Result } from '../contract/error.ts';
import type { OutputMask } from '../policy/decision.ts';
import type { OutputDetectors } from '../policy/detect.ts';
import { compileMask } from './apply.ts';
import { asked } from './detectors/chunk-glance.ts';
import { ColumnDetector, columnDetector } from './detectors/column.ts';
import { formOf } from './detectors/form.ts';
import { Tally, type WatchedColumn } from './detectors/tally.ts';
import { ColumnWatch, type Sampling, samplingDefaults } from './detectors/watch.ts';
import type { CellWriter } from './writer.ts';

/** Of one field of RowDescription; for COPY, of the column. */
export type OutputField = {
  typeOid: number;
  typmod: number;
  format: 0 | 1;
  /** Of the string category, as only the server's catalog says of types it does not come with. */
  isText?: boolean;
};

/** What to look for in one column that has no mask. */
export type FieldDetectors = {
  detectors: OutputDetectors;
  origin: WatchedColumn['origin'];
  /** Absent: what was seen of the column before is not known. */
  watch?: ColumnWatch;
};

/** The detectors of one result. */
export class Detection {
  readonly #columns: readonly ColumnDetector[];
  readonly #watched: readonly WatchedColumn[];
  #tally: Tally | null = null;
  /** The most columns that are sampled as one, since they are the same: each row has so many values of it. */
  readonly #alike: number;

  constructor(found: readonly { detector: ColumnDetector; watched: WatchedColumn }[]) {
    this.#columns = found.map(({ detector }) => detector);
    this.#watched = found.map(({ watched }) => watched);
    const watches = this.#columns.map(({ watch }) => watch);
    this.#alike = Math.max(...watches.map(watch => watches.filter(other => other === watch).length));
  }

  /** Rows that may pass at a glance before one has to be read. */
  get unsampled(): number {
    let values = Number.POSITIVE_INFINITY;
    for (const column of this.#columns) values = Math.min(values, column.unsampled);
    return Math.floor(values / this.#alike);
  }

  /** So many rows have passed at a glance, with so many NULLs in each column of the result. */
  passed(rows: number, nulls: Uint32Array): void {
    for (let index = 0; index < this.#columns.length; index += 1) {
      const { output } = this.#watched[index] as WatchedColumn;
      (this.#columns[index] as ColumnDetector).passed(rows - (nulls[output - 1] as number));
    }
  }

  /** For one run of the statement. */
  tally(): Tally {
    return new Tally(this.#watched);
  }

  /** Until it is called again, finds are counted there. Plans are shared between runs: call it before each row. */
  countIn(tally: Tally | null): void {
    if (tally === this.#tally) return;
    this.#tally = tally;
    for (const column of this.#columns) column.tally = tally;
  }
}

export type RowPlan = {
  /** One per column; null where the value passes. */
  readonly writers: readonly (CellWriter | null)[];
  /** By how many bytes a row can get longer. */
  readonly maxGrowth: number;
  /** Null when no values are looked at. */
  readonly detection: Detection | null;
  /** What `ChunkGlance.walkRows` is asked of each column; null where that does not tell enough. */
  readonly asks: Uint8Array | null;
  /** The masks, in the order of their columns. */
  readonly masks: readonly CellWriter[];
};

function asksOf(writers: readonly (CellWriter | null)[]): Uint8Array | null {
  const asks = new Uint8Array(writers.length);
  for (const [index, writer] of writers.entries()) {
    const isDetector = writer instanceof ColumnDetector;
    if (isDetector && writer.needsGlance === null) return null;
    if (writer !== null) asks[index] = !isDetector ? asked.place : writer.needsGlance ? asked.glance : 0;
  }
  return asks;
}

export type PlanParts = {
  masks: readonly (OutputMask | null)[];
  fields: readonly OutputField[];
  /** Of the hash mask. */
  key: Uint8Array;
  /** Per column; absent where nothing is looked for. */
  detectors?: readonly (FieldDetectors | null)[];
  sampling?: Sampling;
};

function detectorOf(parts: PlanParts, index: number, place: number): ColumnDetector | null {
  const field = parts.fields[index];
  const found = parts.detectors?.[index] ?? null;
  if (field === undefined || found === null || (parts.masks[index] ?? null) !== null) return null;
  const { typeOid, typmod, format, isText = false } = field;
  const form = formOf(typeOid, { format, isText });
  if (form === null) return null;
  const { detectors, watch = new ColumnWatch() } = found;
  const { sampling = samplingDefaults } = parts;
  return columnDetector({ detectors, form, typeOid, typmod, format, place, watch, sampling });
}

/**
 * `ok(null)` when nothing is masked or looked at. Fails with `unresolved` when the result has other columns than were decided on:
 * then no row may pass.
 */
export function planRow(parts: PlanParts): Result<RowPlan | null> {
  const { masks, fields, key } = parts;
  if (masks.length !== fields.length) {
    return fail('unresolved', `the server returns ${fields.length} columns where ${masks.length} were decided on`);
  }
  const found: { detector: ColumnDetector; watched: WatchedColumn }[] = [];
  const writers = fields.map((field, index): CellWriter | null => {
    const mask = masks[index]?.mask ?? null;
    if (mask !== null) return compileMask({ ...field, mask, key });
    const detector = detectorOf(parts, index, found.length);
    const { detectors = {}, origin = null } = parts.detectors?.[index] ?? {};
    if (detector !== null) found.push({ detector, watched: { output: index + 1, origin, detectors } });
    return detector;
  });
  const active = writers.filter(writer => writer !== null);
  if (active.length === 0) return ok(null);
  return ok({
    writers,
    maxGrowth: active.reduce((sum, writer) => sum + writer.maxGrowth, 0),
    detection: found.length === 0 ? null : new Detection(found),
    asks: asksOf(writers),
    masks: active.filter(writer => !(writer instanceof ColumnDetector)),
  });
}
