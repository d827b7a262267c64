/** The list of requests: by tab, searched and counted on the server. */
import 'server-only';
import { and, count, desc, eq, inArray, ne, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db, Tx } from '#db/client.ts';
import { request } from '#db/schema/approvals.ts';
import { connection } from '#db/schema/catalog.ts';
import { peopleOf } from '#lib/identity/people.ts';
import { query } from '#lib/orpc/base.ts';
import type { IdentityCaller } from '#lib/orpc/context.ts';
import { contains, decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { isEligible } from './eligible.ts';
import { rowsOf } from './file.ts';
import {
  countMax,
  type RequestItem,
  type RequestTab,
  requestListInputSchema,
  requestListOutputSchema,
  requestTabs,
} from './schema.ts';
import { isOwn, visibleTo } from './visible.ts';

/** The caller may vote on it now. */
const votable = (callerId: string, now: Date): SQL => sql`(
  ${request.state} = 'pending' and ${request.expiresAt} > ${now.toISOString()}::timestamptz
  and exists (select from identity i where i.id = ${callerId} and ${isEligible}))`;

function tabCondition(tab: RequestTab, caller: IdentityCaller, now: Date): SQL | undefined {
  switch (tab) {
    case 'needs_me':
      return caller.permissions.has('approval:decide') ? votable(caller.id, now) : sql`false`;
    case 'team':
      return eq(request.state, 'pending');
    case 'mine':
      return isOwn(caller.id);
    case 'decided':
      return ne(request.state, 'pending');
  }
}

/** Who approved, or who denied: those whose votes made it what it is. */
const deciders = sql<string[]>`coalesce((
  select jsonb_agg(v.identity_id order by v.at) from request_vote v where v.request_id = request.id
    and v.verdict = case request.state when 'denied' then 'deny' else 'approve' end), '[]')`;

const itemColumns = (callerId: string, now: Date) => ({
  row: request,
  connectionName: connection.name,
  environment: connection.environment,
  deciders,
  approved: sql<number>`(select count(*)::int from request_vote v
    where v.request_id = request.id and v.verdict = 'approve')`,
  votable: sql<boolean>`${votable(callerId, now)}`,
});

type Shown = { caller: IdentityCaller; now: Date };

/** Items for the rows a condition selects, newest first. Who calls must have restricted it to what they may see. */
export async function itemsWhere(
  db: Db | Tx,
  where: SQL | undefined,
  { caller, now, limit }: Shown & { limit: number },
): Promise<RequestItem[]> {
  const rows = await db
    .select(itemColumns(caller.id, now))
    .from(request)
    .innerJoin(connection, eq(connection.id, request.connectionId))
    .where(where)
    .orderBy(desc(request.createdAt), desc(request.id))
    .limit(limit);
  const people = await peopleOf(
    db,
    rows.flatMap(({ row, deciders: by }) => [row.identityId, row.onBehalfOf, row.identityOwnerId, ...by]),
  );
  const mayDecide = caller.permissions.has('approval:decide');
  return rows.map(({ row, ...found }) => ({
    id: row.id,
    kind: row.kind,
    state: row.state,
    connection: { id: row.connectionId, name: found.connectionName, environment: found.environment },
    requester: people.of(row.identityId),
    onBehalfOf: people.maybe(row.onBehalfOf),
    requesterOwner: people.maybe(row.identityOwnerId),
    summary: row.summary,
    text: row.text,
    rule: row.rule,
    level: row.level,
    objects: row.objects,
    rows: rowsOf(row.impact),
    votes: { approved: found.approved, needed: Math.max(1, ...row.needs.map(need => need.approvers.count)) },
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    decidedAt: row.decidedAt?.toISOString() ?? null,
    decidedBy: row.decidedAt === null ? [] : found.deciders.map(id => people.of(id)),
    waiting: row.waiting,
    canDecide: mayDecide && found.votable,
  }));
}

/** Each tab up to `countMax`: history is never deleted, and nobody needs its exact length to find their way. */
async function countTabs(
  db: Db,
  matching: SQL | undefined,
  { caller, now }: Shown,
): Promise<Record<RequestTab, number>> {
  const counts = await Promise.all(
    requestTabs.map(async tab => {
      const some = db
        .select({ id: request.id })
        .from(request)
        .where(and(matching, visibleTo(caller), tabCondition(tab, caller, now)))
        .limit(countMax)
        .as('some');
      const [row] = await db.select({ count: count() }).from(some);
      return [tab, row?.count ?? 0] as const;
    }),
  );
  return Object.fromEntries(counts) as Record<RequestTab, number>;
}

export const listRequests = query({ permission: 'approval:read' })
  .route({ method: 'GET', path: '/requests', tags: ['Approvals'], summary: 'List requests' })
  .input(requestListInputSchema)
  .output(requestListOutputSchema)
  .handler(async ({ context: { db, clock, caller }, input }) => {
    const shown = { caller, now: clock.now() };
    const after = decodeCursor(input.cursor, z.tuple([z.iso.datetime(), z.uuid()]));
    const matching = and(
      input.kind ? eq(request.kind, input.kind) : undefined,
      input.state ? eq(request.state, input.state) : undefined,
      input.connectionId ? eq(request.connectionId, input.connectionId) : undefined,
      input.q ? matches(input.q) : undefined,
    );
    const before = after
      ? sql`(${request.createdAt}, ${request.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`
      : undefined;
    const where = and(matching, visibleTo(caller), tabCondition(input.tab, caller, shown.now), before);
    const [items, counts] = await Promise.all([
      itemsWhere(db, where, { ...shown, limit: input.limit + 1 }),
      countTabs(db, matching, shown),
    ]);
    return { ...pageOf(items, input.limit, item => [item.createdAt, item.id]), counts, about: counts[input.tab] };
  });

/** Text, objects, logins in the summary; a whole id finds its request. */
const matches = (q: string): SQL | undefined =>
  z.uuid().safeParse(q).success ? inArray(request.id, [q]) : contains(request.searchText, q);
