/**
 * Walks stored chains: every event must follow the one before it, hash to what it says, be found by what is in it, and be shown as
 * what it is. A bounded number of events at a time; what was verified once is walked again, for it may be changed later.
 */
import 'server-only';
import { and, asc, eq, gt, lte, sql } from 'drizzle-orm';
import { chainHash } from '#core/event/chain.ts';
import { type Event, zeroHash } from '#core/event/schema.ts';
import type { Tx } from '#db/client.ts';
import { event, eventSource } from '#db/schema/audit.ts';
import type { Job } from '#lib/jobs/scheduler.ts';
import { log } from '#lib/log.ts';
import type { Clock } from '#lib/orpc/context.ts';
import { recordEvent, transact } from '#lib/transaction.ts';
import { controlSourceId } from './append.ts';
import { controlColumns, type EventColumns, proxyColumns } from './columns.ts';
import { storableEvent } from './project-rows.ts';
import { disagreementIn } from './verify-projection.ts';

/** Few: reading one takes long enough, and between the parts others get their turn. */
const eventsPerRead = 250;
export const eventsPerWalkMax = 50_000;
/** A walk over everything begins this long after the last one began, if that has come to its end. */
export const rewalkHours = 24;

type Source = typeof eventSource.$inferSelect;
type Row = typeof event.$inferSelect;
type Broken = { seq: number; reason: string };
/** `seq`: every event up to it fits. */
type Walk = { seq: number; broken: Broken | null };

async function hashAt(db: Tx, source: string, seq: number): Promise<string | null> {
  if (seq === 0) return zeroHash;
  const [row] = await db
    .select({ hash: event.hash })
    .from(event)
    .where(and(eq(event.source, source), eq(event.seq, seq)));
  return row?.hash ?? null;
}

