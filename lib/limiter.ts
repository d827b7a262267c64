/** At most so many at once, at most so many waiting; beyond that, an answer instead of a queue without end. */
import 'server-only';
import { AppError } from '#lib/orpc/error.ts';

export class Limiter {
  readonly #limits: { atOnceMax: number; waitingMax: number };
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: { atOnceMax: number; waitingMax: number }) {
    this.#limits = limits;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limits.atOnceMax) this.#running += 1;
    else {
      if (this.#waiting.length >= this.#limits.waitingMax)
        throw new AppError('unavailable', 'too much at once, try again in a moment');
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      // The place is handed over, not given up and taken again.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
