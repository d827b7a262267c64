/** The audit log itself: what people did to the control plane, and what proxies say about themselves. */
import 'server-only';
import { and, desc, eq, gte, inArray, like, lt, ne, not, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db } from '#db/client.ts';
import { event } from '#db/schema/audit.ts';
import { identity } from '#db/schema/identity.ts';
import { query } from '#lib/orpc/base.ts';
import { contains, decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { notFound } from '#lib/orpc/error.ts';
import { controlSourceId } from './append.ts';
import { column, integer, selection, streamExport, streamResponses, streamSchema, time } from './export.ts';
import {
  type EventView,
  eventDetailSchema,
  eventExportInputSchema,
  eventFacetsInputSchema,
  eventFacetsOutputSchema,
  eventGetInputSchema,
  eventListInputSchema,
  eventListOutputSchema,
} from './schema.ts';

const tags = ['Audit'];

type Filter = Omit<z.output<typeof eventListInputSchema>, 'cursor' | 'limit'>;
type Row = typeof event.$inferSelect;

/** Exactly the expression of the trigram index. */
const searchable = sql`(${event.type} || ' ' || coalesce(${event.actorLogin}, '') || ' ' || coalesce(${event.targetType}, '') || ' ' || coalesce(${event.targetLabel}, ''))`;

async function byActor(db: Db, text: string): Promise<SQL | undefined> {
  if (z.uuid().safeParse(text).success) return eq(event.actorId, text);
  const rows = await db.select({ id: identity.id }).from(identity).where(contains(identity.login, text)).limit(500);
  const ids = rows.map(row => row.id);
  const named = contains(event.actorLogin, text);
  return ids.length === 0 ? named : or(inArray(event.actorId, ids), named);
}

async function conditions(db: Db, filter: Filter): Promise<SQL | undefined> {
  const { action, source } = filter;
  return and(
    eq(event.listed, true),
    filter.q ? contains(searchable, filter.q) : undefined,
    source === 'control' ? eq(event.source, controlSourceId) : undefined,
    source === 'proxy' ? ne(event.source, controlSourceId) : undefined,
    filter.kind === 'read' ? like(event.type, '%.read') : undefined,
    filter.kind === 'change' ? not(like(event.type, '%.read')) : undefined,
    filter.actor ? await byActor(db, filter.actor) : undefined,
    action?.endsWith('.') ? like(event.type, `${action.replaceAll(/[\\%_]/g, at => `\\${at}`)}%`) : undefined,
    action && !action.endsWith('.') ? eq(event.type, action) : undefined,
    filter.target ? or(eq(event.targetId, filter.target), eq(event.targetType, filter.target)) : undefined,
    filter.from ? gte(event.time, new Date(filter.from)) : undefined,
    filter.to ? lt(event.time, new Date(filter.to)) : undefined,
  );
}

const bodySchema = z.looseObject({
  outcome: z.enum(['ok', 'refused']).catch('ok').default('ok'),
  request: z.object({ via: z.string().nullish(), address: z.string().nullish() }).nullish().catch(null),
  address: z.string().nullish().catch(null),
  reason: z.string().nullish().catch(null),
  message: z.string().nullish().catch(null),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});

/** What cannot be read is shown for what it is; one event must not hide the others. */
function readBody(body: string): z.output<typeof bodySchema> {
  try {
    return bodySchema.parse(JSON.parse(body));
  } catch {
    return bodySchema.parse({ message: 'the content of this event is not readable' });
  }
}

const eventId = (row: Pick<Row, 'source' | 'seq'>): string => `${row.source}.${row.seq}`;

function viewOf(row: Row): EventView {
  const body = readBody(row.body);
  const hasTarget = row.targetType !== null;
  return {
    id: eventId(row),
    source: row.source,
    sourceKind: row.source === controlSourceId ? 'control' : 'proxy',
    seq: row.seq,
    time: row.time.toISOString(),
    action: row.type,
    outcome: row.type === 'session.refused' ? 'refused' : body.outcome,
    actor: { id: row.actorId, login: row.actorLogin },
    target: hasTarget ? { type: row.targetType ?? '', id: row.targetId ?? '', label: row.targetLabel ?? '' } : null,
    sessionId: row.sessionId,
    address: body.request?.address ?? body.address ?? null,
    via: body.request?.via ?? (row.source === controlSourceId ? null : 'proxy'),
    reason: body.reason ?? body.message ?? null,
  };
}

const cursorKey = z.tuple([z.iso.datetime(), z.uuid(), z.number().int()]);

const list = query({ permission: 'audit:read', sensitive: true })
  .route({ method: 'GET', path: '/audit', tags, summary: 'Search the audit log' })
  .input(eventListInputSchema)
  .output(eventListOutputSchema)
  .handler(async ({ context: { db }, input }) => {
    const after = decodeCursor(input.cursor, cursorKey);
    const older = after
      ? sql`(${event.time}, ${event.source}, ${event.seq}) < (${after[0]}::timestamptz, ${after[1]}::uuid, ${after[2]})`
      : undefined;
    const rows = await db
      .select()
      .from(event)
      .where(and(await conditions(db, input), older))
      .orderBy(desc(event.time), desc(event.source), desc(event.seq))
      .limit(input.limit + 1);
    const page = pageOf(rows, input.limit, row => [row.time.toISOString(), row.source, row.seq]);
    return { items: page.items.map(viewOf), nextCursor: page.nextCursor };
  });

const get = query({ permission: 'audit:read' })
  .route({ method: 'GET', path: '/audit/{id}', tags, summary: 'One event with its hashes' })
  .input(eventGetInputSchema)
  .output(eventDetailSchema)
  .handler(async ({ context: { db }, input }) => {
    const [source = '', seq = ''] = input.id.split('.');
    const [row] = await db
      .select()
      .from(event)
      .where(and(eq(event.source, source), eq(event.seq, Number(seq))));
    if (!row) throw notFound('event');
    const { before = null, after = null } = readBody(row.body);
    const { prev, hash, body } = row;
    return { ...viewOf(row), prev, hash, body, before, after, receivedAt: row.receivedAt.toISOString() };
  });

const eventColumns = [
  time('time', event.time),
  column('source', event.source),
  integer('seq', event.seq),
  column('action', event.type),
  column('actor', event.actorLogin),
  column('target_type', event.targetType),
  column('target_id', event.targetId),
  column('target', event.targetLabel),
  column('hash', sql`encode(${event.hash}, 'hex')`),
  column('body', event.body),
];

const exportEvents = query({ permission: 'audit:export', sensitive: true })
  .route({
    method: 'GET',
    path: '/audit/export',
    tags,
    summary: 'Export the audit log',
    spec: operation => ({ ...operation, responses: streamResponses }),
  })
  .input(eventExportInputSchema)
  .output(streamSchema)
  .handler(async ({ context, input }) => {
    const { format, ...filter } = input;
    const rows = context.db
      .select(selection(eventColumns))
      .from(event)
      .where(await conditions(context.db, filter))
      .orderBy(desc(event.time), desc(event.source), desc(event.seq));
    return streamExport(context, { name: 'audit', format, columns: eventColumns, query: rows });
  });

const facetValuesMax = 10;
const facetDaysDefault = 30;

/** Counts are of the latest events in the range, at most this many: all of a long range would take seconds. */
export const facetsOfLatest = 20_000;

type Facets = { actions: unknown; actors: unknown; targets: unknown };
type FacetRow = { facet: keyof Facets | 'all'; value: string | null; count: number };

async function countLatest(db: Db, { from, to }: { from: Date; to: Date | undefined }): Promise<readonly FacetRow[]> {
  const latest = db
    .select({ type: event.type, actor: event.actorLogin, target: event.targetType })
    .from(event)
    .where(and(eq(event.listed, true), gte(event.time, from), to ? lt(event.time, to) : undefined))
    .orderBy(desc(event.time), desc(event.source), desc(event.seq))
    .limit(facetsOfLatest)
    .as('latest');
  const { type, actor, target } = latest;
  return db
    .select({
      facet: sql<FacetRow['facet']>`case grouping(${type}, ${actor}, ${target})
        when 3 then 'actions' when 5 then 'actors' when 6 then 'targets' else 'all' end`,
      value: sql<string | null>`coalesce(${type}, ${actor}, ${target})`,
      count: sql<number>`count(*)::int`,
    })
    .from(latest)
    .groupBy(sql`grouping sets ((${type}), (${actor}), (${target}), ())`);
}

const facets = query({ permission: 'audit:read' })
  .route({ method: 'GET', path: '/audit/facets', tags, summary: 'What there is to filter by, with counts' })
  .input(eventFacetsInputSchema)
  .output(eventFacetsOutputSchema)
  .handler(async ({ context: { db, clock }, input }) => {
    const from = input.from ? new Date(input.from) : new Date(clock.now().getTime() - facetDaysDefault * 86_400_000);
    const to = input.to ? new Date(input.to) : undefined;
    const rows = await countLatest(db, { from, to });
    const top = (name: keyof Facets): z.output<typeof eventFacetsOutputSchema>[keyof Facets] =>
      rows
        .flatMap(row => (row.facet === name && row.value !== null ? [{ value: row.value, count: row.count }] : []))
        .sort((a, b) => b.count - a.count)
        .slice(0, facetValuesMax);
    const counted = rows.find(row => row.facet === 'all')?.count ?? 0;
    return {
      actions: top('actions'),
      actors: top('actors'),
      targets: top('targets'),
      latest: counted < facetsOfLatest ? null : counted,
    };
  });

export const eventsRouter = { list, get, export: exportEvents, facets };
