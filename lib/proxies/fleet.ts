/** The proxies as the console shows them, and cutting one off. */
import 'server-only';
import { and, asc, eq, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { proxyOfflineAfterMs } from '#core/contract/proxy.ts';
import type { Db, Tx } from '#db/client.ts';
import { connectionEndpoint } from '#db/schema/catalog.ts';
import { bundle, proxy } from '#db/schema/proxies.ts';
import { withdrawAllOf } from '#lib/approvals/execute.ts';
import { peopleOf } from '#lib/identity/people.ts';
import { command, query } from '#lib/orpc/base.ts';
import { contains, decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { poke } from '#lib/outbox/publish.ts';
import { publish } from '#lib/transaction.ts';
import { currentVersion } from './bundle.ts';
import {
  type ProxyItem,
  type ProxyState,
  proxyIdInputSchema,
  proxyItemSchema,
  proxyListInputSchema,
  proxyListOutputSchema,
  proxyRevokeInputSchema,
  proxyRevokeOutputSchema,
  proxyStates,
} from './schema.ts';

type Current = { version: number; policyVersion: number };

const appliedVersion = sql<number | null>`(${proxy.heartbeat}->>'bundleVersion')::int`;

const stateSql = (current: Current, now: Date): SQL<ProxyState> => {
  const seenAfter = new Date(now.getTime() - proxyOfflineAfterMs).toISOString();
  return sql<ProxyState>`case
    when ${proxy.revokedAt} is not null then 'revoked'
    when ${proxy.lastSeenAt} is null or ${proxy.lastSeenAt} < ${seenAfter}::timestamptz then 'offline'
    when ${appliedVersion} < ${current.version} then 'behind'
    else 'online' end`;
};

/** Since when there has been a bundle newer than the one the proxy has. */
const behindSince = sql<string | null>`(
  select to_char(min(b.created_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  from ${bundle} b where b.version > ${appliedVersion})`;

type Row = { row: typeof proxy.$inferSelect; state: ProxyState; applied: number | null; behindSince: string | null };

async function itemsOf(db: Db, rows: readonly Row[], current: Current, now: Date): Promise<ProxyItem[]> {
  const people = await peopleOf(
    db,
    rows.flatMap(({ row }) => [row.enrolledBy, row.revokedBy]),
  );
  return rows.map(({ row, state, applied, behindSince: since }) => ({
    id: row.id,
    name: row.name,
    state,
    host: row.host,
    version: row.version,
    enrolledAt: row.enrolledAt.toISOString(),
    enrolledBy: people.maybe(row.enrolledBy),
    revokedAt: row.revokedAt?.toISOString() ?? null,
    revokedBy: people.maybe(row.revokedBy),
    revokeReason: row.revokeReason,
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
    heartbeat: row.heartbeat,
    bundle: {
      applied,
      current: current.version,
      lag: applied === null ? null : Math.max(0, current.version - applied),
      lagSeconds:
        applied === null
          ? null
          : since === null
            ? 0
            : Math.max(0, Math.round((now.getTime() - Date.parse(since)) / 1000)),
    },
    policy: { applied: row.heartbeat?.policyVersion ?? null, current: current.policyVersion },
  }));
}

const rowsWhere = (db: Db, where: SQL | undefined, state: SQL<ProxyState>) =>
  db.select({ row: proxy, state, applied: appliedVersion, behindSince }).from(proxy).where(where);

export const listProxies = query({ permission: 'proxy:read' })
  .route({ method: 'GET', path: '/proxies', tags: ['Proxies'], summary: 'List proxies with their health' })
  .input(proxyListInputSchema)
  .output(proxyListOutputSchema)
  .handler(async ({ context: { db, clock }, input }) => {
    const now = clock.now();
    const current = await currentVersion(db);
    const state = stateSql(current, now);
    const after = decodeCursor(input.cursor, z.tuple([z.string(), z.uuid()]));
    const matching = input.q ? contains(sql`${proxy.name} || ' ' || ${proxy.host}`, input.q) : undefined;
    const where = and(
      matching,
      input.state ? sql`${state} = ${input.state}` : undefined,
      after ? sql`(${proxy.name}, ${proxy.id}) > (${after[0]}, ${after[1]}::uuid)` : undefined,
    );
    const [rows, counted] = await Promise.all([
      rowsWhere(db, where, state)
        .orderBy(asc(proxy.name), asc(proxy.id))
        .limit(input.limit + 1),
      db.select({ state, count: sql<number>`count(*)::int` }).from(proxy).where(matching).groupBy(sql`1`),
    ]);
    const page = pageOf(rows, input.limit, ({ row }) => [row.name, row.id]);
    const count = (of: ProxyState) => counted.find(each => each.state === of)?.count ?? 0;
    return {
      items: await itemsOf(db, page.items, current, now),
      nextCursor: page.nextCursor,
      counts: Object.fromEntries(proxyStates.map(each => [each, count(each)])) as Record<ProxyState, number>,
    };
  });

export const getProxy = query({ permission: 'proxy:read' })
  .route({ method: 'GET', path: '/proxies/{id}', tags: ['Proxies'], summary: 'Read one proxy' })
  .input(proxyIdInputSchema)
  .output(proxyItemSchema)
  .handler(async ({ context: { db, clock }, input: { id } }) => {
    const now = clock.now();
    const current = await currentVersion(db);
    const rows = await rowsWhere(db, eq(proxy.id, id), stateSql(current, now));
    const [item] = await itemsOf(db, rows, current, now);
    if (!item) throw notFound('proxy');
    return item;
  });

/** What follows from it at once: its tokens are refused, its stream says so and ends, what it held is withdrawn. */
async function cutOff(tx: Tx, id: string, { reason, at }: { reason: string; at: Date }): Promise<number> {
  publish(tx, { topic: 'proxy', key: id, payload: { type: 'revoked', reason } });
  await tx.delete(connectionEndpoint).where(eq(connectionEndpoint.proxyId, id));
  await poke(tx, 'proxies', id);
  return withdrawAllOf(tx, id, at);
}

export const revokeProxy = command({ permission: 'proxy:revoke' })
  .route({ method: 'POST', path: '/proxies/{id}/revoke', tags: ['Proxies'], summary: 'Cut a proxy off, for good' })
  .input(proxyRevokeInputSchema)
  .output(proxyRevokeOutputSchema)
  .handler(async ({ context: { tx, clock, caller }, input: { id, reason } }) => {
    const [row] = await tx.select().from(proxy).where(eq(proxy.id, id)).for('update');
    if (!row) throw notFound('proxy');
    if (row.revokedAt !== null) throw new AppError('conflict', 'the proxy is revoked already');
    const at = clock.now();
    await tx.update(proxy).set({ revokedAt: at, revokedBy: caller.id, revokeReason: reason }).where(eq(proxy.id, id));
    const withdrawn = await cutOff(tx, id, { reason, at });
    return {
      result: { id, revokedAt: at.toISOString() },
      audit: {
        action: 'proxy.revoke',
        target: { type: 'proxy', id, label: row.name },
        before: { revoked: false },
        after: { revoked: true, withdrawnRequests: withdrawn },
        reason,
      },
    };
  });
