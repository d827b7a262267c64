/** Reads whole lines of the spool from where the last batch ended. Only what is flushed: what is sent must not be lost afterwards. */
import type { Disk } from './disk.ts';
import { newline } from './segment.ts';
import type { Spool } from './spool.ts';

export type BatchLimits = { events: number; bytes: number };

export type Batch = {
  /** Sequence of the last event in it. */
  lastSeq: number;
  events: number;
  /** NDJSON of `EventLine`, as in the spool. */
  bytes: Buffer;
};

type Cursor = { segment: string; offset: number; seq: number };

const chunkBytes = 512 * 1024;

export class BatchReader {
  private readonly spool: Spool;
  private readonly disk: Disk;
  private cursor: Cursor | null = null;

  constructor(spool: Spool, disk: Disk) {
    this.spool = spool;
    this.disk = disk;
  }

  /** Events after `seq`; null when there are none that are flushed. Throws when `seq` is older than what the spool still has. */
  read(seq: number, limits: BatchLimits): Batch | null {
    if (seq >= this.spool.state.durableSeq) return null;
    const cursor = this.seek(seq);
    const batch = this.take(cursor, limits);
    if (!batch) return null;
    this.cursor = { segment: cursor.segment, offset: cursor.offset + batch.bytes.length, seq: batch.lastSeq };
    return batch;
  }

  private seek(seq: number): Cursor {
    const { segments } = this.spool.state;
    const index = segments.findLastIndex(segment => segment.before.seq <= seq);
    const segment = segments[index];
    if (!segment) throw new Error(`events after ${seq} are not in the spool any more`);
    const known = this.cursor;
    if (known?.seq === seq && known.segment === segment.name) return known;
    const start = { segment: segment.name, offset: 0, seq: segment.before.seq };
    if (seq === start.seq) return start;
    const skipped = this.take(start, { events: seq - start.seq, bytes: Number.POSITIVE_INFINITY });
    return { segment: segment.name, offset: skipped?.bytes.length ?? 0, seq };
  }

  private take(cursor: Cursor, limits: BatchLimits): Batch | null {
    const { segments } = this.spool.state;
    const segment = segments.find(other => other.name === cursor.segment);
    if (!segment) return null;
    const end = segment === segments.at(-1) ? this.spool.durableBytes : segment.bytes;
    const fd = this.disk.open(`${this.spool.directory}/${segment.name}`, 'read');
    try {
      return this.takeLines(fd, { cursor, end, limits });
    } finally {
      this.disk.close(fd);
    }
  }

  private takeLines(fd: number, from: { cursor: Cursor; end: number; limits: BatchLimits }): Batch | null {
    const { cursor, end, limits } = from;
    const chunks: Buffer[] = [];
    const lines = { count: 0, bytes: 0, read: 0 };
    while (cursor.offset + lines.read < end) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, end - cursor.offset - lines.read));
      const got = this.disk.read(fd, chunk, cursor.offset + lines.read);
      if (got === 0) break;
      chunks.push(chunk.subarray(0, got));
      const full = countLines(chunk.subarray(0, got), lines, limits);
      lines.read += got;
      if (full) break;
    }
    if (lines.count === 0) return null;
    const bytes = Buffer.concat(chunks).subarray(0, lines.bytes);
    return { lastSeq: cursor.seq + lines.count, events: lines.count, bytes };
  }
}

/** Adds the lines that end in this chunk; true when no more may be taken. A single line is taken whatever its size. */
function countLines(
  chunk: Buffer,
  lines: { count: number; bytes: number; read: number },
  limits: BatchLimits,
): boolean {
  for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) {
    const bytes = lines.read + at + 1;
    if (lines.count > 0 && bytes > limits.bytes) return true;
    lines.count += 1;
    lines.bytes = bytes;
    if (lines.count >= limits.events) return true;
  }
  return false;
}
