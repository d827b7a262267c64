/**
 * Reads a spool directory as a crash left it: finds the head of the chain, cuts off a torn last line, and refuses anything
 * else that does not fit, because a spool that was changed is evidence and not something to repair.
 */
import { chainHash } from '#core/event/chain.ts';
import { type Disk, readFully } from './disk.ts';
import { type Head, newline, parseLine, segmentName, segmentStart, sequenceOf, startOfChain } from './segment.ts';

export type StoredSegment = { name: string; before: Head; bytes: number };

export type Recovered = {
  /** Oldest first; without gaps; the last one is continued. Empty for a new spool. */
  segments: StoredSegment[];
  head: Head;
  /** Last sequence the control plane is known to have. */
  acknowledged: number;
  /** Bytes of a torn last line that were cut off. */
  tornBytes: number;
};

/** The spool is not what the recorder left. Starting with it would break the chain, so nothing is changed. */
export class SpoolDamage extends Error {
  override name = 'SpoolDamage';
}

export const acknowledgedName = 'acknowledged';

export function recoverSpool(disk: Disk, directory: string): Recovered {
  const acknowledged = readAcknowledged(disk, directory);
  const segments = contiguous(disk, { directory, segments: listSegments(disk, directory), acknowledged });
  const last = segments.at(-1);
  if (!last) {
    if (acknowledged > 0)
      throw new SpoolDamage(`${directory}: events up to ${acknowledged} were sent, but none is here`);
    return { segments: [], head: startOfChain, acknowledged, tornBytes: 0 };
  }
  const path = `${directory}/${last.name}`;
  const { head, tornBytes } = readLast(disk, path, last);
  if (acknowledged > head.seq) {
    throw new SpoolDamage(`${directory}: events up to ${acknowledged} were sent, but the spool ends at ${head.seq}`);
  }
  if (tornBytes > 0) cut(disk, path, last.bytes);
  const first = segments[0]?.before.seq ?? 0;
  return { segments, head, acknowledged: Math.max(acknowledged, first), tornBytes };
}

function listSegments(disk: Disk, directory: string): StoredSegment[] {
  return disk
    .list(directory)
    .flatMap(name => {
      const before = segmentStart(name);
      return before ? [{ name, before, bytes: sizeOf(disk, `${directory}/${name}`) }] : [];
    })
    .sort((left, right) => left.before.seq - right.before.seq || left.bytes - right.bytes);
}

function sizeOf(disk: Disk, path: string): number {
  const fd = disk.open(path, 'read');
  try {
    return disk.size(fd);
  } finally {
    disk.close(fd);
  }
}

/** Removals are not flushed one by one: a crash may bring back any of the acknowledged segments, so these may have gaps. */
function contiguous(
  disk: Disk,
  spool: { directory: string; segments: StoredSegment[]; acknowledged: number },
): StoredSegment[] {
  const kept: StoredSegment[] = [];
  for (let index = spool.segments.length - 1; index >= 0; index--) {
    const segment = spool.segments[index];
    const next = kept[0];
    if (!segment) continue;
    if (!next) {
      kept.unshift(segment);
      continue;
    }
    const path = `${spool.directory}/${segment.name}`;
    const end = endOf(disk, path, segment);
    if (end && segmentName(end) === next.name) kept.unshift(segment);
    else if (next.before.seq <= spool.acknowledged) disk.remove(path);
    else throw new SpoolDamage(`${path} does not lead to ${next.name}: events are missing between them`);
  }
  return kept;
}

const lineBytesMax = 16 * 1024 * 1024;

/** Head after the last line of a finished segment, read from its end. */
function endOf(disk: Disk, path: string, segment: StoredSegment): Head | null {
  if (segment.bytes === 0) return segment.before;
  const fd = disk.open(path, 'read');
  try {
    for (let length = 64 * 1024; ; length *= 4) {
      const from = Math.max(0, segment.bytes - length);
      const bytes = Buffer.alloc(segment.bytes - from);
      if (disk.read(fd, bytes, from) !== bytes.length || bytes.at(-1) !== newline) return null;
      const start = bytes.lastIndexOf(newline, bytes.length - 2);
      if (start < 0 && from > 0 && length < lineBytesMax) continue;
      const line = parseLine(bytes.toString('utf8', start + 1, bytes.length - 1));
      const seq = line && sequenceOf(line.body);
      return line && seq ? { seq, hash: line.hash } : null;
    }
  } finally {
    disk.close(fd);
  }
}

/** Verifies every line of the segment that was being written; `segment.bytes` becomes the length of what is whole. */
function readLast(disk: Disk, path: string, segment: StoredSegment): { head: Head; tornBytes: number } {
  const bytes = readFully(disk, path);
  let head = segment.before;
  let offset = 0;
  while (offset < bytes.length) {
    const end = bytes.indexOf(newline, offset);
    if (end < 0) break;
    const next = follow(head, bytes.toString('utf8', offset, end));
    if (!next) {
      // Zeros are pages that never reached the disk. A flush covers all before it, so what follows was not flushed either.
      const hole = bytes.indexOf(0, offset);
      if (hole >= 0 && hole < end) break;
      throw new SpoolDamage(`${path}: the event after ${head.seq}, at byte ${offset}, is not what was recorded`);
    }
    head = next;
    offset = end + 1;
  }
  const tornBytes = bytes.length - offset;
  segment.bytes = offset;
  return { head, tornBytes };
}

function follow(head: Head, text: string): Head | null {
  const line = parseLine(text);
  if (!line || line.prev !== head.hash || sequenceOf(line.body) !== head.seq + 1) return null;
  return chainHash(line.prev, line.body) === line.hash ? { seq: head.seq + 1, hash: line.hash } : null;
}

function cut(disk: Disk, path: string, length: number): void {
  const fd = disk.open(path, 'update');
  try {
    disk.truncate(fd, length);
    disk.flush(fd);
  } finally {
    disk.close(fd);
  }
}

function readAcknowledged(disk: Disk, directory: string): number {
  if (!disk.list(directory).includes(acknowledgedName)) return 0;
  const text = readFully(disk, `${directory}/${acknowledgedName}`).toString();
  if (!/^\d{1,16}\n$/.test(text)) throw new SpoolDamage(`${directory}/${acknowledgedName} is not a sequence number`);
  return Number(text);
}
