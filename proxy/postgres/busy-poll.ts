/**
 * Keeps the event loop awake for a moment after a session was heard of. A client that asks for one thing after the other would
 * find the process asleep at every message, and waking it takes longer than many a statement. Done only while a single session
 * speaks: with several there is mostly something to do anyway, and the time belongs to the server and the clients.
 */
import type { Clock } from '../ports.ts';

/** How often more the moment may have passed in vain than not before it is given up. */
const creditMax = 4;
/** Messages after which it is tried again. */
const restMessages = 32;

export class BusyPoll {
  readonly #clock: Pick<Clock, 'nowUs'>;
  readonly #forUs: number;
  #last: object | null = null;
  #untilUs = 0;
  #isPolling = false;
  #credit = creditMax;
  #rest = 0;

  /** `forUs`: microseconds of processor time that a message may cost at most; 0 for none. */
  constructor(clock: Pick<Clock, 'nowUs'>, forUs: number) {
    this.#clock = clock;
    this.#forUs = forUs;
  }

  get isPolling(): boolean {
    return this.#isPolling;
  }

  /** Bytes have come for this session, from either side. */
  heard(session: object): void {
    if (this.#forUs === 0) return;
    if (session !== this.#last) {
      this.#last = session;
      this.#untilUs = 0;
      return;
    }
    if (this.#isPolling) this.#credit = Math.min(creditMax, this.#credit + 1);
    else if (this.#isResting()) return;
    this.#untilUs = this.#clock.nowUs() + this.#forUs;
    if (this.#isPolling) return;
    this.#isPolling = true;
    setImmediate(this.#poll);
  }

  #isResting(): boolean {
    if (this.#rest > 0) this.#rest -= 1;
    return this.#rest > 0;
  }

  /** An immediate that asks for the next one lets the loop look at its sockets without waiting for them. */
  readonly #poll = (): void => {
    if (this.#clock.nowUs() < this.#untilUs) {
      setImmediate(this.#poll);
      return;
    }
    this.#isPolling = false;
    // Ended by another session, which says nothing about how long the pauses are.
    if (this.#untilUs === 0) return;
    this.#credit -= 1;
    if (this.#credit > 0) return;
    this.#credit = 1;
    this.#rest = restMessages;
  };
}
