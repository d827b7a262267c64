/**
 * Classification follows the data: what statements have copied from labelled columns carries their labels at once, in the session
 * as soon as the server confirms the copy, for everybody on this proxy when the transaction commits.
 */
import type { Labels } from '#core/catalog/labels.ts';
import type { DataFlow } from '#core/sql/analysis.ts';

/** Targets remembered per connection. The control plane learns of copies from the log and labels them durably. */
const targetsMax = 20_000;

export class Flows {
  #byTarget = new Map<string, DataFlow>();
  /** Increases with every addition. */
  version = 0;

  get list(): readonly DataFlow[] {
    return this.#byTarget.size === 0 ? none : [...this.#byTarget.values()];
  }

  get size(): number {
    return this.#byTarget.size;
  }

  add(flow: DataFlow): void {
    const key = JSON.stringify([flow.target.schema, flow.target.relation, flow.target.column]);
    const known = this.#byTarget.get(key);
    const origins = known === undefined ? flow.origins : [...new Set([...known.origins, ...flow.origins])];
    if (known !== undefined && origins.length === known.origins.length) return;
    if (known === undefined && this.#byTarget.size >= targetsMax) {
      for (const oldest of this.#byTarget.keys()) {
        this.#byTarget.delete(oldest);
        break;
      }
    }
    this.#byTarget.set(key, { target: flow.target, origins });
    this.version += 1;
  }

  clear(): void {
    if (this.#byTarget.size === 0) return;
    this.#byTarget.clear();
    this.version += 1;
  }
}

const none: readonly DataFlow[] = [];

/** Whether the target would be shown with fewer labels than what is copied into it has. */
export function spreads(flow: DataFlow, labels: Labels): boolean {
  const held = new Set(
    labels.ofColumn({ ...flow.target, relationOid: 0, attnum: 0 }).map(tag => `${tag.label} ${tag.level}`),
  );
  return flow.origins.some(origin => labels.ofColumn(origin).some(tag => !held.has(`${tag.label} ${tag.level}`)));
}
