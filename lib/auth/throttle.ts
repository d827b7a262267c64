/** Attempts per key in fixed windows, counted in the database so that replicas count together. */
import 'server-only';
import { sql } from 'drizzle-orm';
import type { Db } from '#db/client.ts';

export type Window = { key: string; max: number; seconds: number };

type Row = { count: number; window_start: string };

/** Takes one attempt. Null when it is within the limit, else the seconds after which to try again. */
export async function takeAttempt(db: Db, window: Window, now: Date): Promise<number | null> {
  const at = now.toISOString();
  const fresh = sql`rate_bucket.window_start <= ${at}::timestamptz - make_interval(secs => ${window.seconds})`;
  const [row] = await db.execute<Row>(sql`
    insert into rate_bucket (key, window_start, count) values (${window.key}, ${at}::timestamptz, 1)
    on conflict (key) do update set
      count = case when ${fresh} then 1 else rate_bucket.count + 1 end,
      window_start = case when ${fresh} then excluded.window_start else rate_bucket.window_start end
    returning count, window_start`);
  if (!row || row.count <= window.max) return null;
  const endsAt = new Date(row.window_start).getTime() + window.seconds * 1000;
  return Math.max(1, Math.ceil((endsAt - now.getTime()) / 1000));
}

/** Gives attempts back, e.g. because the sign-in succeeded. */
export async function giveBack(db: Db, keys: readonly string[]): Promise<void> {
  for (const key of keys)
    await db.execute(sql`update rate_bucket set count = greatest(count - 1, 0) where key = ${key}`);
}

export async function forget(db: Db, key: string): Promise<void> {
  await db.execute(sql`delete from rate_bucket where key = ${key}`);
}

/** IPv6 customers hold whole /64s, so one of those counts as one address. */
export function addressGroup(address: string | null): string {
  if (address === null) return 'unknown';
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  const middle =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...middle, ...right].slice(0, 4).join(':');
}
