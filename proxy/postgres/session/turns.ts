/**
 * Turns of several sessions that fell into one round of the event loop: their records are written with one write, and only then
 * does anything of them leave. The busier the proxy, the less a record costs; nobody waits longer than for the others' decisions.
 */
import type { Recorder } from '#proxy/ports.ts';

/** Lets go what a turn has collected, or takes it back: then `failure` is what writing its records threw, else null. */
export type Settle = (failure: unknown) => void;

/** Chunks that are held at once. */
const turnsMax = 64;

export class Turns {
  readonly #recorder: Pick<Recorder, 'commit'>;
  #open: Settle[] = [];

  constructor(recorder: Pick<Recorder, 'commit'>) {
    this.#recorder = recorder;
  }

  /** All that goes into the turn has been decided and appended. */
  join(settle: Settle): void {
    this.#open.push(settle);
    if (this.#open.length === 1) setImmediate(() => this.settle());
    if (this.#open.length >= turnsMax) this.settle();
  }

  /** Now: something else is about to happen to one of the sessions. */
  settle(): void {
    if (this.#open.length === 0) return;
    const open = this.#open;
    this.#open = [];
    const failure = commitFailure(this.#recorder);
    for (const settle of open) settle(failure);
  }
}

/** What writing throws, as a value: it concerns every turn whose records were in it. */
export function commitFailure(recorder: Pick<Recorder, 'commit'>): unknown {
  try {
    recorder.commit();
    return null;
  } catch (error) {
    return error;
  }
}
