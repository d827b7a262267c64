/**
 * What identities have taken from their budgets, by rule and window of time: counted here over all sessions of this proxy, with what
 * other proxies have told the control plane on top. Nothing in it waits for anybody.
 */

import type { BudgetUseMessage } from '#core/contract/proxy.ts';
import type { BudgetShare } from '#core/policy/decision.ts';
import type { BudgetUnit } from '#core/policy/schema.ts';

/** Rules times identities; above it what is over is forgotten, and if that is not enough, budgets count as used up. */
export const budgetEntriesMax = 50_000;
const minuteMs = 60_000;

export type BudgetEntry = {
  readonly rule: string;
  readonly identityId: string;
  readonly unit: BudgetUnit;
  readonly windowMinutes: number;
  /** Start of the window, milliseconds since the epoch; budgets of another window are other entries. */
  readonly startsAt: number;
  /** By this proxy. */
  used: number;
  /** By all others, as far as is known. */
  others: number;
  /** Not yet told to the control plane. */
  isDirty: boolean;
  isUnsaved: boolean;
};

type EntryName = Pick<BudgetEntry, 'rule' | 'identityId' | 'unit' | 'windowMinutes' | 'startsAt'>;
/** As it is stored and sent. */
export type BudgetUse = BudgetUseMessage;

export const windowStart = (windowMinutes: number, nowMs: number): number =>
  Math.floor(nowMs / (windowMinutes * minuteMs)) * windowMinutes * minuteMs;

export const windowEnd = ({ startsAt, windowMinutes }: Pick<BudgetEntry, 'startsAt' | 'windowMinutes'>): number =>
  startsAt + windowMinutes * minuteMs;

const keyOf = ({ rule, identityId, unit, windowMinutes }: Omit<EntryName, 'startsAt'>): string =>
  `${rule}\0${identityId}\0${unit}\0${windowMinutes}`;

export class Budgets {
  readonly #entries = new Map<string, BudgetEntry>();

  /** The entry of the present window; null when there is no room to count. */
  entry({ rule, identity, unit, windowMinutes }: BudgetShare, nowMs: number): BudgetEntry | null {
    const startsAt = windowStart(windowMinutes, nowMs);
    return this.#open({ rule, identityId: identity.id, unit, windowMinutes, startsAt }, nowMs);
  }

  #open(name: EntryName, nowMs: number): BudgetEntry | null {
    const key = keyOf(name);
    const known = this.#entries.get(key);
    if (known !== undefined && known.startsAt >= name.startsAt) return known;
    if (known === undefined && this.#entries.size >= budgetEntriesMax) this.#forget(nowMs);
    if (known === undefined && this.#entries.size >= budgetEntriesMax) return null;
    const opened: BudgetEntry = { ...name, used: 0, others: 0, isDirty: false, isUnsaved: false };
    this.#entries.set(key, opened);
    return opened;
  }

  /** Windows that are over. */
  #forget(nowMs: number): void {
    for (const [key, entry] of this.#entries) if (windowEnd(entry) <= nowMs) this.#entries.delete(key);
  }

  /** What this proxy has counted in windows that go on. */
  uses(nowMs: number): BudgetUse[] {
    this.#forget(nowMs);
    return [...this.#entries.values()].filter(entry => entry.used > 0).map(asUse);
  }

  /** Whether anything was counted since this was asked last. */
  takeUnsaved(): boolean {
    let isUnsaved = false;
    for (const entry of this.#entries.values()) {
      isUnsaved ||= entry.isUnsaved;
      entry.isUnsaved = false;
    }
    return isUnsaved;
  }

  /** What was counted since it was last taken, up to `max` entries; what is not taken stays for the next time. */
  takeChanged(max: number): BudgetUse[] {
    const taken: BudgetUse[] = [];
    for (const entry of this.#entries.values()) {
      if (!entry.isDirty) continue;
      if (taken.length >= max) break;
      entry.isDirty = false;
      taken.push(asUse(entry));
    }
    return taken;
  }

  /** They did not arrive. */
  giveBack(uses: readonly BudgetUse[]): void {
    for (const use of uses) {
      const entry = this.#entries.get(keyOf(use));
      if (entry?.startsAt === use.startsAt) entry.isDirty = true;
    }
  }

  /** Of an earlier run of this proxy. */
  restore(uses: readonly BudgetUse[], nowMs: number): void {
    for (const use of uses) {
      if (windowEnd(use) <= nowMs) continue;
      const entry = this.#open(nameOf(use), nowMs);
      if (entry?.startsAt === use.startsAt)
        Object.assign(entry, { used: Math.max(entry.used, use.used), isDirty: true });
    }
  }

  /** What all other proxies have used, as the control plane has it. */
  heard(uses: readonly BudgetUse[], nowMs: number): void {
    for (const use of uses) {
      if (windowEnd(use) <= nowMs) continue;
      const entry = this.#open(nameOf(use), nowMs);
      // A message may be older than another one: what was used is not given back.
      if (entry?.startsAt === use.startsAt) entry.others = Math.max(entry.others, use.used);
    }
  }
}

const nameOf = ({ rule, identityId, unit, windowMinutes, startsAt }: EntryName): EntryName => ({
  rule,
  identityId,
  unit,
  windowMinutes,
  startsAt,
});

const asUse = (entry: BudgetEntry): BudgetUse => ({ ...nameOf(entry), used: entry.used });
