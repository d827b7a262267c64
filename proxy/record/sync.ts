/**
 * Sends the spool to the control plane: batches in order, one at a time, at least once; the control plane knows them by
 * (proxy, sequence). It gives way to statements: the busier the process is, the longer it pauses between batches.
 */
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { eventBatchMax } from '#core/contract/proxy.ts';
import { Pause } from '../pause.ts';
import { type Batch, type BatchLimits, BatchReader } from './batch.ts';
import type { Disk } from './disk.ts';
import type { Spool } from './spool.ts';

const compress = promisify(gzip);

export type PushOutcome =
  | { ok: true; acknowledged: number }
  /** `split`: too large. `conflict`: the control plane has another chain for this proxy. */
  | { ok: false; reason: 'unavailable' | 'split' | 'conflict' | 'refused'; message: string };

/** Sends gzip of NDJSON. Does not throw for expected outcomes. */
export type Push = (compressed: Buffer, signal: AbortSignal) => Promise<PushOutcome>;

export type SyncOptions = {
  spool: Spool;
  disk: Disk;
  push: Push;
  /** Called when sending begins to fail and when it works again. */
  onState?: (state: { ok: boolean; message: string }) => void;
  limits?: BatchLimits;
  lingerMs?: number;
  retryMs?: { first: number; most: number };
};

const batchDefault: BatchLimits = { events: eventBatchMax.events, bytes: eventBatchMax.bytes / 2 };
const batchCrowded: BatchLimits = { events: eventBatchMax.events, bytes: eventBatchMax.bytes };
const acknowledgedIntervalMs = 5_000;
/** Of a batch's own time, the pause after it while the process does nothing but statements. */
const busyPauses = 19;
const busyPauseMsMax = 1_000;
const lookMs = 5;
/** From this share of the spool's limit on, sending no longer gives way: a full spool would refuse statements. */
const crowdedShare = 0.05;

export class Sync {
  private readonly options: SyncOptions;
  private readonly reader: BatchReader;
  private readonly abort = new AbortController();
  private readonly lingerMs: number;
  private readonly retryMs: { first: number; most: number };
  private limits: BatchLimits;
  private sent: number;
  private failures = 0;
  /** Since the last batch. */
  private apart = performance.eventLoopUtilization();
  private readonly pause = new Pause();
  private wake: () => void = () => {};
  private running: Promise<void> | null = null;
  private persistedAt = 0;
  /** Batches that were acknowledged. */
  batches = 0;

  constructor(options: SyncOptions) {
    this.options = options;
    this.reader = new BatchReader(options.spool, options.disk);
    this.limits = options.limits ?? batchDefault;
    this.lingerMs = options.lingerMs ?? 40;
    this.retryMs = options.retryMs ?? { first: 250, most: 30_000 };
    this.sent = options.spool.state.acknowledgedSeq;
    options.spool.onDurable = () => this.wake();
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Ends after the batch under way, or at once when `graceMs` has passed. */
  async stop(graceMs = 0): Promise<void> {
    const deadline = performance.now() + graceMs;
    while (this.behind && this.failures === 0 && performance.now() < deadline) await this.pause.for(10);
    this.abort.abort();
    this.pause.end();
    this.wake();
    await this.running;
  }

  /** True while flushed events have not been acknowledged. */
  get behind(): boolean {
    return this.sent < this.options.spool.state.durableSeq;
  }

  private async run(): Promise<void> {
    while (!this.abort.signal.aborted) {
      if (!this.behind) {
        await this.untilDurable();
        await this.pause.for(this.lingerMs);
        continue;
      }
      const before = performance.eventLoopUtilization(this.apart);
      const startedMs = performance.now();
      const ok = await this.sendOne().catch(cause =>
        this.failed(cause instanceof Error ? cause.message : String(cause)),
      );
      if (ok) await this.giveWay(performance.now() - startedMs, before);
      else await this.pause.for(this.backoffMs());
    }
  }

  private async sendOne(): Promise<boolean> {
    const batch = this.reader.read(this.sent, this.limits);
    if (!batch) return true;
    const body = await compress(batch.bytes, { level: constants.Z_BEST_SPEED });
    if (this.abort.signal.aborted) return true;
    const outcome = await this.options.push(body, this.abort.signal);
    if (!outcome.ok) return this.refused(batch, outcome);
    return this.accepted(batch, outcome.acknowledged);
  }

  private accepted(batch: Batch, acknowledged: number): boolean {
    if (acknowledged < batch.lastSeq && acknowledged <= this.sent - 1) {
      // A control plane restored from a backup asks for what it lost; `read` throws when it is gone here as well.
      this.sent = acknowledged;
      return this.failed(`the control plane has events up to ${acknowledged} only`);
    }
    if (acknowledged < batch.lastSeq) return this.failed(`acknowledged up to ${acknowledged} of ${batch.lastSeq}`);
    this.sent = batch.lastSeq;
    this.batches += 1;
    this.limits = this.options.limits ?? (this.crowding() >= 1 ? batchCrowded : batchDefault);
    this.options.spool.acknowledge(this.sent);
    if (performance.now() - this.persistedAt > acknowledgedIntervalMs) {
      this.persistedAt = performance.now();
      this.options.spool.persistAcknowledged();
    }
    if (this.failures > 0) this.options.onState?.({ ok: true, message: 'events are being sent again' });
    this.failures = 0;
    return true;
  }

  private refused(batch: Batch, outcome: PushOutcome & { ok: false }): boolean {
    if (outcome.reason === 'split' && batch.events > 1) {
      this.limits = { events: Math.ceil(batch.events / 2), bytes: Math.ceil(batch.bytes.length / 2) };
      return true;
    }
    return this.failed(outcome.message);
  }

  private failed(message: string): false {
    this.failures += 1;
    if (this.failures === 1 || this.failures % 20 === 0) this.options.onState?.({ ok: false, message });
    return false;
  }

  /** Full jitter, so that many proxies do not return at once. */
  private backoffMs(): number {
    const most = Math.min(this.retryMs.most, this.retryMs.first * 2 ** Math.min(this.failures - 1, 20));
    return most / 2 + (Math.random() * most) / 2;
  }

  /**
   * Sending, and taking in what is sent, costs about as much as deciding: the busier the process is with other things, the smaller
   * its share. How busy it is shows while nothing is sent: `before` this batch, and for a moment after it.
   */
  private async giveWay(tookMs: number, before: EventLoopUtilization): Promise<void> {
    this.apart = performance.eventLoopUtilization();
    await this.pause.for(lookMs);
    const after = performance.eventLoopUtilization(this.apart);
    const active = before.active + after.active;
    const pauseMs = Math.min(busyPauseMsMax, (tookMs * busyPauses * active) / (active + before.idle + after.idle));
    await this.pause.for(pauseMs * (1 - Math.min(1, this.crowding())));
  }

  /** 1 and more: sending has to hurry. */
  private crowding(): number {
    const { bytes, limitBytes } = this.options.spool.state;
    return bytes / (limitBytes * crowdedShare);
  }

  private untilDurable(): Promise<void> {
    return new Promise(resolve => {
      this.wake = resolve;
      if (this.behind || this.abort.signal.aborted) resolve();
    });
  }
}
