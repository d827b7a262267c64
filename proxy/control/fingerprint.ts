/** Whether the catalog has changed since it was last read: a question that is asked all the time, so that it must cost the server little. */
import type { QueryPort } from './introspect.ts';
import { userOid } from './introspect-queries.ts';

/** What was seen, and as of when. Opaque to callers; it means nothing to another connection, behind which another server may be. */
export type CatalogMark = {
  /** The snapshot that was looked at, where whoever sees by the same one sees the same; else null. */
  readonly snapshot: string | null;
  /** Rows that no transaction before this one has written (xid) are recent. */
  readonly horizon: string;
  readonly fingerprint: string;
};

/** Transactions, after which few rows are recent again. Comparing their ages goes wrong after 2^31. */
const horizonAgeMax = 1_000_000;

const ofRelation = (column: string): string => `${column} NOT IN (SELECT oid FROM temporary_relations)`;
const ofSchema = (column: string): string => `${column} NOT IN (SELECT oid FROM temporary_schemas)`;

/**
 * How many rows there are, and a sum over the recent ones: a row that is added or rewritten is recent, and one that is removed is
 * missed. What is temporary is somebody's own and does not count.
 */
const shareOf = (table: string, key: string, condition: string, horizon: string): string =>
  `(SELECT pg_catalog.count(*)::pg_catalog.text || ':' || COALESCE(pg_catalog.sum(
      pg_catalog.hashint8extended(${key}::pg_catalog.int8, xmin::pg_catalog.text::pg_catalog.int8))
      FILTER (WHERE pg_catalog.age(xmin) <= pg_catalog.age('${horizon}'::pg_catalog.xid)), 0)::pg_catalog.text
    FROM pg_catalog.${table} WHERE ${condition})`;

/** One row, one column. Statistics do not count: VACUUM and ANALYZE update pg_class in place. */
const fingerprintQuery = (horizon: string): string => {
  const shares: [table: string, key: string, condition: string][] = [
    ['pg_namespace', 'oid', `(oid >= ${userOid} OR oid = 2200) AND ${ofSchema('oid')}`],
    ['pg_class', 'oid', `oid >= ${userOid} AND relpersistence <> 't'`],
    ['pg_attribute', 'attrelid', `attrelid >= ${userOid} AND ${ofRelation('attrelid')}`],
    ['pg_attrdef', 'oid', `oid >= ${userOid} AND ${ofRelation('adrelid')}`],
    ['pg_inherits', 'inhrelid', `inhrelid >= ${userOid} AND ${ofRelation('inhrelid')}`],
    ['pg_index', 'indexrelid', `indexrelid >= ${userOid} AND ${ofRelation('indexrelid')}`],
    ['pg_rewrite', 'oid', `oid >= ${userOid} AND ${ofRelation('ev_class')}`],
    ['pg_trigger', 'oid', `oid >= ${userOid} AND ${ofRelation('tgrelid')}`],
    ['pg_policy', 'oid', `oid >= ${userOid} AND ${ofRelation('polrelid')}`],
    ['pg_constraint', 'oid', `oid >= ${userOid} AND ${ofSchema('connamespace')}`],
    ['pg_proc', 'oid', `oid >= ${userOid} AND ${ofSchema('pronamespace')}`],
    ['pg_type', 'oid', `oid >= ${userOid} AND ${ofSchema('typnamespace')}`],
    ['pg_operator', 'oid', `oid >= ${userOid} AND ${ofSchema('oprnamespace')}`],
    ['pg_cast', 'oid', `oid >= ${userOid}`],
    ['pg_extension', 'oid', `oid >= ${userOid}`],
  ];
  return `WITH temporary_relations AS MATERIALIZED (SELECT oid FROM pg_catalog.pg_class WHERE relpersistence = 't'),
    temporary_schemas AS MATERIALIZED (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname LIKE 'pg\\_temp\\_%' OR nspname LIKE 'pg\\_toast\\_temp\\_%')
    SELECT ${shares.map(([table, key, condition]) => shareOf(table, key, condition, horizon)).join(` || ' ' || `)}`;
};

/**
 * A standby does not name the transactions under way, so that a snapshot says everything where there are none. The time keeps
 * snapshots of a server apart from those after it was restored to an earlier state.
 */
const snapshotQuery = (horizon: string): string =>
  `SELECT CASE WHEN pg_catalog.pg_snapshot_xmin(s) = pg_catalog.pg_snapshot_xmax(s)
      THEN s::pg_catalog.text || ' ' || pg_catalog.pg_postmaster_start_time()::pg_catalog.text END,
    (pg_catalog.pg_snapshot_xmin(s)::pg_catalog.text::pg_catalog.numeric % 4294967296)::pg_catalog.text,
    pg_catalog.age('${horizon}'::pg_catalog.xid) FROM pg_catalog.pg_current_snapshot() s`;

const noHorizon = '3';

/**
 * What the catalog is like now, to be compared with what it was like at `before`. Has to run in one transaction that reads by one
 * snapshot, with whatever is read of the catalog for the same mark.
 */
export async function catalogMark(
  query: QueryPort,
  before: CatalogMark | null,
): Promise<{ mark: CatalogMark; hasChanged: boolean }> {
  const [row] = await query(snapshotQuery(before?.horizon ?? noHorizon));
  const [snapshot, oldest, age] = [row?.[0] ?? null, row?.[1] ?? noHorizon, Number(row?.[2] ?? -1)];
  if (before !== null && snapshot !== null && before.snapshot === snapshot) return { mark: before, hasChanged: false };
  const take = async (horizon: string): Promise<CatalogMark> => {
    const rows = await query(fingerprintQuery(horizon));
    return { snapshot, horizon, fingerprint: rows[0]?.[0] ?? '' };
  };
  if (before === null || age < 0) return { mark: await take(oldest), hasChanged: true };
  // A horizon of earlier stays true: more rows are recent than need be.
  const mark = await take(before.horizon);
  const hasChanged = mark.fingerprint !== before.fingerprint;
  return { mark: age < horizonAgeMax ? mark : await take(oldest), hasChanged };
}
