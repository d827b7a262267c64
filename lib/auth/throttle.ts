/**
 * Attempts per key in fixed windows, counted in the database so that replicas count together. Counted outside of the
 * caller's transaction, on the raw pool: an attempt that fails rolls back, and must have been counted all the same.
 */
import 'server-only';
import type { Sql } from '#db/client.ts';
import { AppError } from '#lib/orpc/error.ts';

export type Window = { key: string; max: number; seconds: number };

/** Seconds after which to try again, and whether this is the first attempt of the window that went beyond the limit. */
export type Excess = { waitSeconds: number; isFirst: boolean };

/** Takes one attempt; null when it is within the limit. A window from the future is what a clock left behind that was set back. */
export async function excessOf(sql: Sql, window: Window, now: Date): Promise<Excess | null> {
  const from = new Date(now.getTime() - window.seconds * 1000);
  const to = new Date(now.getTime() + window.seconds * 1000);
  const [row] = await sql<{ count: number; startMs: number }[]>`
    insert into rate_bucket as held (key, window_start, count) values (${window.key}, ${now}, 1)
    on conflict (key) do update set
      count = case when held.window_start > ${from} and held.window_start < ${to} then held.count + 1 else 1 end,
      window_start = case when held.window_start > ${from} and held.window_start < ${to}
        then held.window_start else excluded.window_start end
    returning count, extract(epoch from window_start)::float8 * 1000 as "startMs"`;
  if (!row || row.count <= window.max) return null;
  const waitSeconds = Math.max(1, Math.ceil((row.startMs + window.seconds * 1000 - now.getTime()) / 1000));
  return { waitSeconds, isFirst: row.count === window.max + 1 };
}

/** Takes one attempt. Null when it is within the limit, else the seconds after which to try again. */
export async function takeAttempt(sql: Sql, window: Window, now: Date): Promise<number | null> {
  return (await excessOf(sql, window, now))?.waitSeconds ?? null;
}

/** The same, as a refusal. */
export async function limitAttempts(on: { sql: Sql; clock: { now(): Date } }, window: Window): Promise<void> {
  const retryAfterSeconds = await takeAttempt(on.sql, window, on.clock.now());
  if (retryAfterSeconds !== null)
    throw new AppError('rate_limited', `too many attempts, try again in ${retryAfterSeconds} s`, { retryAfterSeconds });
}

/** Gives attempts back, e.g. because the sign-in succeeded. */
export async function giveBack(sql: Sql, keys: readonly string[]): Promise<void> {
  await sql`update rate_bucket set count = greatest(count - 1, 0) where key = any(${[...keys]})`;
}

export async function forget(sql: Sql, key: string): Promise<void> {
  await sql`delete from rate_bucket where key = ${key}`;
}

/** IPv6 customers hold whole /64s, so one of those counts as one address. */
export function addressGroup(address: string | null): string {
  if (address === null) return 'unknown';
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  const missing = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array.from({ length: missing }, () => '0'), ...right].slice(0, 4).join(':');
}
