/** Is anything unsafe, stuck or blind right now. Every part reads a bounded number of rows, whatever the range. */
import 'server-only';
import { and, desc, eq, gte, inArray, isNull, like, lt, min, not, or, type SQL, sql } from 'drizzle-orm';
import { proxyOfflineAfterMs } from '#core/contract/proxy.ts';
import type { Db } from '#db/client.ts';
import { request } from '#db/schema/approvals.ts';
import { event, eventSource, session, statement } from '#db/schema/audit.ts';
import { proxy } from '#db/schema/proxies.ts';
import { controlSourceId } from '#lib/audit/append.ts';
import { isReported } from '#lib/audit/contact.ts';
import { anySchema } from '#lib/audit/project.ts';
import { seesEverybody, visibleTo } from '#lib/audit/visible.ts';
import { peopleOf } from '#lib/identity/people.ts';
import { query } from '#lib/orpc/base.ts';
import type { IdentityCaller, IdentityContext } from '#lib/orpc/context.ts';
import { AppError } from '#lib/orpc/error.ts';
import { currentVersion } from '#lib/proxies/bundle.ts';
import { countsOfAll, countsOfOwn, type Range } from './counts.ts';
import { overviewInputSchema, overviewSchema } from './schema.ts';

export const rangeDaysMax = 92;
/** The top lists are of the latest statements in the range, at most this many. */
export const topOfLatest = 20_000;
const topMax = 8;
const changesMax = 12;
const changesDays = 7;
const day = 86_400_000;

function rangeOf(input: { from?: string; to?: string }, now: Date): Range {
  const to = input.to ? new Date(input.to) : now;
  const from = input.from ? new Date(input.from) : new Date(Math.max(0, to.getTime() - day));
  const lengthMs = to.getTime() - from.getTime();
  if (lengthMs > 0 && lengthMs <= rangeDaysMax * day) return { from, to };
  throw new AppError('invalid_input', `the range is empty or longer than ${rangeDaysMax} days`, {
    issues: [{ path: 'from', message: 'must be before `to`, and not too long before' }],
  });
}

async function approvals(db: Db, caller: IdentityCaller) {
  const mine = or(eq(request.identityId, caller.id), eq(request.onBehalfOf, caller.id));
  const where = and(eq(request.state, 'pending'), seesEverybody(caller) ? undefined : mine);
  const [row] = await db
    .select({ waiting: sql<number>`count(*)::int`, oldest: min(request.createdAt) })
    .from(request)
    .where(where);
  return { approvalsWaiting: row?.waiting ?? 0, oldestWaitingAt: row?.oldest?.toISOString() ?? null };
}

async function fleet(db: Db, now: Date) {
  const { version } = await currentVersion(db);
  const seenAfter = new Date(now.getTime() - proxyOfflineAfterMs);
  const isOnline = sql`${proxy.lastSeenAt} >= ${seenAfter.toISOString()}::timestamptz`;
  const isBehind = sql`(${proxy.heartbeat}->>'bundleVersion')::int < ${version}`;
  const [row] = await db
    .select({
      proxiesTotal: sql<number>`count(*)::int`,
      proxiesOnline: sql<number>`(count(*) filter (where ${isOnline}))::int`,
      behind: sql<number>`(count(*) filter (where ${isOnline} and ${isBehind}))::int`,
    })
    .from(proxy)
    .where(isNull(proxy.revokedAt));
  return row ?? { proxiesTotal: 0, proxiesOnline: 0, behind: 0 };
}

async function chainIntact(db: Db): Promise<boolean> {
  const faulty = or(sql`${eventSource.brokenSeq} is not null`, sql`${eventSource.fault} is not null`);
  return (await db.select({ id: eventSource.id }).from(eventSource).where(faulty).limit(1)).length === 0;
}

/** Everyday things that are recorded, but are no change to how access is controlled. */
const everyday = [
  'identity.sign_in',
  'identity.sign_out',
  'token.issue',
  'device.start',
  'device.approve',
  'audit.verify',
];

