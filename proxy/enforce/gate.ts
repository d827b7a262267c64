/**
 * Decides on statements: finds the ruling on a text under the present policies, catalog and settings, or makes it. One gate serves
 * all sessions of a proxy; each session has its own view of it (session-gate.ts).
 */

import type { CatalogData } from '#core/catalog/snapshot.ts';
import { ok, type Result } from '#core/contract/error.ts';
import { type Sampling, samplingDefaults, Watches } from '#core/mask/detectors/watch.ts';
import type { Clock, ConnectionViews, Recorder } from '../ports.ts';
import type { Analyse } from './analyst.ts';
import type { Budgets } from './budgets.ts';
import { Flows, type LabelledCopy, type Settling } from './flows.ts';
import { inheritedEvents } from './inherited.ts';
import { Moves } from './moves.ts';
import { allNets, type Nets } from './nets.ts';
import { RulingCache } from './ruling-cache.ts';

export type GateOptions = {
  views: ConnectionViews;
  recorder: Recorder;
  clock: Clock;
  analyse: Analyse;
  budgets: Budgets;
  /** What the last run of this proxy had not seen labelled yet, by connection. */
  flows?: ReadonlyMap<string, readonly LabelledCopy[]>;
  keepFlows?(flows: ReadonlyMap<string, Flows>): void;
  /** Absent: as `samplingDefaults`. */
  sampling?: Sampling;
  /** For tests alone; absent: all of them. */
  nets?: Nets;
  /** A session's own catalog is not used any more. */
  retire(data: CatalogData): void;
};

export class Gate {
  readonly options: GateOptions;
  readonly cache = new RulingCache();
  readonly nets: Nets;
  /** What rulings need to have values looked at. */
  readonly values: { nets: Nets; watches: Watches; sampling: Sampling };
  readonly #flows = new Map<string, Flows>();

  readonly #moves = new Map<string, Moves>();
  readonly #refreshes = new Map<string, Promise<Result<unknown>>>();
  /** Connections whose catalog has changed and could not be read since. */
  readonly #unread = new Set<string>();

  constructor(options: GateOptions) {
    this.options = options;
    for (const [connectionId, copies] of options.flows ?? []) {
      for (const copy of copies) this.flowsOf(connectionId).add(copy);
    }
    const { nets = allNets, sampling = samplingDefaults } = options;
    this.nets = nets;
    this.values = { nets, watches: new Watches(), sampling };
  }

  /** A session has changed the catalog for everybody: nothing is ruled on by the old one from now on. */
  refresh(connectionId: string): void {
    const refreshing: Promise<Result<unknown>> = this.options.views.refresh(connectionId).then(result => {
      if (this.#refreshes.get(connectionId) !== refreshing) return result;
      this.#refreshes.delete(connectionId);
      if (result.ok) this.#unread.delete(connectionId);
      else this.#unread.add(connectionId);
      return result;
    });
    this.#refreshes.set(connectionId, refreshing);
  }

  isStale(connectionId: string): boolean {
    if (this.#refreshes.size === 0 && this.#unread.size === 0) return false;
    return this.#refreshes.has(connectionId) || this.#unread.has(connectionId);
  }

  /** Resolves when the shared catalog is as new as the last change known here; tries once more where that could not be read. */
  async whenFresh(connectionId: string): Promise<Result<null>> {
    while (this.isStale(connectionId)) {
      if (!this.#refreshes.has(connectionId)) this.refresh(connectionId);
      const result = await this.#refreshes.get(connectionId);
      if (result?.ok === false) return result;
    }
    return ok(null);
  }

  /** What was copied on a connection, as far as it is no label yet. */
  flowsOf(connectionId: string): Flows {
    const known = this.#flows.get(connectionId);
    if (known !== undefined) return known;
    const flows = new Flows();
    this.#flows.set(connectionId, flows);
    return flows;
  }

  movesOf(connectionId: string): Moves {
    const known = this.#moves.get(connectionId) ?? new Moves();
    this.#moves.set(connectionId, known);
    return known;
  }

  /** A transaction was committed that had copied something: everybody on this proxy knows from now on, and after a restart, too. */
  share(connectionId: string, copies: readonly LabelledCopy[]): void {
    const flows = this.flowsOf(connectionId);
    for (const copy of copies) flows.add(copy);
    this.options.keepFlows?.(this.#flows);
  }

  /** Forgets copies that the control plane has had for long enough, and says again what was renamed before it had them. */
  settleFlows(log: Pick<Settling, 'head' | 'acknowledged' | 'nowMs'>): void {
    let hasChanged = false;
    for (const [connectionId, flows] of this.#flows) {
      const view = this.options.views.of(connectionId);
      if (!view.ok || flows.size === 0) continue;
      const { catalog, labels } = view.value;
      flows.bind(catalog);
      const settled = flows.settle({ ...log, catalog, labels });
      for (const event of inheritedEvents(settled.moved)) this.options.recorder.append(event);
      hasChanged ||= settled.hasChanged;
    }
    if (hasChanged) this.options.keepFlows?.(this.#flows);
  }
}
