/** What has been started, to be stopped in the reverse order, once. */
export class Stoppers {
  readonly #stops: (() => Promise<unknown>)[] = [];
  #stopping: Promise<void> | null = null;

  add(stop: () => Promise<unknown>): void {
    this.#stops.push(stop);
  }

  /** Goes on to the next when one fails; the failures are in the result. */
  stopAll(): Promise<void> {
    this.#stopping ??= this.#stopInTurn();
    return this.#stopping;
  }

  async #stopInTurn(): Promise<void> {
    const failures: unknown[] = [];
    for (let stop = this.#stops.pop(); stop; stop = this.#stops.pop()) {
      await stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('; '));
  }
}
