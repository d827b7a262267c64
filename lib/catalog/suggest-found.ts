/**
 * Files what proxies found in the values of unlabelled columns, beside what their names say. A projection of the log: repeating a
 * batch counts nothing twice, and losing a few finds loses no record.
 */
import 'server-only';
import { sql } from 'drizzle-orm';
import { knownLabels } from '#core/catalog/classification.ts';
import { type FoundValues, foundConfidence, mergeFound } from '#core/catalog/suggest-values.ts';
import type { Detected, Event } from '#core/event/schema.ts';
import { detectorFacts } from '#core/mask/detectors/kinds.ts';
import type { Db, Tx } from '#db/client.ts';

/** Of one column, finds are counted this often: enough to be sure, whatever is read. A kind that is new counts at once. */
const countEveryMs = 60_000;
/** Columns of one batch; the others are found again. */
const columnsMax = 500;

type Find = { session: string; at: string; detected: Detected };

function findsIn(events: readonly Event[]): Find[] {
  return events.flatMap(event => {
    if (event.type !== 'statement.completed') return [];
    const { session, time: at, detected = [] } = event;
    return detected.filter(each => each.column !== null).map(each => ({ session, at, detected: each }));
  });
}

type Column = {
  connection: string;
  oid: number;
  attnum: number;
  label: string;
  finds: { at: string; found: FoundValues }[];
};

/** By column and the label that a find speaks for. */
function byColumn(finds: readonly Find[], connections: ReadonlyMap<string, string>): Column[] {
  const columns = new Map<string, Column>();
  for (const { session, at, detected } of finds) {
    const connection = connections.get(session);
    if (connection === undefined) continue;
    const { relationOid: oid, attnum, detector, values, looked } = detected;
    const { label } = detectorFacts[detector];
    const key = `${connection} ${oid} ${attnum} ${label}`;
    const column = columns.get(key) ?? { connection, oid, attnum, label, finds: [] };
    if (columns.size >= columnsMax && !columns.has(key)) continue;
    columns.set(key, column);
    column.finds.push({ at, found: { detector, values, looked } });
  }
  return [...columns.values()];
}

/** Sessions of this proxy, and what they are on. */
async function connectionsOf(tx: Tx, proxyId: string, sessions: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.execute<{ id: string; connection: string }>(sql`
    select id, connection_id as connection from session
    where proxy_id = ${proxyId}
      and id in (select value::uuid from jsonb_array_elements_text(${JSON.stringify([...new Set(sessions)])}::jsonb))`);
  return new Map(rows.map(row => [row.id, row.connection]));
}

type Held = {
  connection: string;
  oid: number;
  attnum: number;
  label: string;
  schema: string;
  relation: string;
  name: string;
  found: FoundValues[] | null;
  foundAtMs: number | null;
};

/** The columns as the catalog has them, without those that are labelled, with what was suggested before. */
function heldOf(tx: Tx, columns: readonly Column[]) {
  const wanted = columns.map(({ connection, oid, attnum, label }) => ({ connection, oid, attnum, label }));
  return tx.execute<Held>(sql`
    select w.connection, w.oid::float8 as oid, w.attnum, w.label, r.schema, r.name as relation, c.name, s.found,
      (extract(epoch from s.found_at) * 1000)::float8 as "foundAtMs"
    from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as w(connection uuid, oid bigint, attnum smallint, label text)
    join catalog_column c on c.connection_id = w.connection and c.relation_oid = w.oid and c.attnum = w.attnum
    join catalog_relation r on r.connection_id = c.connection_id and r.oid = c.relation_oid
    left join suggestion s on s.connection_id = w.connection and s.relation_oid = w.oid and s.attnum = w.attnum
      and s.label = w.label
    where not exists (
      select from column_label l
      where l.connection_id = c.connection_id and l.relation_oid = c.relation_oid and l.attnum = c.attnum)`);
}

const keyOf = ({ connection, oid, attnum, label }: Pick<Column, 'connection' | 'oid' | 'attnum' | 'label'>): string =>
  `${connection} ${oid} ${attnum} ${label}`;

/** What a batch adds to a column; null when it is too soon to count again. */
function addedTo(held: Held, { finds }: Column) {
  const sinceMs = held.foundAtMs === null ? 0 : held.foundAtMs + countEveryMs;
  const known = new Set(held.found?.map(found => found.detector));
  const fresh = finds.filter(({ at, found }) => Date.parse(at) >= sinceMs || !known.has(found.detector));
  if (fresh.length === 0) return null;
  const merged = mergeFound(
    held.found ?? [],
    mergeFound(
      [],
      fresh.map(({ found }) => found),
    ),
  );
  const atMs = Math.max(held.foundAtMs ?? 0, ...fresh.map(({ at }) => Date.parse(at)));
  return { found: merged, atMs };
}

async function file(tx: Tx, columns: readonly Column[], at: Date): Promise<void> {
  const rows = (await heldOf(tx, columns)).flatMap(held => {
    const column = columns.find(each => keyOf(each) === keyOf(held));
    const added = column === undefined ? null : addedTo(held, column);
    if (added === null) return [];
    const { found, atMs } = added;
    const { level } = knownLabels[held.label] ?? { level: 'restricted' };
    const confidence = foundConfidence(found);
    return [{ ...held, level, found, foundAt: new Date(atMs).toISOString(), confidence }];
  });
  if (rows.length === 0) return;
  // What a person rejected comes back when another detector speaks for it, not because more of the same was found.
  await tx.execute(sql`
    insert into suggestion as s (id, connection_id, relation_oid, attnum, schema, relation, "column", label, level, confidence,
      evidence, found, found_confidence, found_at, state, created_at)
    select gen_random_uuid(), h.connection, h.oid, h.attnum, h.schema, h.relation, h.name, h.label, h.level, 0, '[]',
      h.found, h.confidence, h."foundAt", 'open', ${at.toISOString()}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as h(connection uuid, oid bigint, attnum smallint, schema text,
      relation text, name text, label text, level text, found jsonb, confidence float8, "foundAt" timestamptz)
    order by h.connection, h.oid, h.attnum, h.label
    on conflict (connection_id, relation_oid, attnum, label) do update set
      found = excluded.found, found_confidence = excluded.found_confidence, found_at = excluded.found_at,
      reopened = s.reopened or (s.state = 'rejected' and jsonb_array_length(excluded.found) > jsonb_array_length(s.found)),
      created_at = case when s.state = 'rejected' and jsonb_array_length(excluded.found) > jsonb_array_length(s.found)
        then excluded.created_at else s.created_at end,
      state = case when s.state = 'rejected' and jsonb_array_length(excluded.found) > jsonb_array_length(s.found)
        then 'open' else s.state end`);
}

/** `events` have been stored already. */
export async function recordFinds(on: { db: Db; at: Date }, proxyId: string, events: readonly Event[]): Promise<void> {
  const finds = findsIn(events);
  if (finds.length === 0) return;
  await on.db.transaction(async tx => {
    const connections = await connectionsOf(
      tx,
      proxyId,
      finds.map(find => find.session),
    );
    // In one order, so that two proxies that find the same do not wait for each other crosswise.
    await file(tx, byColumn(finds, connections), on.at);
  });
}
