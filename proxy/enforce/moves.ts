/**
 * What sessions of one connection do to the names that statements of the others rest on. A statement is decided before it is sent,
 * and the server looks its names up when it comes to it: behind a lock, or behind another statement of the same message, that may
 * be after somebody else has given them to other tables.
 */

/** Relations that are altered or dropped. */
export type Move = {
  readonly relations: ReadonlySet<number>;
  /** Labelled values are in one of them: any name may mean it from now on. */
  readonly isLabelled: boolean;
};

/** `under way`: others may see it when it is done. `ending`: the end of its transaction is on its way. */
export type Phase = 'open' | 'under way' | 'ending';
type Under = Move & { atSent: number; phase: () => Phase };

/** What is forgotten counts for everything that was sent before. */
const settledMax = 1_000;

export class Moves {
  /** Counts what is sent and what is settled. */
  #now = 0;
  #settled: (Move & { at: number })[] = [];
  #forgottenAt = -1;
  /** By session. */
  readonly #open = new Map<object, Under>();

  /** When something is sent. */
  get now(): number {
    return this.#now;
  }

  /** A session sends a change; it may be visible to others at once, though nobody has heard of it. */
  begin(session: object, { relations, isLabelled }: Move, phase: () => Phase): void {
    const before = this.#open.get(session);
    this.#now += 1;
    this.#open.set(session, {
      relations: new Set([...(before?.relations ?? []), ...relations]),
      isLabelled: isLabelled || before?.isLabelled === true,
      atSent: before?.atSent ?? this.#now,
      phase,
    });
  }

  isOpen(session: object): boolean {
    return this.#open.has(session);
  }

  /** Its transaction is over. */
  settle(session: object, isCommitted: boolean): void {
    const move = this.#open.get(session);
    if (move === undefined) return;
    this.#open.delete(session);
    if (!isCommitted) return;
    this.#now += 1;
    const { relations, isLabelled } = move;
    this.#settled.push({ relations, isLabelled, at: this.#now });
    if (this.#settled.length > settledMax) this.#forgottenAt = this.#settled.shift()?.at ?? -1;
  }

  /**
   * The relations behind names that may mean something else than when a statement was sent; null when there are none.
   * `isLater`: the server came to it some time after that, behind others.
   */
  since(session: object, { sent, isLater }: { sent: number; isLater: boolean }, reads: () => Set<number>) {
    if (this.#now === sent && this.#open.size === 0) return null;
    const seen: Move[] = this.#settled.filter(({ at }) => at > sent);
    for (const [other, { relations, isLabelled, atSent, phase }] of this.#open) {
      if (other === session || !(isLater || atSent <= sent)) continue;
      const at = phase();
      // What takes its time holds up those alone who read the same tables, and the server does that.
      if (at !== 'open') seen.push({ relations, isLabelled: isLabelled && at === 'ending' });
    }
    const isForgotten = sent < this.#forgottenAt;
    if (seen.length === 0 && !isForgotten) return null;
    const read = reads();
    if (read.size === 0) return null;
    const matter = seen.filter(({ isLabelled, relations }) => isLabelled || [...relations].some(oid => read.has(oid)));
    if (matter.length === 0 && !isForgotten) return null;
    return new Set(matter.flatMap(({ relations }) => [...relations]));
  }
}
