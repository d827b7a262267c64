/** Room for so many at a time; the others wait in order, up to a number and for a time. */
export class Turnstile {
  #free: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];

  constructor({ places, waitingMax }: { places: number; waitingMax: number }) {
    this.#free = places;
    this.#waitingMax = waitingMax;
  }

  /** False when there was no room in time; true has to be followed by `leave`. */
  enter(timeoutMs: number): Promise<boolean> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve(true);
    }
    if (this.#waiting.length >= this.#waitingMax) return Promise.resolve(false);
    return new Promise(resolve => {
      const turn = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        resolve(false);
      }, timeoutMs);
      this.#waiting.push(turn);
    });
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
