/**
 * Decides on statements: finds the ruling on a text under the present policies, catalog and settings, or makes it. One gate serves
 * all sessions of a proxy; each session has its own view of it (session-gate.ts).
 */
import type { CatalogData } from '#core/catalog/snapshot.ts';
import type { Clock, ConnectionViews, Recorder } from '../ports.ts';
import type { Analyse } from './analyst.ts';
import { Flows } from './flows.ts';
import { RulingCache } from './ruling-cache.ts';

export type GateOptions = {
  views: ConnectionViews;
  recorder: Recorder;
  clock: Clock;
  analyse: Analyse;
  /** A session's own catalog is not used any more. */
  retire(data: CatalogData): void;
};

export class Gate {
  readonly options: GateOptions;
  readonly cache = new RulingCache();
  readonly #flows = new Map<string, Flows>();

  constructor(options: GateOptions) {
    this.options = options;
  }

  /** What was copied on a connection since this proxy started. */
  flowsOf(connectionId: string): Flows {
    const known = this.#flows.get(connectionId);
    if (known !== undefined) return known;
    const flows = new Flows();
    this.#flows.set(connectionId, flows);
    return flows;
  }
}
