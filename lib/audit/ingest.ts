/**
 * Takes a proxy's events: verifies that they continue the stored chain, stores them as they are, and projects them for
 * searching, all in one transaction and with a fixed number of statements per batch. At least once in, exactly once stored:
 * (proxy, seq) is known, so that a repeated batch is acknowledged and nothing else. Gaps, forks and broken hashes store
 * nothing and are recorded.
 */
import 'server-only';
import { eq, sql } from 'drizzle-orm';
import { must } from '#core/contract/assert.ts';
import { fail, ok, type Result } from '#core/contract/error.ts';
import { type ChainHead, follow } from '#core/event/chain.ts';
import { type Event, type EventLine, zeroHash } from '#core/event/schema.ts';
import type { Db, Tx } from '#db/client.ts';
import { event, eventSource } from '#db/schema/audit.ts';
import type { Clock } from '#lib/orpc/context.ts';
import { poke } from '#lib/outbox/publish.ts';
import { recordEvent, transact } from '#lib/transaction.ts';
import { proxyColumns, timeOf } from './columns.ts';
import { storableEvent } from './project-rows.ts';
import { storeProjection } from './project-store.ts';

type On = { db: Db; clock: Clock };
/** `events`: those of the batch that are known here, with texts that can be stored; of a batch that is repeated, too. */
export type Ingested = Result<{ acknowledged: number; events: readonly Event[] }>;
type FaultCode = 'gap' | 'fork' | 'broken';
type Fault = { code: FaultCode; seq: number; message: string };

/** NDJSON as a proxy pushes it. Lines that are not JSON become null, which the chain check refuses by number. */
export function parseLines(ndjson: string): unknown[] {
  const lines: unknown[] = [];
  for (const line of ndjson.split('\n')) {
    if (line === '') continue;
    try {
      lines.push(JSON.parse(line));
    } catch {
      lines.push(null);
    }
  }
  return lines;
}

/**
 * `acknowledged` is the last sequence number that is stored, also when the batch began beyond it (then nothing of the batch
 * was stored and the proxy has to send from there). Fails with `conflict` when the batch contradicts what is stored.
 */
export async function ingestEvents(on: On, proxyId: string, lines: readonly unknown[]): Promise<Ingested> {
  return transact(on, async tx => {
    const head = await lockHead(tx, proxyId);
    const first = seqOf(lines[0]);
    if (lines.length === 0) return ok({ acknowledged: head.seq, events: [] });
    if (first === null) return refuse(tx, on, { proxyId, fault: broken(head.seq + 1, 'not an event line') });
    if (first > head.seq + 1) {
      const message = `events ${head.seq + 1} to ${first - 1} are missing`;
      await refuse(tx, on, { proxyId, fault: { code: 'gap', seq: head.seq + 1, message } });
      return ok({ acknowledged: head.seq, events: [] });
    }
    const known = Math.min(head.seq - first + 1, lines.length);
    const repeated = await readRepeated(tx, proxyId, { lines: lines.slice(0, known) as EventLine[], first });
    if (!repeated.ok) return refuse(tx, on, { proxyId, fault: repeated.error });
    const read = readLines(lines.slice(known), { head, proxyId });
    if (!read.ok) return refuse(tx, on, { proxyId, fault: read.error });
    if (read.value.length > 0) await store(tx, on, { proxyId, read: read.value });
    const events = eventsOf([...repeated.value, ...read.value]);
    return ok({ acknowledged: head.seq + read.value.length, events });
  });
}

const broken = (seq: number, message: string): Fault => ({ code: 'broken', seq, message });

/** The source's row, made when it is new, and locked: batches of one proxy follow one another. */
async function lockHead(tx: Tx, proxyId: string): Promise<ChainHead> {
  const fields = { seq: eventSource.headSeq, hash: eventSource.headHash };
  const read = () => tx.select(fields).from(eventSource).where(eq(eventSource.id, proxyId)).for('update');
  const [found] = await read();
  if (found) return found;
  await tx.insert(eventSource).values({ id: proxyId, kind: 'proxy', headHash: zeroHash }).onConflictDoNothing();
  return must((await read())[0], 'the source was inserted');
}

/** What a line claims to be numbered; only believed after the chain check. */
function seqOf(line: unknown): number | null {
  try {
    const { seq } = JSON.parse((line as EventLine).body) as { seq?: unknown };
    return typeof seq === 'number' && Number.isSafeInteger(seq) && seq > 0 ? seq : null;
  } catch {
    return null;
  }
}

