/** Writes a batch's projection: one statement per kind of row, however many rows. */
import 'server-only';
import { type SQL, sql } from 'drizzle-orm';
import type { Event } from '#core/event/schema.ts';
import { isMistake } from '#core/event/tally.ts';
import type { Tx } from '#db/client.ts';
import { rollupMinutes } from '#db/schema/audit.ts';
import {
  type Completed,
  type Projection,
  projectBatch,
  type RollupDelta,
  type SessionDelta,
  type SessionStart,
} from './project.ts';
import { decidedRow, endRow, outcomeRow, startRow } from './project-rows.ts';

/** A session that its proxy did not end. */
export const lostReason = 'its proxy stopped without ending it';

/** Of events with texts that can be stored. */
export async function storeProjection(tx: Tx, proxyId: string, events: readonly Event[]): Promise<void> {
  const projection = projectBatch(events);
  const { starts, decided, completed, deltas, rollup, ends, keys, lost } = projection;
  if (keys.length > 0) await storeKeys(tx, proxyId, keys);
  if (starts.length > 0) await storeStarts(tx, proxyId, starts);
  if (starts.length > 0) await markSeen(tx, starts);
  if (decided.length > 0) await storeStatements(tx, proxyId, decided);
  if (completed.length > 0) await storeOutcomes(tx, proxyId, completed);
  const mistaken = completed.filter(({ outcome, sqlstate }) => isMistake(outcome, sqlstate));
  if (mistaken.length > 0) await countMistakes(tx, proxyId, mistaken);
  if (deltas.length > 0) await addDeltas(tx, proxyId, deltas);
  if (ends.length > 0) await storeEnds(tx, proxyId, ends);
  if (rollup.length > 0) await addRollup(tx, proxyId, rollup);
  if (lost) await endLost(tx, proxyId, lost);
}

async function storeKeys(tx: Tx, proxyId: string, keys: Projection['keys']): Promise<void> {
  const rows = JSON.stringify(keys.map(({ key, jwe, time }) => ({ key, jwe, time })));
  await tx.execute(sql`
    insert into content_key (key, proxy_id, jwe, created_at)
    select key, ${proxyId}::uuid, jwe, time from json_to_recordset(${rows}::json) as k(key uuid, jwe text, time timestamptz)
    on conflict do nothing`);
}

async function storeStarts(tx: Tx, proxyId: string, starts: readonly SessionStart[]): Promise<void> {
  const rows = JSON.stringify(starts.map(startRow));
  const columns = sql.raw(
    'id, connection_id, connection, identity_id, identity_kind, login, on_behalf_of_id, on_behalf_of_login, token_id, grant_id, client_address, client_port, application, tls, upstream_role, started_at',
  );
  await tx.execute(sql`
    insert into session (${columns}, proxy_id, active_at)
    select ${columns}, ${proxyId}::uuid, started_at from json_to_recordset(${rows}::json) as s(
      id uuid, connection_id uuid, connection text, identity_id uuid, identity_kind text, login text, on_behalf_of_id uuid,
      on_behalf_of_login text, token_id uuid, grant_id uuid, client_address text, client_port int4, application text,
      tls text, upstream_role text, started_at timestamptz)
    on conflict do nothing`);
}

/** Who opened a session was seen, and so was whoever an agent acts for. In order of their ids, so that batches do not wait crosswise. */
async function markSeen(tx: Tx, starts: readonly SessionStart[]): Promise<void> {
  const seen = starts.flatMap(({ identity, time }) =>
    [identity.id, ...(identity.onBehalfOf ? [identity.onBehalfOf.id] : [])].map(id => ({ id, time })),
  );
  await tx.execute(sql`
    with seen as (
      select id, max(time) as time from json_to_recordset(${JSON.stringify(seen)}::json) as s(id uuid, time timestamptz) group by id
    ), held as (
      select i.id, seen.time from identity i join seen on seen.id = i.id
      where i.last_seen_at is null or i.last_seen_at < seen.time - interval '1 minute'
      order by i.id for no key update of i
    )
    update identity set last_seen_at = held.time from held where identity.id = held.id`);
}

