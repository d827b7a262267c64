/** The state of the hash chains, verifying them now, and taking one away to verify it elsewhere. */
import 'server-only';
import { and, asc, eq, gte, lte, sql } from 'drizzle-orm';
import type { Db, Tx } from '#db/client.ts';
import { event, eventSource } from '#db/schema/audit.ts';
import { proxy } from '#db/schema/proxies.ts';
import { command, query } from '#lib/orpc/base.ts';
import { notFound } from '#lib/orpc/error.ts';
import { column, selection, streamExport, streamResponses, streamSchema } from './export.ts';
import { chainExportInputSchema, chainOutputSchema, chainVerifyInputSchema } from './schema.ts';
import { verifyChains } from './verify.ts';

const tags = ['Audit'];

async function chainState(db: Db | Tx) {
  const rows = await db
    .select({ source: eventSource, name: proxy.name })
    .from(eventSource)
    .leftJoin(proxy, eq(proxy.id, eventSource.id))
    .orderBy(asc(eventSource.kind), asc(proxy.name), asc(eventSource.id));
  const sources = rows.map(({ source, name }) => ({
    source: source.id,
    kind: source.kind,
    name: source.kind === 'control' ? 'control plane' : (name ?? source.id),
    lastSeq: source.headSeq,
    lastHash: source.headHash,
    lastTime: source.headTime?.toISOString() ?? null,
    verifiedSeq: source.verifiedSeq,
    verifiedAt: source.verifiedAt?.toISOString() ?? null,
    brokenSeq: source.brokenSeq,
    brokenReason: source.brokenReason,
    walkedSeq: source.walkedSeq,
    walkBeganAt: source.walkBeganAt?.toISOString() ?? null,
    fault: source.fault,
    faults: source.faults,
  }));
  const gaps = sources.filter(source => source.fault?.code === 'gap').length;
  const intact = sources.every(source => source.brokenSeq === null && source.fault === null);
  return { sources, gaps, intact };
}

const get = query({ permission: 'audit:read' })
  .route({ method: 'GET', path: '/audit/chain', tags, summary: 'State of the hash chains' })
  .output(chainOutputSchema)
  .handler(({ context }) => chainState(context.db));

const verify = command({ permission: 'audit:read' })
  .route({
    method: 'POST',
    path: '/audit/chain/verify',
    tags,
    summary: 'Walk over the stored chains from their start, now',
  })
  .input(chainVerifyInputSchema)
  .output(chainOutputSchema)
  .handler(async ({ context: { tx, clock }, input: { source } }) => {
    await verifyChains({ tx, clock }, { only: source, isAsked: true });
    const result = await chainState(tx);
    const target = { type: 'event_source', id: source ?? '', label: source ?? 'all' };
    return { result, audit: { action: 'audit.verify', target, before: null, after: { intact: result.intact } } };
  });

const hex = (name: string, read: typeof event.prev | typeof event.hash) => column(name, sql`encode(${read}, 'hex')`);
const chainColumns = [hex('prev', event.prev), hex('hash', event.hash), column('body', event.body)];

const exportChain = query({ permission: 'audit:export', sensitive: true })
  .route({
    method: 'GET',
    path: '/audit/chain/{source}/export',
    tags,
    summary: 'The events of one chain as they were hashed (NDJSON), to be verified offline',
    spec: operation => ({ ...operation, responses: streamResponses }),
  })
  .input(chainExportInputSchema)
  .output(streamSchema)
  .handler(async ({ context, input: { source, from, to } }) => {
    const [known] = await context.db.select().from(eventSource).where(eq(eventSource.id, source));
    if (!known) throw notFound('chain');
    const rows = context.db
      .select(selection(chainColumns))
      .from(event)
      .where(and(eq(event.source, source), gte(event.seq, from), to ? lte(event.seq, to) : undefined))
      .orderBy(asc(event.seq));
    return streamExport(context, {
      name: `chain-${source.slice(0, 8)}`,
      format: 'ndjson',
      columns: chainColumns,
      query: rows,
    });
  });

export const chainRouter = { get, verify, export: exportChain };
