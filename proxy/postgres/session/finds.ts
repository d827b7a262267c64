/** What detectors found in the results of one run. */
import type { Detected } from '#core/event/schema.ts';
import type { Tally } from '#core/mask/detectors/tally.ts';
import type { Detection } from '#core/mask/plan.ts';

/** Of one event. */
export const detectedMax = 200;

export class Finds {
  readonly #tallies: Tally[] = [];
  #detection: Detection | null = null;
  #tally: Tally | null = null;

  add(tally: Tally): void {
    this.#tallies.push(tally);
  }

  /** Where the finds in rows of one result are counted. */
  of(detection: Detection): Tally {
    if (this.#tally !== null && this.#detection === detection) return this.#tally;
    const tally = detection.tally();
    this.#detection = detection;
    this.#tally = tally;
    this.#tallies.push(tally);
    return tally;
  }

  get isEmpty(): boolean {
    for (const tally of this.#tallies) if (!tally.isEmpty) return false;
    return true;
  }

  entries(): Detected[] {
    const found = this.#tallies.flatMap(tally => (tally.isEmpty ? [] : tally.entries()));
    return found.slice(0, detectedMax);
  }
}