function parsed(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** The columns that are searched and shown, but not hashed. */
function otherColumn(row: Row, { time, ...expected }: EventColumns): string | null {
  if (time !== null && row.time.toISOString() !== time) return 'time';
  const names = Object.keys(expected) as (keyof typeof expected)[];
  return names.find(name => row[name] !== expected[name]) ?? null;
}

type Read = { fault: string } | { fault: null; event: Event | null };

function readRow(row: Row, before: { seq: number; hash: string }): Read {
  if (row.seq !== before.seq + 1) return { fault: 'it is missing' };
  if (row.prev !== before.hash) return { fault: 'it does not follow the event before it' };
  if (row.hash !== chainHash(row.prev, row.body)) return { fault: 'its content does not match its hash' };
  const body = parsed(row.body);
  if (body === null || body.seq !== row.seq) return { fault: 'its content has another number' };
  const isControl = row.source === controlSourceId;
  const known = isControl ? null : storableEvent(row.body, body);
  const column = otherColumn(row, isControl ? controlColumns(body) : proxyColumns(body, known));
  return column === null
    ? { fault: null, event: known }
    : { fault: `its content and its column ${column} say different things` };
}

/** The events of one read, up to the first that does not fit; what comes after it is not looked at. */
async function walkRows(db: Tx, rows: readonly Row[], start: { seq: number; hash: string }) {
  let before = start;
  let broken: Broken | null = null;
  const events: Event[] = [];
  for (const row of rows) {
    const read = readRow(row, before);
    if (read.fault !== null) {
      broken = { seq: before.seq + 1, reason: read.fault };
      break;
    }
    if (read.event) events.push(read.event);
    before = { seq: row.seq, hash: row.hash };
  }
  const shown = events.length === 0 ? null : await disagreementIn(db, rows[0]?.source ?? '', events);
  return { before, broken: shown ?? broken };
}

async function walk(db: Tx, source: Source, { from, to }: { from: number; to: number }): Promise<Walk> {
  const hash = await hashAt(db, source.id, from);
  if (hash === null) return { seq: 0, broken: { seq: from, reason: 'it is missing' } };
  let before = { seq: from, hash };
  while (before.seq < to && before.seq - from < eventsPerWalkMax) {
    const last = Math.min(to, before.seq + eventsPerRead);
    const rows = await db
      .select()
      .from(event)
      // Bounded by number, so that the server never looks at more, whatever it believes of a log that grows by the second.
      .where(and(eq(event.source, source.id), gt(event.seq, before.seq), lte(event.seq, last)))
      .orderBy(asc(event.seq));
    const missing: Broken = { seq: before.seq + 1, reason: 'it is missing' };
    const next = rows.length === 0 ? { before, broken: missing } : await walkRows(db, rows, before);
    if (next.broken !== null) return { seq: next.broken.seq - 1, broken: next.broken };
    before = next.before;
  }
  if (before.seq === source.headSeq && before.hash !== source.headHash)
    return { seq: before.seq - 1, broken: { seq: before.seq, reason: 'it is not the one that was written last' } };
  return { seq: before.seq, broken: null };
}

/** An event that was put in without being chained. Compared with the head in one statement, because both move. */
async function strayIn(db: Tx, source: Source): Promise<Broken | null> {
  const rows = await db.execute<{ seq: number }>(sql`
    select min(e.seq)::float8 as seq from event e join event_source s on s.id = e.source
    where e.source = ${source.id} and (e.seq < 1 or e.seq > s.head_seq) having count(*) > 0`);
  return rows[0] ? { seq: rows[0].seq, reason: 'it is in the log, and in no chain' } : null;
}

/** Events of a source that has no chain get one, of no length: then they are seen to be outside of it. Sources are few, events many. */
async function nameStraySources(db: Tx): Promise<void> {
  await db.execute(sql`
    with recursive found as (
      (select source from event order by source limit 1)
      union all
      select (select e.source from event e where e.source > found.source order by e.source limit 1)
      from found where found.source is not null
    )
    insert into event_source (id, kind, head_hash)
    select source, 'proxy', decode(${zeroHash}, 'hex') from found
    where source is not null and not exists (select from event_source s where s.id = found.source)
    on conflict do nothing`);
}

type On = { tx: Tx; clock: Clock };
type Verified = Pick<Source, 'verifiedSeq' | 'brokenSeq' | 'brokenReason' | 'walkedSeq' | 'walkBeganAt'>;

const isWalkOver = (source: Source): boolean => source.walkedSeq >= source.verifiedSeq;

/** What is new first, then on with the walk over what is known. */
async function verifyOne(on: On, source: Source, isAsked: boolean): Promise<Verified> {
  const now = on.clock.now();
  const age = source.walkBeganAt === null ? Infinity : now.getTime() - source.walkBeganAt.getTime();
  // Who asks is not content with what is known; but a walk that is under way is not begun anew each time somebody asks.
  const isNew = isWalkOver(source) && (isAsked || age > rewalkHours * 3_600_000);
  const walkBeganAt = isNew ? now : source.walkBeganAt;
  const broken = ({ seq, reason }: Broken): Verified => ({
    verifiedSeq: Math.max(0, seq - 1),
    brokenSeq: seq,
    brokenReason: reason,
    walkedSeq: Math.max(0, seq - 1),
    walkBeganAt,
  });
  const known = await walk(on.tx, source, { from: isNew ? 0 : source.walkedSeq, to: source.verifiedSeq });
  if (known.broken) return broken(known.broken);
  const fresh = await walk(on.tx, source, { from: source.verifiedSeq, to: source.headSeq });
  if (fresh.broken) return broken(fresh.broken);
  // Events that are new to a walk that has come to its end need not be walked again by it.
  const walkedSeq = known.seq >= source.verifiedSeq ? fresh.seq : known.seq;
  const stray = await strayIn(on.tx, source);
  const { seq: brokenSeq = null, reason: brokenReason = null } = stray ?? {};
  return { verifiedSeq: fresh.seq, brokenSeq, brokenReason, walkedSeq, walkBeganAt };
}

async function note(on: On, source: Source, found: Verified): Promise<void> {
  const change = { ...found, verifiedAt: on.clock.now() };
  await on.tx.update(eventSource).set(change).where(eq(eventSource.id, source.id));
  const { brokenSeq, brokenReason } = found;
  if (brokenSeq === null || (brokenSeq === source.brokenSeq && brokenReason === source.brokenReason)) return;
  log().error({ source: source.id, seq: brokenSeq, reason: brokenReason }, 'the audit log does not verify');
  recordEvent(on.tx, {
    action: 'audit.chain_broken',
    outcome: 'refused',
    actor: { type: 'system', id: null, login: 'audit.verify' },
    request: null,
    target: { type: 'event_source', id: source.id, label: source.kind },
    before: null,
    after: { seq: brokenSeq, reason: brokenReason, verifiedSeq: found.verifiedSeq },
  });
}

type Asked = { only?: string | undefined; isAsked?: boolean };

/** One step over each source, or over the one named. Rows are locked only at the end. */
export async function verifyChains(on: On, { only, isAsked = false }: Asked = {}): Promise<void> {
  await nameStraySources(on.tx);
  const sources = await on.tx
    .select()
    .from(eventSource)
    .where(only ? eq(eventSource.id, only) : undefined)
    .orderBy(asc(eventSource.id));
  const found: { source: Source; verified: Verified }[] = [];
  for (const source of sources) found.push({ source, verified: await verifyOne(on, source, isAsked) });
  for (const { source, verified } of found) await note(on, source, verified);
}

export const auditJobs: readonly Job[] = [
  { name: 'audit.verify', everySeconds: 60, run: on => transact(on, tx => verifyChains({ tx, clock: on.clock })) },
];