async function storeStatements(tx: Tx, proxyId: string, decided: Projection['decided']): Promise<void> {
  const texts = new Map<string, string>();
  const rows = decided.map(({ event, completed }) => {
    const row = { ...decidedRow(event), ...outcomeRow(completed) };
    texts.set(row.text_hash, event.text);
    return row;
  });
  const textRows = JSON.stringify([...texts].map(([hash, text]) => ({ hash, text })));
  // Ordered, because two proxies that insert the same texts must not wait for each other crosswise.
  await tx.execute(sql`
    insert into statement_text (hash, text)
    select hash, text from json_to_recordset(${textRows}::json) as t(hash bytea, text text) order by hash
    on conflict do nothing`);
  await tx.execute(sql`
    insert into statement (session_id, number, proxy_id, seq, time, connection_id, identity_id, on_behalf_of_id, text_hash,
      effect, kinds, relations, labels, hazards, request_id, policy_version, has_literals,
      outcome, tag, rows, bytes, masked_cells, duration_us, sqlstate, ended_by, detected)
    select r.session_id, r.number, ${proxyId}::uuid, r.seq, r.time, s.connection_id, s.identity_id, s.on_behalf_of_id,
      r.text_hash, r.effect, r.kinds, r.relations, r.labels, r.hazards, r.request_id, r.policy_version, r.has_literals,
      r.outcome, r.tag, r.rows, r.bytes, r.masked_cells, r.duration_us, r.sqlstate, r.ended_by, r.detected
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(
      session_id uuid, number int4, seq int8, time timestamptz, text_hash bytea, effect text, kinds text[], relations text[],
      labels text[], hazards text[], request_id uuid, policy_version int4, has_literals boolean, ${outcomeColumns})
    join session s on s.id = r.session_id and s.proxy_id = ${proxyId}
    on conflict (session_id, number) do update set seq = excluded.seq, time = excluded.time, text_hash = excluded.text_hash,
      effect = excluded.effect, kinds = excluded.kinds, relations = excluded.relations, labels = excluded.labels,
      hazards = excluded.hazards, request_id = excluded.request_id, policy_version = excluded.policy_version,
      has_literals = excluded.has_literals, outcome = excluded.outcome, tag = excluded.tag, rows = excluded.rows,
      bytes = excluded.bytes, masked_cells = excluded.masked_cells, duration_us = excluded.duration_us,
      sqlstate = excluded.sqlstate, ended_by = excluded.ended_by, detected = excluded.detected`);
}

const outcomeColumns: SQL = sql.raw(
  'outcome text, tag text, rows int8, bytes int8, masked_cells int8, duration_us int8, sqlstate text, ended_by jsonb, ' +
    'detected jsonb',
);

/** What became of statements, as every change of a session, is its own proxy's to say. */
async function storeOutcomes(tx: Tx, proxyId: string, completed: readonly Completed[]): Promise<void> {
  const rows = completed.map(event => ({
    session_id: event.session,
    number: event.statement,
    ...outcomeRow(event),
  }));
  await tx.execute(sql`
    update statement set outcome = r.outcome, tag = r.tag, rows = r.rows, bytes = r.bytes, masked_cells = r.masked_cells,
      duration_us = r.duration_us, sqlstate = r.sqlstate, ended_by = r.ended_by,
      detected = r.detected
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(session_id uuid, number int4, ${outcomeColumns})
    where statement.session_id = r.session_id and statement.number = r.number and statement.proxy_id = ${proxyId}`);
}

