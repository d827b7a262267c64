/** Connections: the governed databases as people name them. Where they are and how to sign in there stays with the proxies. */
import 'server-only';
import { isDeepStrictEqual } from 'node:util';
import { and, asc, eq, gt, inArray, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { must } from '#core/contract/assert.ts';
import type { Permission } from '#core/identity/role.ts';
import type { Db, Tx } from '#db/client.ts';
import { catalogSnapshot, connection, connectionEndpoint } from '#db/schema/catalog.ts';
import { command, query } from '#lib/orpc/base.ts';
import { expectedVersion } from '#lib/orpc/context.ts';
import { contains, decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { publish } from '#lib/transaction.ts';
import {
  type ConnectionView,
  connectionCreateInputSchema,
  connectionGetInputSchema,
  connectionListInputSchema,
  connectionListOutputSchema,
  connectionUpdateInputSchema,
  connectionViewSchema,
} from './schema.ts';

/** A proxy that has not reported for this long is not offered to people. */
export const endpointFreshMs = 60_000;

type Row = typeof connection.$inferSelect;
type CatalogCounts = { id: string; relations: number; columns: number; classified: number; openSuggestions: number };

async function viewsOf(db: Db | Tx, rows: readonly Row[], now: Date): Promise<ConnectionView[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(row => row.id);
  const [snapshots, counts, endpoints] = await Promise.all([
    db.select().from(catalogSnapshot).where(inArray(catalogSnapshot.connectionId, ids)),
    db.execute<CatalogCounts>(sql`
      select c.id,
        (select count(*)::int from catalog_relation r where r.connection_id = c.id) as relations,
        (select count(*)::int from catalog_column l where l.connection_id = c.id) as columns,
        (select count(*)::int from column_label l where l.connection_id = c.id) as classified,
        (select count(*)::int from suggestion s where s.connection_id = c.id and s.state = 'open') as "openSuggestions"
      from connection c where ${inArray(sql`c.id`, ids)}`),
    db
      .select()
      .from(connectionEndpoint)
      .where(
        and(
          inArray(connectionEndpoint.connectionId, ids),
          gt(connectionEndpoint.seenAt, new Date(now.getTime() - endpointFreshMs)),
        ),
      )
      .orderBy(asc(connectionEndpoint.proxyName)),
  ]);
  return rows.map(row => {
    const snapshot = snapshots.find(each => each.connectionId === row.id);
    const { id: _, ...counted } = must(
      counts.find(each => each.id === row.id),
      'every connection is counted',
    );
    return {
      ...row,
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
      catalog: snapshot
        ? {
            pushedAt: snapshot.pushedAt.toISOString(),
            database: snapshot.database,
            serverVersion: snapshot.serverVersion,
            ...counted,
          }
        : null,
      proxies: endpoints
        .filter(each => each.connectionId === row.id)
        .map(({ proxyId, proxyName, listen, tls, reachable, message }) => ({
          id: proxyId,
          name: proxyName,
          listen,
          tls,
          reachable,
          message,
        })),
    };
  });
}

const listConnections = query({ permission: 'connection:read' })
  .route({ method: 'GET', path: '/connections', tags: ['Catalog'], summary: 'List connections' })
  .input(connectionListInputSchema)
  .output(connectionListOutputSchema)
  .handler(async ({ context: { db, clock }, input }) => {
    const after = decodeCursor(input.cursor, z.tuple([z.string()]));
    const rows = await db
      .select()
      .from(connection)
      .where(
        and(
          after ? gt(connection.name, after[0]) : undefined,
          input.environment ? eq(connection.environment, input.environment) : undefined,
          input.q ? or(contains(connection.name, input.q), contains(connection.description, input.q)) : undefined,
        ),
      )
      .orderBy(asc(connection.name))
      .limit(input.limit + 1);
    const page = pageOf(rows, input.limit, row => [row.name]);
    return { items: await viewsOf(db, page.items, clock.now()), nextCursor: page.nextCursor };
  });

const getConnection = query({ permission: 'connection:read' })
  .route({ method: 'GET', path: '/connections/{id}', tags: ['Catalog'], summary: 'Read one connection' })
  .input(connectionGetInputSchema)
  .output(connectionViewSchema)
  .handler(async ({ context: { db, clock }, input }) => {
    const rows = await db.select().from(connection).where(eq(connection.id, input.id));
    const [view] = await viewsOf(db, rows, clock.now());
    if (!view) throw notFound('connection');
    return view;
  });

/** What the log keeps of a connection. */
const audited = ({ name, environment, region, tags, description }: Row) => ({
  name,
  environment,
  region,
  tags,
  description,
});

const nameTaken = (name: string) => new AppError('conflict', `there is a connection \`${name}\` already`);

async function assertNameFree(tx: Tx, name: string): Promise<void> {
  const [taken] = await tx.select({ id: connection.id }).from(connection).where(eq(connection.name, name));
  if (taken) throw nameTaken(name);
}

/** Policies select connections by these: who changes them changes what policies say of the connection. */
const selecting = ['name', 'environment', 'tags'] as const;

function assertMayMove(
  permissions: ReadonlySet<Permission>,
  before: Row,
  changes: Partial<Pick<Row, (typeof selecting)[number]>>,
): void {
  if (permissions.has('policy:write')) return;
  const moved = selecting.filter(
    field => changes[field] !== undefined && !isDeepStrictEqual(changes[field], before[field]),
  );
  if (moved.length === 0) return;
  throw new AppError(
    'forbidden',
    `policies select connections by ${moved.join(' and ')}, so changing that needs the permission \`policy:write\``,
    { permission: 'policy:write' },
  );
}

const createConnection = command({ permission: 'connection:write' })
  .route({ method: 'POST', path: '/connections', tags: ['Catalog'], summary: 'Add a connection' })
  .input(connectionCreateInputSchema)
  .output(connectionViewSchema)
  .handler(async ({ context: { tx, clock }, input }) => {
    const now = clock.now();
    const [row] = await tx
      .insert(connection)
      .values({ ...input, createdAt: now, updatedAt: now })
      .onConflictDoNothing()
      .returning();
    if (!row) throw nameTaken(input.name);
    publish(tx, { topic: 'bundle', key: '', payload: { reason: 'connection' } });
    const [view] = await viewsOf(tx, [row], now);
    return {
      result: must(view, 'one row gives one view'),
      audit: {
        action: 'connection.create',
        target: { type: 'connection', id: row.id, label: row.name },
        before: null,
        after: audited(row),
      },
    };
  });

const updateConnection = command({ permission: 'connection:write' })
  .route({ method: 'PATCH', path: '/connections/{id}', tags: ['Catalog'], summary: 'Change a connection' })
  .input(connectionUpdateInputSchema)
  .output(connectionViewSchema)
  .handler(async ({ context, input }) => {
    const { tx, clock } = context;
    const { id, expectedVersion: _, ...changes } = input;
    const [before] = await tx.select().from(connection).where(eq(connection.id, id)).for('update');
    if (!before) throw notFound('connection');
    if (before.version !== expectedVersion(context, input))
      throw new AppError('precondition_failed', 'the connection was changed in the meantime', {
        currentVersion: before.version,
      });
    assertMayMove(context.caller.permissions, before, changes);
    if (changes.name !== undefined && changes.name !== before.name) await assertNameFree(tx, changes.name);
    const now = clock.now();
    const [after] = await tx
      .update(connection)
      .set({ ...changes, version: before.version + 1, updatedAt: now })
      .where(eq(connection.id, id))
      .returning();
    const row = must(after, 'the row is locked');
    publish(tx, { topic: 'bundle', key: '', payload: { reason: 'connection' } });
    const [view] = await viewsOf(tx, [row], now);
    return {
      result: must(view, 'one row gives one view'),
      audit: {
        action: 'connection.update',
        target: { type: 'connection', id, label: row.name },
        before: audited(before),
        after: audited(row),
      },
    };
  });

export const connections = {
  list: listConnections,
  get: getConnection,
  create: createConnection,
  update: updateConnection,
};

/** Replaces what one proxy serves. Part of its heartbeat. */
export async function storeEndpoints(
  tx: Tx,
  proxy: { id: string; name: string; listen: string; tls: boolean; at: Date },
  serves: readonly { connectionId: string; reachable: boolean; message: string | null }[],
): Promise<void> {
  await tx.delete(connectionEndpoint).where(eq(connectionEndpoint.proxyId, proxy.id));
  if (serves.length === 0) return;
  const known = await tx
    .select({ id: connection.id })
    .from(connection)
    .where(
      inArray(
        connection.id,
        serves.map(each => each.connectionId),
      ),
    );
  const values = serves
    .filter(each => known.some(row => row.id === each.connectionId))
    .map(({ connectionId, reachable, message }) => ({
      connectionId,
      proxyId: proxy.id,
      proxyName: proxy.name,
      listen: proxy.listen,
      tls: proxy.tls,
      reachable,
      message,
      seenAt: proxy.at,
    }));
  if (values.length > 0) await tx.insert(connectionEndpoint).values(values).onConflictDoNothing();
}
