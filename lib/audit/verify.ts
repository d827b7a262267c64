/** Walks stored chains and recomputes every hash, a bounded number of events at a time. */
import 'server-only';
import { and, asc, eq, gt, lte } from 'drizzle-orm';
import { chainHash } from '#core/event/chain.ts';
import { zeroHash } from '#core/event/schema.ts';
import type { Tx } from '#db/client.ts';
import { event, eventSource } from '#db/schema/audit.ts';
import type { Job } from '#lib/jobs/scheduler.ts';
import { log } from '#lib/log.ts';
import type { Clock } from '#lib/orpc/context.ts';
import { recordEvent, transact } from '#lib/transaction.ts';

const eventsPerRead = 1000;
export const eventsPerWalkMax = 50_000;
/** A chain that was verified to its head is walked again from its start after this time. */
export const rewalkHours = 24;

type Source = typeof eventSource.$inferSelect;

async function hashAt(db: Tx, source: string, seq: number): Promise<string | null> {
  if (seq === 0) return zeroHash;
  const [row] = await db
    .select({ hash: event.hash })
    .from(event)
    .where(and(eq(event.source, source), eq(event.seq, seq)));
  return row?.hash ?? null;
}

type Walk = { verifiedSeq: number; brokenSeq: number | null };

/** The first event that does not follow, hash or number itself wrongly is named; what comes after it is not looked at. */
async function walk(db: Tx, source: Source, from: number): Promise<Walk> {
  let seq = from;
  let hash = await hashAt(db, source.id, from);
  if (hash === null) return { verifiedSeq: 0, brokenSeq: from };
  while (seq < source.headSeq && seq - from < eventsPerWalkMax) {
    const rows = await db
      .select({ seq: event.seq, prev: event.prev, hash: event.hash, body: event.body })
      .from(event)
      .where(and(eq(event.source, source.id), gt(event.seq, seq), lte(event.seq, source.headSeq)))
      .orderBy(asc(event.seq))
      .limit(eventsPerRead);
    if (rows.length === 0) return { verifiedSeq: seq, brokenSeq: seq + 1 };
    for (const row of rows) {
      const follows = row.seq === seq + 1 && row.prev === hash && row.hash === chainHash(row.prev, row.body);
      if (!follows) return { verifiedSeq: seq, brokenSeq: seq + 1 };
      seq = row.seq;
      hash = row.hash;
    }
  }
  if (seq === source.headSeq && hash !== source.headHash) return { verifiedSeq: seq - 1, brokenSeq: seq };
  return { verifiedSeq: seq, brokenSeq: null };
}

type On = { tx: Tx; clock: Clock };

async function verifyOne(on: On, source: Source): Promise<Walk> {
  const age = source.verifiedAt === null ? Infinity : on.clock.now().getTime() - source.verifiedAt.getTime();
  const isDone = source.verifiedSeq === source.headSeq || source.brokenSeq !== null;
  return walk(on.tx, source, isDone && age > rewalkHours * 3_600_000 ? 0 : source.verifiedSeq);
}

async function note(on: On, source: Source, found: Walk): Promise<void> {
  const change = { ...found, verifiedAt: on.clock.now() };
  await on.tx.update(eventSource).set(change).where(eq(eventSource.id, source.id));
  if (found.brokenSeq === null || found.brokenSeq === source.brokenSeq) return;
  log().error({ source: source.id, seq: found.brokenSeq }, 'the audit log does not verify');
  recordEvent(on.tx, {
    action: 'audit.chain_broken',
    outcome: 'refused',
    actor: { type: 'system', id: null, login: 'audit.verify' },
    request: null,
    target: { type: 'event_source', id: source.id, label: source.kind },
    before: null,
    after: found,
  });
}

/** One walk over each source, or over the one named, from where the last walk stopped. Rows are locked only at the end. */
export async function verifyChains(on: On, only?: string): Promise<void> {
  const sources = await on.tx
    .select()
    .from(eventSource)
    .where(only ? eq(eventSource.id, only) : undefined)
    .orderBy(asc(eventSource.id));
  const found: { source: Source; walk: Walk }[] = [];
  for (const source of sources) found.push({ source, walk: await verifyOne(on, source) });
  for (const { source, walk } of found) await note(on, source, walk);
}

export const auditJobs: readonly Job[] = [
  { name: 'audit.verify', everySeconds: 60, run: on => transact(on, tx => verifyChains({ tx, clock: on.clock })) },
];
