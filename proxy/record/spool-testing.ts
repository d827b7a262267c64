/** A checker for spool directories that shares nothing with the recorder but the format: for tests. */
import { createHash } from 'node:crypto';
import { type Disk, readFully } from './disk.ts';
import type { Spool } from './spool.ts';

export const independentHash = (prev: string, body: string): string =>
  createHash('sha256').update(prev, 'latin1').update(body, 'utf8').digest('hex');

/** Throws at the first line that does not follow. An empty spool has `last` 0 or the sequence before its only segment. */
export function verifyDirectory(disk: Disk, directory: string): { first: number; last: number; bodies: string[] } {
  const names = disk
    .list(directory)
    .filter(name => name.endsWith('.ndjson'))
    .sort();
  const bodies: string[] = [];
  let first = 0;
  let last = 0;
  let hash = '';
  for (const name of names) {
    const [start, before] = name.replace('.ndjson', '').split('-');
    if (first === 0) {
      first = Number(start);
      last = first - 1;
      hash = before ?? '';
    }
    if (Number(start) !== last + 1 || before !== hash) throw new Error(`${name} does not follow ${last}`);
    const text = readFully(disk, `${directory}/${name}`).toString();
    if (text !== '' && !text.endsWith('\n')) throw new Error(`${name} ends within a line`);
    for (const line of text.split('\n').slice(0, -1)) {
      const event = JSON.parse(line) as { prev: string; hash: string; body: string };
      const { seq } = JSON.parse(event.body) as { seq: number };
      if (event.prev !== hash || seq !== last + 1) throw new Error(`${name}: ${seq} does not follow ${last}`);
      if (independentHash(event.prev, event.body) !== event.hash) throw new Error(`${name}: ${seq} has another hash`);
      bodies.push(event.body);
      last = seq;
      hash = event.hash;
    }
  }
  return { first, last, bodies };
}

/** Appends an event that continues the chain; gives its number. */
export function appendEvent(spool: Spool, body: (seq: number) => string): number {
  const { seq, hash: prev } = spool.next;
  const text = body(seq + 1);
  const hash = independentHash(prev, text);
  const line = Buffer.from(`${JSON.stringify({ prev, hash, body: text })}\n`);
  const at = spool.reserve(line.length);
  spool.slab.set(line, at);
  spool.appended(line.length, hash);
  return seq + 1;
}

/** What a control plane does with batches: idempotent by sequence, and it checks the chain. */
export class EventStore {
  readonly events: { hash: string; body: string }[] = [];
  repeated = 0;

  get last(): number {
    return this.events.length;
  }

  /** NDJSON in; the last sequence it now has out. Throws when the batch does not continue or contradicts what is here. */
  ingest(text: string): number {
    for (const line of text.split('\n').slice(0, -1)) {
      const event = JSON.parse(line) as { prev: string; hash: string; body: string };
      const { seq } = JSON.parse(event.body) as { seq: number };
      const known = this.events[seq - 1];
      if (known) {
        if (known.hash !== event.hash) throw new Error(`another event ${seq}`);
        this.repeated += 1;
        continue;
      }
      // A gap is not an error of the proxy that sends after we forgot: it is told where we are.
      if (seq !== this.last + 1) return this.last;
      const prev = this.events.at(-1)?.hash ?? '0'.repeat(64);
      if (event.prev !== prev || independentHash(event.prev, event.body) !== event.hash)
        throw new Error(`broken at ${seq}`);
      this.events.push({ hash: event.hash, body: event.body });
    }
    return this.last;
  }

  forgetAfter(seq: number): void {
    this.events.length = seq;
  }
}
