/**
 * The proxy's own log on disk: append-only segments of hash-chained lines, one writer. `commit` has written everything that
 * was appended before it returns, and what nobody commits is written within `flushIntervalMs`; `durableSeq` follows with the next
 * flush, or at once in mode `sync`.
 */
import { RecordingError } from '../ports.ts';
import { type Disk, replaceFile, writeFully } from './disk.ts';
import { acknowledgedName, recoverSpool, type StoredSegment } from './recovery.ts';
import { type Head, segmentName } from './segment.ts';

export type SpoolOptions = {
  directory: string;
  disk: Disk;
  /** `sync`: flushed before `commit` returns. `async`: within `flushIntervalMs`. */
  mode: 'async' | 'sync';
  segmentBytesMax: number;
  /** Over this the spool is not healthy: no new statement. */
  limitBytes: number;
  /** On top, for the ends of what had begun. Beyond it nothing is written. */
  reserveBytes: number;
  flushIntervalMs: number;
  retryMs: number;
};

export const spoolDefaults = {
  mode: 'async',
  segmentBytesMax: 32 * 1024 * 1024,
  limitBytes: 4 * 1024 * 1024 * 1024,
  reserveBytes: 16 * 1024 * 1024,
  flushIntervalMs: 20,
  retryMs: 250,
} as const satisfies Partial<SpoolOptions>;

const slabBytes = 256 * 1024;
/** What may be appended while the disk takes nothing. */
const pendingBytesMax = 16 * 1024 * 1024;

type Active = {
  segment: StoredSegment;
  fd: number;
  /** Bytes before this are flushed. */
  flushedBytes: number;
  /** What was written after `flushedBytes`: a failed flush may have dropped it, so it is written again from here. */
  unflushed: Buffer[];
};

export type SpoolState = {
  head: Head;
  durableSeq: number;
  acknowledgedSeq: number;
  bytes: number;
  limitBytes: number;
  segments: readonly StoredSegment[];
  commits: number;
  failures: number;
  flushes: number;
  fault: string | null;
};

export class Spool {
  readonly tornBytes: number;
  /** Called after a flush: more may be sent. */
  onDurable: () => void = () => {};

  /** Lines that were not written yet are in here, and there is room for more: see `reserve`. */
  slab = Buffer.allocUnsafe(slabBytes);

  private readonly options: SpoolOptions;
  private readonly disk: Disk;
  private segments: StoredSegment[];
  private active: Active;
  private head: Head;
  private written: Head;
  private durableSeq: number;
  private acknowledgedSeq: number;
  private acknowledgedOnDisk: number;
  private bytes: number;

  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private slabStart = 0;
  private slabEnd = 0;

  private fault: string | null = null;
  /** A flush failed: what it covered may be gone. */
  private suspect = false;
  /** A write failed: part of it may stand behind the end of the segment. */
  private ragged = false;
  private flushing: Promise<void> | null = null;
  private flushTimer: NodeJS.Timeout | null = null;
  private retryTimer: NodeJS.Timeout | null = null;
  private commits = 0;
  private failures = 0;
  private flushes = 0;

