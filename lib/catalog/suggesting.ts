/** Files what the names of unlabelled columns say. What a person decided stays decided until the evidence changes. */
import 'server-only';
import { sql } from 'drizzle-orm';
import { suggestLabel } from '#core/catalog/suggest.ts';
import type { Tx } from '#db/client.ts';

type Unlabelled = { oid: number; attnum: number; schema: string; relation: string; column: string; type: string };

/** Reading names is not free: between so many columns others get their turn. */
const turnColumns = 200;

async function hitsIn(columns: readonly Unlabelled[]) {
  const found: object[] = [];
  for (const [index, { oid, attnum, ...names }] of columns.entries()) {
    if (index % turnColumns === turnColumns - 1) await new Promise(resolve => setImmediate(resolve));
    const hit = suggestLabel(names);
    if (hit === null) continue;
    const { schema, relation, column: name } = names;
    const { label, level, confidence, evidence } = hit;
    found.push({ oid, attnum, schema, relation, name, label, level, confidence, evidence });
  }
  return found;
}

/**
 * Looks at the unlabelled ones among the columns an intake touched (`touched_column`). Views show what their tables carry and are
 * not asked about. Returns how many suggestions are new.
 */
export async function suggestForTouched(
  tx: Tx,
  { connectionId, at }: { connectionId: string; at: Date },
): Promise<number> {
  const columns = await tx.execute<Unlabelled>(sql`
    select distinct r.oid::float8 as oid, c.attnum, r.schema, r.name as relation, c.name as "column", c.type
    from touched_column t
    join catalog_column c on c.connection_id = ${connectionId} and c.relation_oid = t.oid and c.attnum = t.attnum
    join catalog_relation r on r.connection_id = c.connection_id and r.oid = c.relation_oid
    where r.kind in ('r', 'p', 'f') and not exists (
      select from column_label l
      where l.connection_id = c.connection_id and l.relation_oid = c.relation_oid and l.attnum = c.attnum)`);
  const found = await hitsIn(columns);
  const hits = sql`jsonb_to_recordset(${JSON.stringify(found)}::jsonb) as h(oid bigint, attnum smallint, schema text,
    relation text, name text, label text, level text, confidence float8, evidence jsonb)`;
  const unsaid = sql`s.connection_id = ${connectionId} and s.state = 'open' and s.relation_oid = t.oid and s.attnum = t.attnum
      and not exists (select from ${hits} where h.oid = s.relation_oid and h.attnum = s.attnum and h.label = s.label)`;
  await tx.execute(sql`delete from suggestion s using touched_column t where ${unsaid} and s.found = '[]'`);
  // What was found in its values still speaks for it.
  await tx.execute(sql`update suggestion s set confidence = 0, evidence = '[]' from touched_column t where ${unsaid}`);
  const filed = await tx.execute<{ isNew: boolean }>(sql`
    insert into suggestion as s (id, connection_id, relation_oid, attnum, schema, relation, "column", label, level,
      confidence, evidence, state, created_at)
    select gen_random_uuid(), ${connectionId}::uuid, h.oid, h.attnum, h.schema, h.relation, h.name, h.label, h.level,
      h.confidence, h.evidence, 'open', ${at.toISOString()}::timestamptz
    from ${hits}
    on conflict (connection_id, relation_oid, attnum, label) do update set
      confidence = excluded.confidence, level = excluded.level, evidence = excluded.evidence,
      reopened = s.reopened or s.state = 'rejected',
      created_at = case when s.state = 'rejected' then excluded.created_at else s.created_at end,
      state = 'open'
      where (s.state = 'open' and s.confidence <> excluded.confidence)
        or (s.state in ('open', 'rejected') and s.evidence <> excluded.evidence)
    returning (xmax = 0) as "isNew"`);
  return filed.filter(row => row.isNew).length;
}
