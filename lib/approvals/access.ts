/** Access to connections: asking for it, and what the caller may open now. */
import 'server-only';
import { randomUUID } from 'node:crypto';
import { and, asc, eq, gt, inArray, isNull, or } from 'drizzle-orm';
import { z } from 'zod';
import type { Principal } from '#core/identity/principal.ts';
import type { Connection, Grant } from '#core/policy/bundle.ts';
import { type CompiledSet, compilePolicies } from '#core/policy/compile.ts';
import { mayConnect } from '#core/policy/connect.ts';
import { residual } from '#core/policy/residual.ts';
import type { Db, Tx } from '#db/client.ts';
import { accessGrant, type RequestNeed, request } from '#db/schema/approvals.ts';
import { connection, connectionEndpoint } from '#db/schema/catalog.ts';
import { endpointFreshMs } from '#lib/catalog/connections.ts';
import { command, query } from '#lib/orpc/base.ts';
import type { IdentityCaller } from '#lib/orpc/context.ts';
import { contains, decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { principalOf } from '#lib/policy/principals.ts';
import { currentPolicySet, type PolicySet } from '#lib/policy/set.ts';
import { rightsOf } from '#lib/policy/words.ts';
import {
  accessMineInputSchema,
  accessMineOutputSchema,
  accessRequestInputSchema,
  accessRequestOutputSchema,
} from './schema.ts';
import { noteRequest } from './state.ts';

/** Who decides on access where no policy says it. */
const defaultNeed: RequestNeed = {
  rule: 'default/access',
  approvers: { owners: false, roles: ['reviewer', 'admin'], count: 1, expireMinutes: 24 * 60, windowMinutes: 60 },
  ownerOf: [],
};

/** An approve rule about connecting says who decides; a condition is left to the moment of connecting. */
function accessNeeds(set: CompiledSet, principal: Principal, to: Connection): RequestNeed[] {
  const [side] = residual(set, { principal, onBehalfOf: null, connection: to }).sides;
  const needs = (side?.approve ?? []).flatMap(({ id, rule, observed }): RequestNeed[] => {
    const concerns = rule.actions?.includes('connect') && !rule.objects && !rule.hazards && !observed;
    return concerns && rule.effect === 'approve' ? [{ rule: id, approvers: rule.approvers, ownerOf: [] }] : [];
  });
  return needs.length > 0 ? needs : [defaultNeed];
}

async function grantsOf(db: Db | Tx, identityId: string, now: Date): Promise<Grant[]> {
  const rows = await db
    .select()
    .from(accessGrant)
    .where(and(eq(accessGrant.identityId, identityId), isNull(accessGrant.revokedAt), gt(accessGrant.expiresAt, now)));
  return rows.map(({ id, connectionId, startsAt, expiresAt }) => ({
    id,
    identityId,
    connectionId,
    startsAt: startsAt.getTime(),
    expiresAt: expiresAt.getTime(),
  }));
}

/** The caller, or an agent or service account that answers to the caller. */
async function beneficiaryOf(tx: Tx, caller: IdentityCaller, identityId: string | undefined): Promise<Principal> {
  const found = await principalOf(tx, identityId ?? caller.id);
  if (!found || (found.id !== caller.id && found.ownerId !== caller.id)) throw notFound('identity');
  if (!found.enabled) throw new AppError('identity_disabled', `identity \`${found.login}\` is disabled`);
  return found;
}

async function refuseNeedless(tx: Tx, set: CompiledSet, who: { principal: Principal; to: Connection; now: Date }) {
  const { principal, to, now } = who;
  const grants = await grantsOf(tx, principal.id, now);
  const may = mayConnect(set, { principal, onBehalfOf: null, connection: to }, { grants, nowMs: now.getTime() });
  if (may.ok && may.value.grant === null)
    throw new AppError('conflict', `\`${principal.login}\` has standing access to \`${to.name}\` already`);
  // A deny rule holds against a grant too, so that asking would be in vain.
  if (!may.ok && may.error.detail?.startsWith('rule '))
    throw new AppError('forbidden', `${may.error.message}: ${may.error.detail}`);
}

export const requestAccess = command({ permission: 'access:request' })
  .route({
    method: 'POST',
    path: '/access/requests',
    tags: ['Approvals'],
    summary: 'Ask for access to a connection for some time',
  })
  .input(accessRequestInputSchema)
  .output(accessRequestOutputSchema)
  .handler(async ({ context: { tx, clock, caller }, input }) => {
    const [to] = await tx.select().from(connection).where(eq(connection.id, input.connectionId));
    if (!to) throw notFound('connection');
    const principal = await beneficiaryOf(tx, caller, input.identityId);
    const { policies, version } = await currentPolicySet(tx);
    const set = compilePolicies(policies, version);
    const now = clock.now();
    await refuseNeedless(tx, set, { principal, to, now });
    const needs = accessNeeds(set, principal, to);
    const expireMinutes = Math.min(...needs.map(need => need.approvers.expireMinutes));
    const summary = `${principal.login} asks for ${input.durationMinutes} minutes of access to ${to.name}`;
    const [row] = await tx
      .insert(request)
      .values({
        id: randomUUID(),
        kind: 'access',
        connectionId: to.id,
        identityId: principal.id,
        identityOwnerId: principal.ownerId,
        summary,
        searchText: `${summary}\n${input.reason}`,
        rule: needs[0]?.rule ?? defaultNeed.rule,
        reasons: [],
        needs,
        objects: [],
        createdAt: now,
        expiresAt: new Date(now.getTime() + expireMinutes * 60_000),
        durationMinutes: input.durationMinutes,
        reason: input.reason,
      })
      .onConflictDoNothing()
      .returning();
    if (!row) throw new AppError('conflict', `\`${principal.login}\` has asked for access to \`${to.name}\` already`);
    await noteRequest(tx, row, 'created', {
      at: now,
      actorId: caller.id,
      message: 'asked for access',
      reason: input.reason,
    });
    return {
      result: { id: row.id, state: row.state },
      audit: {
        action: 'access.request',
        target: { type: 'request', id: row.id, label: summary },
        before: null,
        after: { identity: principal.login, connection: to.name, durationMinutes: input.durationMinutes },
        reason: input.reason,
      },
    };
  });

type Page = { principal: Principal; set: PolicySet; now: Date };
type ConnectionRow = typeof connection.$inferSelect;

async function openAccessRequests(db: Db, identityId: string, connectionIds: readonly string[]) {
  return db
    .select({ id: request.id, connectionId: request.connectionId })
    .from(request)
    .where(
      and(
        eq(request.kind, 'access'),
        eq(request.state, 'pending'),
        eq(request.identityId, identityId),
        inArray(request.connectionId, [...connectionIds]),
      ),
    );
}

async function mineOf(db: Db, rows: readonly ConnectionRow[], { principal, set, now }: Page) {
  if (rows.length === 0) return [];
  const ids = rows.map(row => row.id);
  const fresh = new Date(now.getTime() - endpointFreshMs);
  const [grants, pending, endpoints] = await Promise.all([
    grantsOf(db, principal.id, now),
    openAccessRequests(db, principal.id, ids),
    db
      .select()
      .from(connectionEndpoint)
      .where(and(inArray(connectionEndpoint.connectionId, ids), gt(connectionEndpoint.seenAt, fresh))),
  ]);
  const compiled = compilePolicies(set.policies, set.version);
  return rows.map(row => {
    const { id, name, environment, region, description } = row;
    const subject = { principal, onBehalfOf: null, connection: row };
    const may = mayConnect(compiled, subject, { grants, nowMs: now.getTime() });
    const grant = may.ok ? may.value.grant : null;
    const asked = pending.find(each => each.connectionId === id);
    const access = may.ok
      ? grant
        ? ('granted' as const)
        : ('standing' as const)
      : asked
        ? ('requested' as const)
        : ('none' as const);
    return {
      connection: { id, name, environment, region, description },
      access,
      grant: grant && {
        id: grant.id,
        startsAt: new Date(grant.startsAt).toISOString(),
        expiresAt: new Date(grant.expiresAt).toISOString(),
      },
      requestId: asked?.id ?? null,
      rights: rightsOf(set, principal, row),
      endpoints: endpoints
        .filter(each => each.connectionId === id && each.reachable)
        .map(({ proxyName, listen, tls }) => ({ proxy: proxyName, listen, tls })),
    };
  });
}

export const myAccess = query({ permission: 'access:request' })
  .route({
    method: 'GET',
    path: '/connections/mine',
    tags: ['Approvals'],
    summary: 'List connections with what the caller may do on them',
  })
  .input(accessMineInputSchema)
  .output(accessMineOutputSchema)
  .handler(async ({ context: { db, clock, caller }, input }) => {
    const after = decodeCursor(input.cursor, z.tuple([z.string()]));
    const [rows, principal, set] = await Promise.all([
      db
        .select()
        .from(connection)
        .where(
          and(
            after ? gt(connection.name, after[0]) : undefined,
            input.q ? or(contains(connection.name, input.q), contains(connection.description, input.q)) : undefined,
          ),
        )
        .orderBy(asc(connection.name))
        .limit(input.limit + 1),
      principalOf(db, caller.id),
      currentPolicySet(db),
    ]);
    if (principal === null) throw notFound('identity');
    const page = pageOf(rows, input.limit, row => [row.name]);
    return { items: await mineOf(db, page.items, { principal, set, now: clock.now() }), nextCursor: page.nextCursor };
  });