async function recentChanges(db: Db, now: Date) {
  const rows = await db
    .select()
    .from(event)
    .where(
      and(
        eq(event.listed, true),
        eq(event.source, controlSourceId),
        gte(event.time, new Date(now.getTime() - changesDays * day)),
        not(like(event.type, '%.read')),
        not(inArray(event.type, everyday)),
      ),
    )
    .orderBy(desc(event.time), desc(event.source), desc(event.seq))
    .limit(changesMax);
  return rows.map(row => ({
    id: `${row.source}.${row.seq}`,
    time: row.time.toISOString(),
    action: row.type,
    actor: row.actorLogin,
    target:
      row.targetType === null ? null : { type: row.targetType, id: row.targetId ?? '', label: row.targetLabel ?? '' },
  }));
}

async function tops(db: Db, range: Range, visible: SQL | undefined) {
  const { identityId, relations, rows } = statement;
  const latest = db
    .select({ identityId, relations, rows })
    .from(statement)
    .where(and(visible, gte(statement.time, range.from), lt(statement.time, range.to)))
    .orderBy(desc(statement.time))
    .limit(topOfLatest)
    .as('latest');
  const totals = {
    statements: sql<number>`count(*)::int as statements`,
    rows: sql<number>`coalesce(sum(${latest.rows}), 0)::float8`,
  };
  const byIdentity = await db
    .select({ id: latest.identityId, ...totals })
    .from(latest)
    .groupBy(latest.identityId)
    .orderBy(sql`statements desc`)
    .limit(topMax);
  const byTable = await db
    .select({ id: sql<string>`touched.name`, ...totals })
    .from(latest)
    .innerJoin(sql`unnest(${latest.relations}) as touched(name)`, sql`not starts_with(touched.name, ${anySchema})`)
    .groupBy(sql`touched.name`)
    .orderBy(sql`statements desc`)
    .limit(topMax);
  const people = await peopleOf(
    db,
    byIdentity.map(row => row.id),
  );
  return {
    topIdentities: byIdentity.map(row => ({ ...row, label: people.of(row.id).login })),
    topTables: byTable.map(row => ({ ...row, label: row.id })),
  };
}

/** Of sessions whose proxy is not heard from nobody knows whether they still are. */
async function openSessions(db: Db, caller: IdentityCaller, now: Date) {
  const [row] = await db
    .select({
      liveSessions: sql<number>`(count(*) filter (where ${isReported(now)}))::int`,
      unknownSessions: sql<number>`(count(*) filter (where not ${isReported(now)}))::int`,
    })
    .from(session)
    .where(and(isNull(session.endedAt), visibleTo(caller, session)));
  return row ?? { liveSessions: 0, unknownSessions: 0 };
}

async function overview(context: IdentityContext, range: Range) {
  const { db, caller, clock } = context;
  const now = clock.now();
  const seesAll = seesEverybody(caller);
  const visible = visibleTo(caller, statement);
  const counts = (within: Range) => (seesAll ? countsOfAll(db, within) : countsOfOwn(db, within, visible));
  const lengthMs = range.to.getTime() - range.from.getTime();
  const [current, before, waiting, proxies, intact, changes, top, open] = await Promise.all([
    counts(range),
    counts({ from: new Date(range.from.getTime() - lengthMs), to: range.from }),
    approvals(db, caller),
    fleet(db, now),
    chainIntact(db),
    seesAll ? recentChanges(db, now) : [],
    tops(db, range, visible),
    openSessions(db, caller, now),
  ]);
  return {
    from: range.from.toISOString(),
    to: range.to.toISOString(),
    isOwn: !seesAll,
    tiles: {
      ...waiting,
      ...proxies,
      deniedCount: current.denied,
      deniedCountBefore: before.denied,
      mistakeCount: current.mistakes,
      maskedCells: current.maskedCells,
      unmaskedClassified: current.unmasked,
      ...open,
      chainIntact: intact,
    },
    bucketMs: current.bucketMs,
    decisions: current.buckets,
    changes,
    ...top,
  };
}

const get = query({ permission: 'overview:read' })
  .route({ method: 'GET', path: '/overview', tags: ['Overview'], summary: 'What needs attention, and what happened' })
  .input(overviewInputSchema)
  .output(overviewSchema)
  .handler(({ context, input }) => overview(context, rangeOf(input, context.clock.now())));

export const overviewRouter = { get };
