/** Places for sessions: as many as the proxy has, and of them as many for each identity as policies say, or a share. */
import { type Failure, fail } from '#core/contract/error.ts';
import type { SessionLimits } from '#core/policy/limits.ts';
import type { SessionIdentity } from '../ports.ts';

/** Of all places, for an identity of which policies do not say how many: one that opens sessions without end leaves some to others. */
const identityShare = 0.8;

export class Places {
  readonly #placesMax: number;
  readonly #shareMax: number;
  #taken = 0;
  /** By whoever acts, and by whom they act for. */
  readonly #byIdentity = new Map<string, number>();

  constructor(placesMax: number) {
    this.#placesMax = placesMax;
    this.#shareMax = Math.ceil(placesMax * identityShare);
  }

  /** Null when there was one; it is taken from before the session opens, so that many who come at once are counted, too. */
  take(identity: SessionIdentity, limits: SessionLimits['sessions']): Failure | null {
    if (this.#taken >= this.#placesMax) return fail('too_many_connections', 'this proxy has no session left').error;
    for (const { identity: who, limit } of limits) {
      if (this.#heldBy(who.id) < limit.max) continue;
      return fail(
        'too_many_connections',
        `"${who.login}" has ${limit.max} sessions open, and rule ${limit.rule} allows no more`,
        {
          ...(limit.reason !== null && { detail: limit.reason }),
          hint: 'Close one of them, or use fewer connections in a pool.',
        },
      ).error;
    }
    for (const who of holdersOf(identity)) {
      const isLimited = limits.some(({ identity: limited }) => limited.id === who.id);
      if (isLimited || this.#heldBy(who.id) < this.#shareMax) continue;
      return fail(
        'too_many_connections',
        `"${who.login}" has ${this.#shareMax} sessions open, and the other ${this.#placesMax - this.#shareMax} of this proxy are kept for others`,
        {
          hint: 'Close one of them, use fewer connections in a pool, or ask for a rule that limits sessions to a higher number.',
        },
      ).error;
    }
    this.#taken += 1;
    for (const { id } of holdersOf(identity)) this.#byIdentity.set(id, this.#heldBy(id) + 1);
    return null;
  }

  #heldBy(id: string): number {
    return this.#byIdentity.get(id) ?? 0;
  }

  giveBack(identity: SessionIdentity): void {
    this.#taken -= 1;
    for (const { id } of holdersOf(identity)) {
      const left = this.#heldBy(id) - 1;
      if (left > 0) this.#byIdentity.set(id, left);
      else this.#byIdentity.delete(id);
    }
  }
}

const holdersOf = ({ principal, onBehalfOf }: SessionIdentity) =>
  onBehalfOf === null ? [principal] : [principal, onBehalfOf];
