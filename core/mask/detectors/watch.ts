/** Which values of a column are looked at for kinds that only alert: all at first, then samples as long as they are clean. */

export type Sampling = {
  /** So many clean values in a row, and only samples are looked at. */
  first: number;
  /** Then one in so many. */
  every: number;
  /** Of one value, this many bytes. */
  bytesMax: number;
};

export const samplingDefaults: Sampling = { first: 1000, every: 64, bytesMax: 64 * 1024 };

export class ColumnWatch {
  #clean = 0;
  #skipped = 0;

  isDue({ first, every }: Sampling): boolean {
    if (this.#clean < first) return true;
    this.#skipped += 1;
    if (this.#skipped < every) return false;
    this.#skipped = 0;
    return true;
  }

  /** Values that may pass before the next one that is due. */
  notDue({ first, every }: Sampling): number {
    return this.#clean < first ? 0 : every - 1 - this.#skipped;
  }

  /** At most so many as `notDue` says. */
  passed(values: number): void {
    this.#skipped += values;
  }

  saw(hasHit: boolean): void {
    this.#clean = hasHit ? 0 : this.#clean + 1;
  }
}

/** Columns whose state is kept per catalog; of others each result begins anew. */
export const watchesMax = 10_000;

/** Watches of one proxy, by catalog and column: another catalog is another object, and what was known of the old one is let go. */
export class Watches {
  readonly #byCatalog = new WeakMap<object, Map<string, ColumnWatch>>();

  of(catalog: object, column: { relationOid: number; attnum: number; kinds: number }): ColumnWatch {
    const known = this.#byCatalog.get(catalog) ?? new Map<string, ColumnWatch>();
    this.#byCatalog.set(catalog, known);
    const key = `${column.relationOid}.${column.attnum}.${column.kinds}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = new ColumnWatch();
    if (known.size < watchesMax) known.set(key, made);
    return made;
  }
}