  /** Throws `SpoolDamage` when what is on disk was not left by a recorder, or the disk's own error. */
  constructor(options: SpoolOptions) {
    this.options = options;
    this.disk = options.disk;
    this.disk.makeDirectory(options.directory);
    const recovered = recoverSpool(options.disk, options.directory);
    this.segments = recovered.segments;
    this.head = recovered.head;
    this.written = recovered.head;
    this.durableSeq = recovered.head.seq;
    this.acknowledgedSeq = recovered.acknowledged;
    this.acknowledgedOnDisk = recovered.acknowledged;
    this.tornBytes = recovered.tornBytes;
    this.active = this.openActive();
    this.bytes = this.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Where the next line continues. */
  get next(): Head {
    return this.head;
  }

  get healthy(): boolean {
    return this.fault === null && this.bytes + this.pendingBytes < this.options.limitBytes;
  }

  get state(): SpoolState {
    return {
      head: this.written,
      durableSeq: this.durableSeq,
      acknowledgedSeq: this.acknowledgedSeq,
      bytes: this.bytes,
      limitBytes: this.options.limitBytes,
      segments: this.segments,
      commits: this.commits,
      failures: this.failures,
      flushes: this.flushes,
      fault: this.fault ?? (this.healthy ? null : 'the spool is full'),
    };
  }

  /** The last byte of the segment being written that may be sent. */
  get durableBytes(): number {
    return this.active.flushedBytes;
  }

  get directory(): string {
    return this.options.directory;
  }

  /** Where in `slab` the next line may be written, in so many bytes; it counts once `appended` is called. */
  reserve(bytes: number): number {
    if (this.pendingBytes + bytes > pendingBytesMax) throw new RecordingError('too much is waiting for the disk');
    if (this.slab.length - this.slabEnd < bytes) this.newSlab(bytes);
    return this.slabEnd;
  }

  /** A line of so many bytes stands where `reserve` said; it continues `next`. */
  appended(bytes: number, hash: string): void {
    this.slabEnd += bytes;
    this.pendingBytes += bytes;
    this.head = { seq: this.head.seq + 1, hash };
    // What has become of the last statement is not followed by anything that would have to be committed.
    this.scheduleFlush();
  }

  commit(): void {
    if (this.fault !== null) throw new RecordingError(this.fault);
    if (this.pendingBytes === 0) return;
    const cause = this.writeOut();
    if (cause !== null) throw new RecordingError('the statement could not be recorded', { cause });
    if (this.options.mode === 'async') this.scheduleFlush();
  }

  /** The failure, if there is one: then there is a fault, and it is tried again. */
  private writeOut(): unknown {
    try {
      this.rotateWhenFull();
      this.writePending();
      if (this.options.mode === 'sync') this.flushNow();
    } catch (cause) {
      this.enterFault(cause);
      return cause;
    }
    this.commits += 1;
    return null;
  }

  /** The control plane has everything up to `seq`; whole segments of it are removed. */
  acknowledge(seq: number): void {
    this.acknowledgedSeq = Math.max(this.acknowledgedSeq, Math.min(seq, this.durableSeq));
    const done = this.segments.filter((_, index) => {
      const next = this.segments[index + 1];
      return next !== undefined && next.before.seq <= this.acknowledgedSeq;
    });
    if (done.length === 0) return;
    this.persistAcknowledged();
    for (const segment of done) {
      this.disk.remove(`${this.options.directory}/${segment.name}`);
      this.segments = this.segments.filter(other => other !== segment);
      this.bytes -= segment.bytes;
    }
  }

  /** Keeps what was acknowledged across a restart. Losing it costs only sending again. */
  persistAcknowledged(): void {
    if (this.acknowledgedOnDisk === this.acknowledgedSeq) return;
    const content = `${this.acknowledgedSeq}\n`;
    replaceFile(this.disk, { directory: this.options.directory, name: acknowledgedName, content });
    this.acknowledgedOnDisk = this.acknowledgedSeq;
  }

  /** Flushes now instead of with the next interval; a failure shows in `state.fault`. */
  async flush(): Promise<void> {
    await this.flushing?.catch(() => {});
    if (this.fault !== null) return;
    try {
      this.flushNow();
    } catch (cause) {
      this.enterFault(cause);
    }
  }

  /** Writes and flushes what it can; throws when that is not everything. */
  async close(): Promise<void> {
    clearTimeout(this.flushTimer ?? undefined);
    clearTimeout(this.retryTimer ?? undefined);
    await this.flushing?.catch(() => {});
    clearTimeout(this.flushTimer ?? undefined);
    try {
      this.settle();
      this.persistAcknowledged();
    } finally {
      this.disk.close(this.active.fd);
    }
  }

  private newSlab(bytes: number): void {
    this.sealSlab();
    this.slab = Buffer.allocUnsafe(Math.max(slabBytes, bytes));
    this.slabStart = 0;
    this.slabEnd = 0;
  }

  private sealSlab(): void {
    if (this.slabEnd > this.slabStart) this.pending.push(this.slab.subarray(this.slabStart, this.slabEnd));
    this.slabStart = this.slabEnd;
  }

  private openActive(): Active {
    const { disk, options } = this;
    const last = this.segments.at(-1);
    const segment = last ?? { name: segmentName(this.written), before: this.written, bytes: 0 };
    // A segment of this name that is not known holds nothing: an attempt that did not get further than creating it.
    const fd = disk.open(`${options.directory}/${segment.name}`, last ? 'update' : 'create');
    // What a killed process left may be in the page cache only, and must not be sent before it is on the disk.
    disk.flush(fd);
    disk.flushDirectory(options.directory);
    if (!last) this.segments.push(segment);
    return { segment, fd, flushedBytes: segment.bytes, unflushed: [] };
  }

  /** A segment is flushed before its successor exists, so only the last one can be torn. */
  private rotateWhenFull(): void {
    const { segment, fd } = this.active;
    if (segment.bytes === 0 || segment.bytes + this.pendingBytes <= this.options.segmentBytesMax) return;
    // The fd of a flush under way must stay open, and only that flush may see its error.
    if (this.flushing) return;
    this.flushNow();
    const name = segmentName(this.written);
    const next = this.disk.open(`${this.options.directory}/${name}`, 'create');
    try {
      this.disk.flushDirectory(this.options.directory);
    } catch (cause) {
      this.disk.close(next);
      throw cause;
    }
    const successor = { name, before: this.written, bytes: 0 };
    this.segments = [...this.segments, successor];
    this.active = { segment: successor, fd: next, flushedBytes: 0, unflushed: [] };
    this.disk.close(fd);
  }

  private writePending(): void {
    if (this.bytes + this.pendingBytes > this.options.limitBytes + this.options.reserveBytes) {
      throw new RecordingError('the spool is full');
    }
    this.sealSlab();
    const { segment, fd, unflushed } = this.active;
    let offset = segment.bytes;
    this.ragged = true;
    for (const chunk of this.pending) {
      writeFully(this.disk, fd, chunk, offset);
      offset += chunk.length;
    }
    this.ragged = false;
    unflushed.push(...this.pending);
    segment.bytes = offset;
    this.bytes += this.pendingBytes;
    this.pending = [];
    this.pendingBytes = 0;
    this.written = this.head;
  }

  private flushNow(): void {
    const active = this.active;
    if (active.flushedBytes === active.segment.bytes) return;
    try {
      this.disk.flush(active.fd);
    } catch (cause) {
      this.suspect = true;
      throw cause;
    }
    active.flushedBytes = active.segment.bytes;
    active.unflushed = [];
    this.flushed(this.written.seq);
  }

  private scheduleFlush(): void {
    if (this.flushTimer || this.flushing) return;
    this.flushTimer = setTimeout(() => {
      this.flushTimer = null;
      // What nobody has committed; a failure shows in `state.fault`.
      if (this.fault === null && this.pendingBytes > 0) this.writeOut();
      if (this.active.flushedBytes === this.active.segment.bytes) return;
      this.flushing = this.flushLater().finally(() => {
        this.flushing = null;
        const isBehind = this.active.flushedBytes < this.active.segment.bytes || this.pendingBytes > 0;
        if (this.fault === null && isBehind) this.scheduleFlush();
      });
    }, this.options.flushIntervalMs);
  }

  private async flushLater(): Promise<void> {
    const active = this.active;
    const upTo = { bytes: active.segment.bytes, seq: this.written.seq, chunks: active.unflushed.length };
    try {
      await this.disk.flushLater(active.fd);
      if (this.suspect) return;
      // A commit in between may have flushed further.
      if (active.flushedBytes >= upTo.bytes) return;
      active.flushedBytes = upTo.bytes;
      active.unflushed = active.unflushed.slice(upTo.chunks);
      this.flushed(upTo.seq);
    } catch (cause) {
      this.suspect = true;
      this.enterFault(cause);
    }
  }

  private flushed(seq: number): void {
    this.flushes += 1;
    this.durableSeq = seq;
    this.onDurable();
  }

  private enterFault(cause: unknown): void {
    this.failures += 1;
    this.fault = cause instanceof Error ? cause.message : String(cause);
    if (this.retryTimer) return;
    this.retryTimer = setTimeout(() => {
      this.retryTimer = null;
      this.retry();
    }, this.options.retryMs);
  }

  private retry(): void {
    // Waits for a flush under way: its error belongs to this fault.
    if (this.flushing) {
      this.enterFault(this.fault);
      return;
    }
    try {
      this.settle();
      this.fault = null;
    } catch (cause) {
      this.enterFault(cause);
    }
  }

  /** Brings the disk to what was appended. After a failed flush the kernel may have dropped pages and called them clean. */
  private settle(): void {
    const active = this.active;
    if (this.ragged) {
      this.disk.truncate(active.fd, active.segment.bytes);
      this.ragged = false;
    }
    if (this.suspect) {
      let offset = active.flushedBytes;
      for (const chunk of active.unflushed) {
        writeFully(this.disk, active.fd, chunk, offset);
        offset += chunk.length;
      }
      this.suspect = false;
    }
    this.flushNow();
    if (this.pendingBytes > 0) {
      // As in `commit`: a rotation that failed halfway has left its empty file, which must become the next segment.
      this.rotateWhenFull();
      this.writePending();
    }
    this.flushNow();
  }
}
