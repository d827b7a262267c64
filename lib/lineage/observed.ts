/** Copies of column values that recorded statements made. A projection of the log: losing a few of them loses no record. */
import 'server-only';
import { sql } from 'drizzle-orm';
import { type Event, eventSchema } from '#core/event/schema.ts';
import type { Db } from '#db/client.ts';

type Completed = Extract<Event, { type: 'statement.completed' }>;
type Decided = Extract<Event, { type: 'statement.decided' }>;

/** What copies data; everything else is not even looked up. */
const copyingKinds = ['insert', 'update', 'merge', 'copy', 'ddl', 'select', 'execute', 'call', 'do', 'declare'];
const copiesMax = 5000;

const keyOf = ({ session, statement }: Completed | Decided): string => `${session} ${statement}`;

/** The decisions on statements that ran, as far as they may have copied something. Most are in the same batch as what became of them. */
async function decisionsOn(db: Db, proxyId: string, events: readonly Event[]): Promise<Decided[]> {
  const decided = new Map<string, Decided>();
  const here: Decided[] = [];
  const elsewhere: Completed[] = [];
  for (const event of events) {
    if (event.type === 'statement.decided') decided.set(keyOf(event), event);
    if (event.type !== 'statement.completed' || event.outcome !== 'ok') continue;
    const decision = decided.get(keyOf(event));
    if (decision === undefined) elsewhere.push(event);
    else if (decision.facts?.flows.length) here.push(decision);
  }
  return [...(elsewhere.length === 0 ? [] : await storedDecisions(db, proxyId, elsewhere)), ...here];
}

async function storedDecisions(db: Db, proxyId: string, completed: readonly Completed[]): Promise<Decided[]> {
  const wanted = completed.map(({ session, statement }) => ({ session, statement }));
  // Each looked up on its own, whatever the server believes of tables that grow by the second.
  const rows = await db.execute<{ body: string }>(sql`
    select e.body
    from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as w(session uuid, statement int)
    cross join lateral (
      select s.seq from statement s
      where s.session_id = w.session and s.number = w.statement and s.proxy_id = ${proxyId} and cardinality(s.relations) > 1
        and s.kinds && array[${sql.join(
          copyingKinds.map(kind => sql`${kind}`),
          sql`, `,
        )}]::text[]
      limit 1
    ) s
    cross join lateral (
      select body from event where source = ${proxyId} and seq = s.seq and body like '%"flows":[{%' limit 1
    ) e`);
  return rows.flatMap(({ body }) => {
    const event = eventSchema.safeParse(JSON.parse(body));
    return event.success && event.data.type === 'statement.decided' ? [event.data] : [];
  });
}

type Copy = { schema: string; relation: string; column: string; to: string[]; at: string };

const copiesOf = ({ facts, time }: Decided): Copy[] =>
  (facts?.flows ?? []).flatMap(({ target, origins }) =>
    origins.map(({ schema, relation, column }) => ({
      schema,
      relation,
      column,
      to: [target.schema, target.relation, target.column],
      at: time,
    })),
  );

/** Repeating a batch counts nothing twice: only what is later than what was seen last counts. */
export async function recordCopies(db: Db, proxyId: string, events: readonly Event[]): Promise<void> {
  for (const decided of await decisionsOn(db, proxyId, events)) {
    const copies = copiesOf(decided).slice(0, copiesMax);
    if (copies.length === 0) continue;
    await db.execute(sql`
      insert into observed_copy as held (connection_id, from_schema, from_relation, from_column, to_schema, to_relation,
        to_column, first_seen_at, last_seen_at, seen)
      select distinct on (c.schema, c.relation, c."column", c."to")
        s.connection_id, c.schema, c.relation, c."column", c."to"->>0, c."to"->>1, c."to"->>2, c.at, c.at, 1
      from jsonb_to_recordset(${JSON.stringify(copies)}::jsonb)
        as c(schema text, relation text, "column" text, "to" jsonb, at timestamptz)
      join session s on s.id = ${decided.session} and s.proxy_id = ${proxyId}
      on conflict on constraint observed_copy_pk do update set
        last_seen_at = excluded.last_seen_at, seen = held.seen + 1
        where excluded.last_seen_at > held.last_seen_at`);
  }
}
