/** What the proxy adds to statements, as a histogram of a few hundred bytes: percentiles within some per cent, whatever the number. */

/** Four buckets for each doubling, from 1 µs on; the last one is for everything above 16 s. */
const perDoubling = 4;
const bucketsMax = 24 * perDoubling;

export class Timing {
  private counts = new Uint32Array(bucketsMax);
  private total = 0;

  add(us: number, times: number): void {
    const bucket = us <= 1 ? 0 : Math.min(bucketsMax - 1, Math.floor(Math.log2(us) * perDoubling));
    this.counts[bucket] = (this.counts[bucket] ?? 0) + times;
    this.total += times;
  }

  /** Since the last call. */
  take(): { p50: number; p95: number; statements: number } {
    const taken = { p50: this.percentile(0.5), p95: this.percentile(0.95), statements: this.total };
    this.counts = new Uint32Array(bucketsMax);
    this.total = 0;
    return taken;
  }

  private percentile(share: number): number {
    if (this.total === 0) return 0;
    let left = share * this.total;
    const bucket = this.counts.findIndex(count => {
      left -= count;
      return left <= 0;
    });
    // The middle of the bucket.
    return Math.round(2 ** ((bucket + 0.5) / perDoubling) * 10) / 10;
  }
}
