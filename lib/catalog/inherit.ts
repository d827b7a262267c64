/**
 * Classification follows the data, durably: what proxies saw copied from labelled columns labels its targets, with the statement that
 * did it as evidence. What a person has decided about a column stays.
 */
import 'server-only';
import { type SQL, sql } from 'drizzle-orm';
import { levels } from '#core/catalog/classification.ts';
import type { Event } from '#core/event/schema.ts';
import type { Db, Tx } from '#db/client.ts';
import type { Job } from '#lib/jobs/scheduler.ts';
import type { Clock } from '#lib/orpc/context.ts';
import { poke } from '#lib/outbox/publish.ts';
import { publish, recordEvent, transact } from '#lib/transaction.ts';

type On = { db: Db; clock: Clock };
type Inherited = Extract<Event, { type: 'classification.inherited' }>;

/** What no catalog has ever shown was gone before anybody looked. */
const waitingDays = 30;
const listedMax = 50;

const rankOf = (level: SQL): SQL =>
  sql`array_position(array[${sql.join(
    levels.map(each => sql`${each}`),
    sql`, `,
  )}]::text[], ${level})`;

const rowsOf = ({ session, statement, time, columns }: Inherited) =>
  columns.map(({ target, labels, origins }) => ({
    session,
    statement,
    time,
    ...target,
    // The most sensitive comes first: a column carries one.
    label: labels[0]?.label,
    level: labels[0]?.level,
    from: origins
      .slice(0, 3)
      .map(({ schema, relation, column }) => `\`${schema}.${relation}.${column}\``)
      .join(', '),
  }));

type Placed = { connectionId: string; schema: string; relation: string; column: string; label: string; level: string };

/** Part of taking a proxy's events in: a batch is acknowledged when its labels are kept. Repeating it changes nothing. */
export async function inheritLabels(on: On, proxyId: string, events: readonly Event[]): Promise<void> {
  const rows = events.flatMap(event => (event.type === 'classification.inherited' ? rowsOf(event) : []));
  if (rows.length === 0) return;
  await transact(on, async tx => {
    const kept = await keep(tx, proxyId, rows);
    for (const { id, name } of kept) {
      const placed = await placeInherited(tx, id);
      if (placed.length > 0) noteInherited(tx, { proxyId, connection: { id, name }, placed });
      await poke(tx, 'catalog', id);
    }
    if (kept.length > 0) publish(tx, { topic: 'bundle', key: '', payload: { reason: 'label' } });
  });
}

/** By name, until a catalog shows the column. The connections they are on. */
async function keep(
  tx: Tx,
  proxyId: string,
  rows: readonly object[],
): Promise<readonly { id: string; name: string }[]> {
  return tx.execute<{ id: string; name: string }>(sql`
    with kept as (
      insert into inherited_label as held
        (connection_id, schema, relation, "column", label, level, evidence, by, at)
      select distinct on (s.connection_id, i.schema, i.relation, i."column")
        s.connection_id, i.schema, i.relation, i."column", i.label, i.level,
        i."from" || ' was copied into it by ' || s.login || ', statement ' || i.statement || ' of session ' || s.id,
        s.identity_id, i.time
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as i(session uuid, statement int, time timestamptz,
        schema text, relation text, "column" text, label text, level text, "from" text)
      join session s on s.id = i.session and s.proxy_id = ${proxyId}
      order by s.connection_id, i.schema, i.relation, i."column", ${rankOf(sql`i.level`)} desc, i.time desc
      on conflict on constraint inherited_label_pk do update set label = excluded.label, level = excluded.level,
        evidence = excluded.evidence, by = excluded.by, at = excluded.at
        where ${rankOf(sql`excluded.level`)} >= ${rankOf(sql`held.level`)}
      returning connection_id)
    select distinct c.id, c.name from kept join connection c on c.id = kept.connection_id`);
}

/**
 * Puts what waits onto columns that the catalog has by now. A label that a person set or accepted stays, and so does a person's no;
 * of two inherited ones the more sensitive holds.
 */
export async function placeInherited(tx: Tx, connectionId: string): Promise<readonly Placed[]> {
  return tx.execute<Placed>(sql`
    with found as (
      select i.*, c.relation_oid, c.attnum
      from inherited_label i
      join catalog_relation r on r.connection_id = i.connection_id and r.schema = i.schema and r.name = i.relation
      join catalog_column c on c.connection_id = i.connection_id and c.relation_oid = r.oid and c.name = i."column"
      where i.connection_id = ${connectionId}
    ), settled as (
      delete from inherited_label i using found f
      where i.connection_id = f.connection_id and i.schema = f.schema and i.relation = f.relation and i."column" = f."column"
    ), placed as (
      insert into column_label as held
        (id, connection_id, relation_oid, attnum, schema, relation, "column", label, level, source, evidence, by, at)
      select gen_random_uuid(), f.connection_id, f.relation_oid, f.attnum, f.schema, f.relation, f."column", f.label, f.level,
        'inherited', f.evidence, f.by, f.at
      from found f
      where not exists (
        select from suggestion s
        where s.connection_id = f.connection_id and s.relation_oid = f.relation_oid and s.attnum = f.attnum
          and s.label = f.label and s.state = 'rejected')
      on conflict (connection_id, relation_oid, attnum) do update set label = excluded.label, level = excluded.level,
        evidence = excluded.evidence, by = excluded.by, at = excluded.at
        where held.source = 'inherited' and ${rankOf(sql`excluded.level`)} > ${rankOf(sql`held.level`)}
      returning connection_id as "connectionId", schema, relation, "column", label, level)
    select * from placed`);
}

type Noted = { proxyId: string; connection: { id: string; name: string }; placed: readonly Placed[] };

export function noteInherited(tx: Tx, { proxyId, connection, placed }: Noted): void {
  recordEvent(tx, {
    action: 'catalog.inherit_labels',
    actor: { type: 'proxy', id: proxyId, login: proxyId },
    request: null,
    target: { type: 'connection', id: connection.id, label: connection.name },
    before: null,
    after: {
      count: placed.length,
      columns: placed.slice(0, listedMax).map(each => ({
        column: `${each.schema}.${each.relation}.${each.column}`,
        label: each.label,
        level: each.level,
      })),
    },
  });
}

export const inheritJobs: readonly Job[] = [
  {
    name: 'catalog.forget_inherited',
    everySeconds: 3600,
    run: async ({ db, clock }) => {
      const before = new Date(clock.now().getTime() - waitingDays * 24 * 3_600_000).toISOString();
      await db.execute(sql`delete from inherited_label where at < ${before}::timestamptz`);
    },
  },
];
