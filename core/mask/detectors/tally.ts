/** What detectors found in one result: how many values of which column, never the values. */
import type { Detected } from '../../event/schema.ts';
import type { OutputDetectors } from '../../policy/detect.ts';
import { detectorKinds } from './kinds.ts';

/** One output column that is looked at. */
export type WatchedColumn = {
  /** 1 for the first. */
  output: number;
  /** The one column whose values it shows as they are; null when it is computed. */
  origin: { schema: string; relation: string; column: string; relationOid: number; attnum: number } | null;
  detectors: OutputDetectors;
};

const kinds = detectorKinds.length;

export class Tally {
  readonly columns: readonly WatchedColumn[];
  /** Values looked at, by place in `columns`. */
  readonly masked: number[];
  readonly sampled: number[];
  /** Made at the first find. */
  #hits: number[] | null = null;

  constructor(columns: readonly WatchedColumn[]) {
    this.columns = columns;
    this.masked = columns.map(() => 0);
    this.sampled = columns.map(() => 0);
  }

  /** `bits` are the kinds found in one value. */
  add(place: number, bits: number): void {
    this.#hits ??= Array<number>(this.columns.length * kinds).fill(0);
    for (let kind = 0; kind < kinds; kind += 1) {
      if ((bits & (1 << kind)) !== 0) this.#hits[place * kinds + kind] = (this.#hits[place * kinds + kind] ?? 0) + 1;
    }
  }

  get isEmpty(): boolean {
    return this.#hits === null;
  }

  /** Of each column and kind with a find. */
  entries(): Detected[] {
    const hits = this.#hits;
    if (hits === null) return [];
    return this.columns.flatMap((watched, place) =>
      detectorKinds.flatMap((detector, kind): Detected[] => {
        const values = hits[place * kinds + kind] ?? 0;
        const by = watched.detectors[detector];
        if (values === 0 || by === undefined) return [];
        const { origin, output } = watched;
        const looked = (by.verdict === 'mask' ? this.masked : this.sampled)[place] ?? 0;
        const column = origin && { schema: origin.schema, relation: origin.relation, column: origin.column };
        const [relationOid, attnum] = [origin?.relationOid ?? 0, origin?.attnum ?? 0];
        return [{ output, column, relationOid, attnum, detector, verdict: by.verdict, rule: by.rule, values, looked }];
      }),
    );
  }
}