/** What was counted as denied when it was decided, in an earlier batch, turns out to be a mistake. */
async function countMistakes(tx: Tx, proxyId: string, mistaken: readonly Completed[]): Promise<void> {
  const rows = mistaken.map(({ session, statement }) => ({ session, statement }));
  await tx.execute(sql`
    with late as (
      select s.session_id, s.time
      from json_to_recordset(${JSON.stringify(rows)}::json) as r(session uuid, statement int4)
      join statement s on s.session_id = r.session and s.number = r.statement
      where s.proxy_id = ${proxyId} and s.effect = 'deny'
    ), counted as (
      update session set denied = denied - l.mistakes, mistakes = session.mistakes + l.mistakes
      from (select session_id, count(*)::int4 as mistakes from late group by session_id) l
      where session.id = l.session_id
    )
    insert into decision_rollup as held (bucket, proxy_id, effect, statements)
    select date_bin(make_interval(mins => ${rollupMinutes}::int4), late.time, 'epoch'), ${proxyId}::uuid, t.effect, sum(t.change)
    from late cross join (values ('deny', -1), ('mistake', 1)) as t(effect, change)
    group by 1, 3
    on conflict (bucket, proxy_id, effect) do update set statements = held.statements + excluded.statements`);
}

async function addDeltas(tx: Tx, proxyId: string, deltas: readonly SessionDelta[]): Promise<void> {
  const rows = deltas.map(({ activeAt, maskedCells, ...rest }) => ({ ...rest, active: activeAt, cells: maskedCells }));
  await tx.execute(sql`
    update session set active_at = greatest(active_at, d.active), statements = session.statements + d.statements,
      rows = session.rows + d.rows, bytes_out = bytes_out + d.bytes, masked_cells = masked_cells + d.cells,
      errors = session.errors + d.errors, allowed = allowed + d.allow, masked = masked + d.mask, held = held + d.approve,
      denied = denied + d.deny, mistakes = mistakes + d.mistake
    from json_to_recordset(${JSON.stringify(rows)}::json) as d(id uuid, active timestamptz, statements int4, rows int8,
      bytes int8, cells int8, errors int4, allow int4, mask int4, approve int4, deny int4, mistake int4)
    where session.id = d.id and session.proxy_id = ${proxyId}`);
}

/** What was still running has an unknown outcome. */
async function storeEnds(tx: Tx, proxyId: string, ends: Projection['ends']): Promise<void> {
  await tx.execute(sql`
    with ended as (
      update session set ended_at = e.ended_at, end_reason = e.end_reason, statements = e.statements, rows = e.rows,
        bytes_in = e.bytes_in, bytes_out = e.bytes_out
      from json_to_recordset(${JSON.stringify(ends.map(endRow))}::json) as e(id uuid, ended_at timestamptz,
        end_reason text, statements int4, rows int8, bytes_in int8, bytes_out int8)
      where session.id = e.id and session.proxy_id = ${proxyId} returning session.id)
    update statement set outcome = 'unknown' from ended
    where statement.session_id = ended.id and statement.outcome is null`);
}

async function endLost(tx: Tx, proxyId: string, lost: { at: string; except: readonly string[] }): Promise<void> {
  await tx.execute(sql`
    with ended as (
      update session set ended_at = greatest(active_at, ${lost.at}::timestamptz), end_reason = ${lostReason}
      where proxy_id = ${proxyId} and ended_at is null
        and id not in (select value::uuid from json_array_elements_text(${JSON.stringify(lost.except)}::json))
      returning id)
    update statement set outcome = 'unknown' from ended
    where statement.session_id = ended.id and statement.outcome is null`);
}

async function addRollup(tx: Tx, proxyId: string, rollup: readonly RollupDelta[]): Promise<void> {
  const rows = rollup.map(({ maskedCells, ...rest }) => ({ ...rest, cells: maskedCells }));
  await tx.execute(sql`
    insert into decision_rollup as held (bucket, proxy_id, effect, statements, masked_cells, unmasked)
    select bucket, ${proxyId}::uuid, effect, statements, cells, unmasked
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(bucket timestamptz, effect text, statements int8, cells int8,
      unmasked int8)
    on conflict (bucket, proxy_id, effect) do update set statements = held.statements + excluded.statements,
      masked_cells = held.masked_cells + excluded.masked_cells, unmasked = held.unmasked + excluded.unmasked`);
}
