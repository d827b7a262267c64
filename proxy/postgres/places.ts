/** Places for sessions: as many as the proxy has, and of them as many for each identity as policies say. */
import { type Failure, fail } from '#core/contract/error.ts';
import type { SessionLimits } from '#core/policy/limits.ts';
import type { SessionIdentity } from '../ports.ts';

export class Places {
  readonly #placesMax: number;
  #taken = 0;
  /** By whoever acts, and by whom they act for. */
  readonly #byIdentity = new Map<string, number>();

  constructor(placesMax: number) {
    this.#placesMax = placesMax;
  }

  /** Null when there was one; it is taken from before the session opens, so that many who come at once are counted, too. */
  take(identity: SessionIdentity, limits: SessionLimits['sessions']): Failure | null {
    if (this.#taken >= this.#placesMax) return fail('too_many_connections', 'this proxy has no session left').error;
    for (const { identity: who, limit } of limits) {
      if ((this.#byIdentity.get(who.id) ?? 0) < limit.max) continue;
      return fail(
        'too_many_connections',
        `"${who.login}" has ${limit.max} sessions open, and rule ${limit.rule} allows no more`,
        {
          ...(limit.reason !== null && { detail: limit.reason }),
          hint: 'Close one of them, or use fewer connections in a pool.',
        },
      ).error;
    }
    this.#taken += 1;
    for (const id of holdersOf(identity)) this.#byIdentity.set(id, (this.#byIdentity.get(id) ?? 0) + 1);
    return null;
  }

  giveBack(identity: SessionIdentity): void {
    this.#taken -= 1;
    for (const id of holdersOf(identity)) {
      const left = (this.#byIdentity.get(id) ?? 0) - 1;
      if (left > 0) this.#byIdentity.set(id, left);
      else this.#byIdentity.delete(id);
    }
  }
}

const holdersOf = ({ principal, onBehalfOf }: SessionIdentity): string[] =>
  onBehalfOf === null ? [principal.id] : [principal.id, onBehalfOf.id];
