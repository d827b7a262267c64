/** What proxies ask and report: bundle, events, catalogs, heartbeat. Requests of held statements are in `plane-requests.ts`. */
import 'server-only';
import { eq } from 'drizzle-orm';
import { eventBatchMax } from '#core/contract/proxy.ts';
import type { Db, Sql } from '#db/client.ts';
import { proxy } from '#db/schema/proxies.ts';
import { ingestEvents, parseLines } from '#lib/audit/ingest.ts';
import { storeEndpoints } from '#lib/catalog/connections.ts';
import { inheritLabels } from '#lib/catalog/inherit.ts';
import { takeCatalog } from '#lib/catalog/intake.ts';
import { recordFinds } from '#lib/catalog/suggest-found.ts';
import { recordCopies } from '#lib/lineage/observed.ts';
import { log } from '#lib/log.ts';
import { proxyCommand, proxyOf, proxyQuery } from '#lib/orpc/base.ts';
import type { Clock, ProxyCaller } from '#lib/orpc/context.ts';
import { AppError } from '#lib/orpc/error.ts';
import { poke } from '#lib/outbox/publish.ts';
import { subscribe } from '#lib/outbox/subscribe.ts';
import { publish } from '#lib/transaction.ts';
import { forgetUsedTokens, stillEnrolled } from './authenticate.ts';
import { type CurrentBundle, currentBundle, currentVersion, keepBundle } from './bundle.ts';
import {
  bundleInputSchema,
  bundleOutputSchema,
  catalogPushOutputSchema,
  catalogPushSchema,
  eventsInputSchema,
  eventsOutputSchema,
  heartbeatOutputSchema,
  heartbeatSchema,
} from './schema.ts';

type On = { db: Db; sql: Sql; clock: Clock };

type Waiting = { caller: ProxyCaller; seconds: number; signal?: AbortSignal | undefined };

/** The current bundle as soon as it is another than `etag`, or when the time is over whatever it is then. */
async function bundleOtherThan(on: On, etag: string, { caller, seconds, signal }: Waiting) {
  const timeout = AbortSignal.timeout(seconds * 1000);
  const until = signal ? AbortSignal.any([signal, timeout]) : timeout;
  // Subscribed before looking, so that nothing can happen in between.
  const news = subscribe({ sql: on.sql }, { topics: ['proxies', 'proxy'], key: caller.id, signal: until });
  const waiting = news.next();
  let current: CurrentBundle = await currentBundle(on);
  if (current.etag === etag) {
    await waiting;
    while (current.etag === etag && !until.aborted) {
      current = await currentBundle(on);
      proxyOf(await stillEnrolled(on.db, caller));
      if (current.etag === etag) await news.next();
    }
  }
  void news.return(undefined);
  // It may have been cut off while it waited.
  proxyOf(await stillEnrolled(on.db, caller));
  return current;
}

export const readBundle = proxyQuery()
  .route({
    method: 'GET',
    path: '/proxies/self/bundle',
    tags: ['Data plane'],
    summary: 'Read the signed bundle (ETag, If-None-Match, long poll)',
    inputStructure: 'detailed',
    outputStructure: 'detailed',
  })
  .input(bundleInputSchema)
  .output(bundleOutputSchema)
  .handler(async ({ context: { db, sql, clock, caller }, input: { query, headers }, signal }) => {
    const on = { db, sql, clock };
    keepBundle(on);
    const known = headers['if-none-match'];
    const current =
      known !== undefined && query.wait > 0
        ? await bundleOtherThan(on, known, { caller, seconds: query.wait, signal })
        : await currentBundle(on);
    const { etag, signed } = current;
    return etag === known
      ? { status: 304 as const, headers: { etag } }
      : { status: 200 as const, headers: { etag }, body: signed };
  });

export const pushEvents = proxyQuery()
  .route({
    method: 'POST',
    path: '/proxies/self/events',
    tags: ['Data plane'],
    summary: 'Push events (NDJSON, may be gzipped); repeating a batch stores nothing twice',
  })
  .input(eventsInputSchema)
  .output(eventsOutputSchema)
  .handler(async ({ context: { db, clock, caller }, input }) => {
    if (input.size > eventBatchMax.bytes)
      throw new AppError('payload_too_large', `a batch has at most ${eventBatchMax.bytes} bytes`);
    const text = new TextDecoder('utf-8', { fatal: false }).decode(await input.arrayBuffer());
    const lines = parseLines(text);
    if (lines.length > eventBatchMax.events)
      throw new AppError('payload_too_large', `a batch has at most ${eventBatchMax.events} events`);
    const stored = await ingestEvents({ db, clock }, caller.id, lines);
    if (!stored.ok) throw new AppError(stored.error.code, stored.error.message);
    const { acknowledged, events } = stored.value;
    await inheritLabels({ db, clock }, caller.id, events);
    // The events are stored; what lineage makes of them must not keep the proxy from forgetting them.
    await recordCopies(db, caller.id, events).catch(error => log().warn({ err: error }, 'copies were not recorded'));
    await recordFinds({ db, at: clock.now() }, caller.id, events).catch(error =>
      log().warn({ err: error }, 'finds in values were not recorded'),
    );
    return { acknowledged };
  });

export const pushCatalog = proxyCommand()
  .route({
    method: 'PUT',
    path: '/proxies/self/catalogs/{connectionId}',
    tags: ['Data plane'],
    summary: 'Push what was introspected in a database',
  })
  .input(catalogPushSchema)
  .output(catalogPushOutputSchema)
  .handler(async ({ context: { tx, clock, caller }, input }) => {
    const taken = await takeCatalog(tx, { push: input, proxyId: caller.id, at: clock.now() });
    const { connection, ...result } = taken;
    if (!taken.changed) return { result, audit: null };
    await poke(tx, 'catalog', connection.id);
    publish(tx, { topic: 'bundle', key: '', payload: { reason: 'catalog' } });
    // Estimates move all the time; only what is there is worth an event.
    const moved = [result.relations, result.columns].some(
      ({ added, changed, removed }) => added + changed + removed > 0,
    );
    if (!moved) return { result, audit: null };
    return {
      result,
      audit: {
        action: 'catalog.push',
        target: { type: 'connection', id: connection.id, label: connection.name },
        before: null,
        after: { hash: input.hash, database: input.database, serverVersion: input.serverVersion, ...result },
      },
    };
  });

export const beat = proxyCommand({ ignoresKey: true })
  .route({
    method: 'POST',
    path: '/proxies/self/heartbeat',
    tags: ['Data plane'],
    summary: 'Report being alive, and how',
  })
  .input(heartbeatSchema)
  .output(heartbeatOutputSchema)
  .handler(async ({ context: { tx, db, clock, caller }, input }) => {
    const now = clock.now();
    const { id, name } = caller;
    await tx.update(proxy).set({ lastSeenAt: now, heartbeat: input, version: input.version }).where(eq(proxy.id, id));
    await storeEndpoints(tx, { id, name, listen: input.listen, tls: input.tls, at: now }, input.connections);
    await forgetUsedTokens(db, id, now);
    await poke(tx, 'proxies', id);
    const { version } = await currentVersion(tx);
    return { result: { now: now.getTime(), bundleVersion: version }, audit: null };
  });
