/** A bounded queue that serves sessions in turn, however much one of them has waiting. */

type Lane<T> = { session: string; waiting: T[]; active: number };

export class FairQueue<T> {
  private readonly lanes = new Map<string, Lane<T>>();
  /** Sessions in the order they are served next. */
  private readonly order: Lane<T>[] = [];
  private total = 0;
  private readonly limits: { queuedMax: number; activePerSessionMax: number };

  constructor(limits: { queuedMax: number; activePerSessionMax: number }) {
    this.limits = limits;
  }

  get size(): number {
    return this.total;
  }

  /** False when the queue is full. */
  add(session: string, job: T): boolean {
    if (this.total >= this.limits.queuedMax) return false;
    const lane = this.lanes.get(session) ?? this.open(session);
    lane.waiting.push(job);
    this.total++;
    return true;
  }

  /** The next job whose session may have one more running; call `done` when it ends. */
  take(): { session: string; job: T } | null {
    for (let tries = this.order.length; tries > 0; tries--) {
      const lane = this.order.shift();
      if (!lane) return null;
      this.order.push(lane);
      if (lane.active >= this.limits.activePerSessionMax) continue;
      const job = lane.waiting.shift();
      if (job === undefined) continue;
      this.total--;
      lane.active++;
      return { session: lane.session, job };
    }
    return null;
  }

  has(session: string, job: T): boolean {
    return this.lanes.get(session)?.waiting.includes(job) ?? false;
  }

  /** Takes a waiting job out; false when it is not waiting any more. */
  remove(session: string, job: T): boolean {
    const lane = this.lanes.get(session);
    const index = lane?.waiting.indexOf(job) ?? -1;
    if (!lane || index < 0) return false;
    lane.waiting.splice(index, 1);
    this.total--;
    this.close(lane);
    return true;
  }

  done(session: string): void {
    const lane = this.lanes.get(session);
    if (!lane) return;
    lane.active--;
    this.close(lane);
  }

  /** Everything still waiting, taken out. */
  drain(): T[] {
    const jobs = this.order.flatMap(lane => lane.waiting.splice(0));
    this.total = 0;
    return jobs;
  }

  private close(lane: Lane<T>): void {
    if (lane.active > 0 || lane.waiting.length > 0) return;
    this.lanes.delete(lane.session);
    this.order.splice(this.order.indexOf(lane), 1);
  }

  private open(session: string): Lane<T> {
    const lane = { session, waiting: [], active: 0 };
    this.lanes.set(session, lane);
    this.order.push(lane);
    return lane;
  }
}
