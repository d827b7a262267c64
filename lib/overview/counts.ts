/** Counts over time: for those who oversee everybody from the rollup, for others from their own latest statements. */
import 'server-only';
import { and, desc, gte, lt, type SQL, sql } from 'drizzle-orm';
import { type Tally, tallies } from '#core/event/tally.ts';
import type { Db } from '#db/client.ts';
import { decisionRollup, rollupMinutes, statement } from '#db/schema/audit.ts';
import { tally } from '#lib/audit/filter.ts';
import { overviewBucketsMax } from './schema.ts';

export type Range = { from: Date; to: Date };
export type Counts = {
  bucketMs: number;
  buckets: { at: string; counts: Record<Tally, number> }[];
  denied: number;
  mistakes: number;
  maskedCells: number;
  unmasked: number;
};

/** Of one's own statements, at most this many of the latest are looked at. */
export const ownStatementsMax = 20_000;

const minute = 60_000;
const rollupMs = rollupMinutes * minute;
const steps = [1, 2, 5, 10, 20, 30, 60, 120, 180, 360, 720, 1440, 2880].map(minutes => minutes * minute);

/** The smallest round step that needs no more than the permitted number of buckets. */
export function bucketSize({ from, to }: Range, least: number): number {
  const wanted = (to.getTime() - from.getTime()) / (overviewBucketsMax - 1);
  return steps.find(step => step >= Math.max(wanted, least)) ?? 2 * (steps.at(-1) ?? 1);
}

type Row = { at: string; effect: Tally; statements: number; cells: number; unmasked: number };

const none = (): Record<Tally, number> => Object.fromEntries(tallies.map(tally => [tally, 0])) as Record<Tally, number>;

function assemble(rows: readonly Row[], range: Range, bucketMs: number): Counts {
  const counts = new Map<number, Record<Tally, number>>();
  const first = Math.floor(range.from.getTime() / bucketMs) * bucketMs;
  for (let at = first; at < range.to.getTime(); at += bucketMs) counts.set(at, none());
  const sums = { denied: 0, mistakes: 0, maskedCells: 0, unmasked: 0 };
  for (const row of rows) {
    const bucket = counts.get(Date.parse(row.at));
    if (bucket) bucket[row.effect] += row.statements;
    if (row.effect === 'deny') sums.denied += row.statements;
    if (row.effect === 'mistake') sums.mistakes += row.statements;
    sums.maskedCells += row.cells;
    sums.unmasked += row.unmasked;
  }
  const buckets = [...counts].map(([at, each]) => ({ at: new Date(at).toISOString(), counts: each }));
  return { bucketMs, buckets: buckets.slice(0, overviewBucketsMax), ...sums };
}

const epoch = sql`timestamptz '1970-01-01 00:00:00+00'`;
const binOf = (column: unknown, bucketMs: number): SQL =>
  sql`to_char(date_bin(make_interval(secs => ${bucketMs / 1000}), ${column}, ${epoch}) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

export async function countsOfAll(db: Db, range: Range): Promise<Counts> {
  const bucketMs = bucketSize(range, rollupMs);
  const from = new Date(Math.floor(range.from.getTime() / rollupMs) * rollupMs);
  const rows = await db
    .select({
      at: sql<string>`${binOf(decisionRollup.bucket, bucketMs)} as at`,
      effect: decisionRollup.effect,
      statements: sql<number>`sum(${decisionRollup.statements})::float8`,
      cells: sql<number>`sum(${decisionRollup.maskedCells})::float8`,
      unmasked: sql<number>`sum(${decisionRollup.unmasked})::float8`,
    })
    .from(decisionRollup)
    .where(and(gte(decisionRollup.bucket, from), lt(decisionRollup.bucket, range.to)))
    .groupBy(sql`at`, decisionRollup.effect);
  return assemble(rows, range, bucketMs);
}

export async function countsOfOwn(db: Db, range: Range, visible: SQL | undefined): Promise<Counts> {
  const bucketMs = bucketSize(range, minute);
  const latest = db
    .select({ time: statement.time, effect: tally.as('tally'), maskedCells: statement.maskedCells })
    .from(statement)
    .where(and(visible, gte(statement.time, range.from), lt(statement.time, range.to)))
    .orderBy(desc(statement.time))
    .limit(ownStatementsMax)
    .as('latest');
  const rows = await db
    .select({
      at: sql<string>`${binOf(latest.time, bucketMs)} as at`,
      effect: latest.effect,
      statements: sql<number>`count(*)::int`,
      cells: sql<number>`coalesce(sum(${latest.maskedCells}), 0)::float8`,
      unmasked: sql<number>`0`,
    })
    .from(latest)
    .groupBy(sql`at`, latest.effect);
  return assemble(rows, range, bucketMs);
}