/** Repeated events must be the very ones that are stored. Their chain makes comparing the last one enough. */
async function readRepeated(
  tx: Tx,
  proxyId: string,
  { lines, first }: { lines: readonly EventLine[]; first: number },
): Promise<Result<ReadLine[], Fault>> {
  const before: ChainHead = { seq: first - 1, hash: lines[0]?.prev ?? zeroHash };
  const read = readLines(lines, { head: before, proxyId });
  if (!read.ok || read.value.length === 0) return read;
  const last = first + lines.length - 1;
  const rows = await tx.execute<{ hash: string }>(
    sql`select encode(hash, 'hex') as hash from ${event} where source = ${proxyId} and seq = ${last}`,
  );
  if (rows[0]?.hash === lines.at(-1)?.hash) return read;
  const message = `event ${last} is not the one that was stored before`;
  return { ok: false, error: { code: 'fork', seq: last, message } };
}

type ReadLine = { line: EventLine; seq: number; body: { type?: unknown; time?: unknown }; event: Event | null };

/** Each line's texts are parsed once, for all that is made of them. */
function readLines(lines: readonly unknown[], on: { head: ChainHead; proxyId: string }): Result<ReadLine[], Fault> {
  let { head } = on;
  const read: ReadLine[] = [];
  for (const input of lines) {
    const followed = follow(head, input, on.proxyId);
    if (!followed.ok) return { ok: false, error: broken(head.seq + 1, followed.error) };
    const { line, body } = followed.value;
    head = followed.value.head;
    read.push({ line, seq: head.seq, body, event: storableEvent(line.body, body) });
  }
  return ok(read);
}

const eventsOf = (read: readonly ReadLine[]): Event[] => read.flatMap(({ event }) => (event === null ? [] : [event]));

type Refusing = { proxyId: string; fault: Fault };

async function refuse(tx: Tx, on: On, { proxyId, fault }: Refusing): Promise<Ingested> {
  const at = on.clock.now().toISOString();
  const [known] = await tx.select({ fault: eventSource.fault }).from(eventSource).where(eq(eventSource.id, proxyId));
  await tx
    .update(eventSource)
    .set({ fault: { ...fault, at }, faults: sql`${eventSource.faults} + 1` })
    .where(eq(eventSource.id, proxyId));
  // A proxy tries again and again; the log has each fault once.
  if (known?.fault?.seq !== fault.seq || known.fault.code !== fault.code)
    recordEvent(tx, {
      action: 'audit.refuse_events',
      outcome: 'refused',
      actor: { type: 'proxy', id: proxyId, login: proxyId },
      request: null,
      target: { type: 'event_source', id: proxyId, label: proxyId },
      before: null,
      after: fault,
    });
  return fail('conflict', `the events do not continue the log: ${fault.message}`);
}

function rowOf({ line, seq, body, event }: ReadLine, now: Date) {
  const columns = proxyColumns(body, event);
  return {
    ...columns,
    seq,
    time: columns.time ?? now.toISOString(),
    prev: `\\x${line.prev}`,
    hash: `\\x${line.hash}`,
    body: line.body.toWellFormed(),
  };
}

async function store(tx: Tx, on: On, { proxyId, read }: { proxyId: string; read: readonly ReadLine[] }): Promise<void> {
  const now = on.clock.now();
  const rows = JSON.stringify(read.map(line => rowOf(line, now)));
  await tx.execute(sql`
    insert into event (source, seq, time, received_at, type, session_id, actor_login, target_type, target_label, listed, prev, hash, body)
    select ${proxyId}::uuid, seq, time, ${now.toISOString()}::timestamptz, type, "sessionId", "actorLogin", "targetType",
      "targetLabel", listed, prev, hash, body
    from json_to_recordset(${rows}::json) as line(
      seq int8, time timestamptz, type text, "sessionId" uuid, "actorLogin" text, "targetType" text, "targetLabel" text,
      listed boolean, prev bytea, hash bytea, body text)`);
  await storeProjection(tx, proxyId, eventsOf(read));
  const last = must(read.at(-1), 'there is a line');
  const headTime = new Date(timeOf(last.body.time) ?? now);
  await tx
    .update(eventSource)
    .set({ headSeq: last.seq, headHash: last.line.hash, headTime, fault: null })
    .where(eq(eventSource.id, proxyId));
  await poke(tx, 'sessions', proxyId);
}
