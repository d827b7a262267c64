/** Whether the proxies of sessions are heard from: what one reported of its sessions is known to hold for as long as it is, and no longer. */
import 'server-only';
import { inArray, type SQL, sql } from 'drizzle-orm';
import { proxyOfflineAfterMs } from '#core/contract/proxy.ts';
import type { Db, Tx } from '#db/client.ts';
import { session } from '#db/schema/audit.ts';
import { proxy } from '#db/schema/proxies.ts';

const lastContact = sql`coalesce(${proxy.lastSeenAt}, ${proxy.enrolledAt})`;

const isHeard = (now: Date): SQL => {
  const after = new Date(now.getTime() - proxyOfflineAfterMs).toISOString();
  return sql`(${proxy.revokedAt} is null and ${lastContact} >= ${after}::timestamptz)`;
};

/** Of a session: its proxy is one that is heard from. */
export const isReported = (now: Date): SQL =>
  sql`${session.proxyId} in (select ${proxy.id} from ${proxy} where ${isHeard(now)})`;

/** When the proxies that are not heard from were last; null for one that nothing is known of. The others are absent. */
export type Silence = ReadonlyMap<string, Date | null>;

export async function silenceOf(db: Db | Tx, proxyIds: readonly string[], now: Date): Promise<Silence> {
  const asked = [...new Set(proxyIds)];
  if (asked.length === 0) return new Map();
  const rows = await db
    .select({ id: proxy.id, at: sql<string>`${lastContact}`, heard: sql<boolean>`${isHeard(now)}` })
    .from(proxy)
    .where(inArray(proxy.id, asked));
  const known = new Map(rows.map(row => [row.id, row]));
  const silent = asked.filter(id => known.get(id)?.heard !== true);
  return new Map(
    silent.map(id => {
      const at = known.get(id)?.at;
      return [id, at === undefined ? null : new Date(at)];
    }),
  );
}
