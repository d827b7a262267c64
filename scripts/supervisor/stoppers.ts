/** What has been started, to be stopped in the reverse order, each once. */
export class Stoppers {
  readonly #stops: (() => Promise<unknown>)[] = [];
  #stopping: Promise<void> = Promise.resolve();

  add(stop: () => Promise<unknown>): void {
    this.#stops.push(stop);
  }

  /** Goes on to the next when one fails; the failures are in the result. Asked again, it stops what was added since. */
  stopAll(): Promise<void> {
    const stopped = this.#stopping.then(() => this.#stopInTurn());
    this.#stopping = stopped.catch(() => {});
    return stopped;
  }

  async #stopInTurn(): Promise<void> {
    const failures: unknown[] = [];
    for (let stop = this.#stops.pop(); stop; stop = this.#stops.pop()) {
      await stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('; '));
  }
}

/** Stops what runs when the process is asked to end, or falls over something nobody expected. */
export function stopOnEnd(stoppers: Stoppers): void {
  const leave = (code: number) => void stoppers.stopAll().finally(() => process.exit(code));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => leave(130));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.once(event, (error: unknown) => {
      console.error(error);
      leave(1);
    });
  }
}
