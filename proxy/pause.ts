/** Pauses of a loop that can be cut short by a nudge, and ended for good. */
export class Pause {
  ended = false;
  private readonly waiting = new Set<() => void>();

  /** At most `ms`; less when nudged or ended. */
  for(ms: number): Promise<void> {
    if (this.ended) return Promise.resolve();
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.waiting.add(done);
    });
  }

  /** Between half of `ms` and all of it, so that many proxies do not come back at once. */
  jittered(ms: number): Promise<void> {
    return this.for(ms / 2 + (Math.random() * ms) / 2);
  }

  nudge(): void {
    for (const done of [...this.waiting]) done();
  }

  end(): void {
    this.ended = true;
    this.nudge();
  }
}
