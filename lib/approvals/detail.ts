/** One request with everything a decision needs: who really asked, what happens, who may decide, what could break, what was before. */
import 'server-only';
import { and, asc, desc, eq, inArray, ne, type SQL, sql } from 'drizzle-orm';
import { splitQualified } from '#core/policy/match.ts';
import type { Db, Tx } from '#db/client.ts';
import { accessGrant, request, requestEvent, requestVote } from '#db/schema/approvals.ts';
import { connectionEndpoint } from '#db/schema/catalog.ts';
import { levelOfRank, rankOf } from '#lib/catalog/level.ts';
import { ownersOf } from '#lib/catalog/owners.ts';
import { peopleOf } from '#lib/identity/people.ts';
import { downstreamOf } from '#lib/lineage/downstream.ts';
import { query } from '#lib/orpc/base.ts';
import type { IdentityCaller } from '#lib/orpc/context.ts';
import { notFound } from '#lib/orpc/error.ts';
import { approversWords } from '#lib/policy/words.ts';
import { wordsForYou } from './decide.ts';
import { type Candidate, candidatesFor, countVotes, ownerlessOf, type Quorum } from './eligible.ts';
import { isRequesterSide } from './end.ts';
import { itemsWhere } from './list.ts';
import { type RequestDetail, requestDetailSchema, requestIdInputSchema } from './schema.ts';
import { mayMove, type RequestRow, type TimelineType } from './state.ts';
import { visibleTo } from './visible.ts';

const timelineMax = 200;
const precedentMax = 5;
const objectsMax = 50;

async function proxyName(db: Db | Tx, id: string): Promise<string> {
  const [row] = await db
    .select({ name: connectionEndpoint.proxyName })
    .from(connectionEndpoint)
    .where(eq(connectionEndpoint.proxyId, id))
    .limit(1);
  return row?.name ?? id;
}

async function chainOf(db: Db | Tx, row: RequestRow): Promise<RequestDetail['chain']> {
  const people = await peopleOf(db, [row.identityId, row.onBehalfOf]);
  const requester = people.of(row.identityId);
  const person = people.maybe(row.onBehalfOf);
  const first = person
    ? [{ kind: person.kind, id: person.id, name: person.login, how: 'named by the token as the person it is for' }]
    : [];
  const how = row.kind === 'access' ? 'signed in to the console' : 'signed token, verified by the proxy';
  const proxies =
    row.proxyId === null
      ? []
      : [
          {
            kind: 'proxy' as const,
            id: row.proxyId,
            name: await proxyName(db, row.proxyId),
            how: 'holds the statement',
          },
        ];
  return [...first, { kind: requester.kind, id: requester.id, name: requester.login, how }, ...proxies];
}

type ObjectRow = {
  schema: string;
  name: string;
  oid: number;
  rowsEstimate: number;
  rank: number | null;
  labels: string[];
};

/** The relations involved, with what the catalog knows of them now. */
async function objectsOf(db: Db | Tx, row: RequestRow): Promise<RequestDetail['objectDetails']> {
  const named = row.objects.slice(0, objectsMax).flatMap(object => {
    const parts = splitQualified(object);
    return parts === null ? [] : [{ object, schema: parts[0], name: parts[1] }];
  });
  if (named.length === 0) return [];
  const [found, owners] = await Promise.all([
    db.execute<ObjectRow>(sql`
      select r.schema, r.name, r.oid::float8 as oid, r.rows_estimate as "rowsEstimate",
        max(${rankOf(sql`l.level`)}) as rank,
        coalesce(jsonb_agg(distinct l.label) filter (where l.label is not null), '[]') as labels
      from jsonb_to_recordset(${JSON.stringify(named)}::jsonb) as w(schema text, name text)
      join catalog_relation r on r.connection_id = ${row.connectionId} and r.schema = w.schema and r.name = w.name
      left join column_label l on l.connection_id = r.connection_id and l.relation_oid = r.oid
      group by r.schema, r.name, r.oid, r.rows_estimate`),
    ownersOf(db, row.connectionId),
  ]);
  return named.map(({ object, schema, name }) => {
    const known = found.find(each => each.schema === schema && each.name === name);
    const verbs = (row.facts?.accesses ?? []).filter(access => access.object === object).map(access => access.verb);
    return {
      schema,
      relation: name,
      oid: known?.oid ?? null,
      verbs: [...new Set(verbs)],
      level: levelOfRank(known?.rank),
      labels: known?.labels ?? [],
      owner: owners.of(schema, name)?.owner ?? null,
      rowsEstimate: known?.rowsEstimate ?? null,
    };
  });
}

async function timelineOf(db: Db | Tx, id: string): Promise<RequestDetail['timeline']> {
  const rows = await db
    .select()
    .from(requestEvent)
    .where(eq(requestEvent.requestId, id))
    .orderBy(asc(requestEvent.id))
    .limit(timelineMax);
  const people = await peopleOf(
    db,
    rows.map(row => row.actorId),
  );
  return rows.map(row => ({
    id: String(row.id),
    at: row.at.toISOString(),
    type: row.type as TimelineType,
    actor: people.maybe(row.actorId),
    message: row.message,
    reason: row.reason,
  }));
}

/** What was decided about the same shape of statement, or the same access, before. */
async function precedentOf(db: Db | Tx, row: RequestRow, visible: SQL): Promise<RequestDetail['precedent']> {
  const alike =
    row.kind === 'statement'
      ? eq(request.fingerprint, row.fingerprint ?? '')
      : and(eq(request.kind, 'access'), eq(request.identityId, row.identityId));
  const rows = await db
    .select()
    .from(request)
    .where(
      and(
        alike,
        visible,
        eq(request.connectionId, row.connectionId),
        ne(request.id, row.id),
        ne(request.state, 'pending'),
      ),
    )
    .orderBy(desc(request.createdAt))
    .limit(precedentMax);
  if (rows.length === 0) return [];
  const votes = await db
    .select()
    .from(requestVote)
    .where(
      inArray(
        requestVote.requestId,
        rows.map(each => each.id),
      ),
    )
    .orderBy(asc(requestVote.at));
  const people = await peopleOf(db, [...rows.map(each => each.identityId), ...votes.map(vote => vote.identityId)]);
  return rows.map(each => {
    const cast = votes.filter(vote => vote.requestId === each.id);
    return {
      id: each.id,
      state: each.state,
      createdAt: each.createdAt.toISOString(),
      requester: people.of(each.identityId),
      decidedBy: cast.map(vote => people.of(vote.identityId)),
      reason: cast.at(-1)?.reason ?? null,
    };
  });
}

function statementOf(row: RequestRow): RequestDetail['statement'] {
  if (row.text === null || row.facts === null) return null;
  return {
    text: row.text,
    hasLiterals: row.literals !== null,
    hash: row.hash ?? '',
    fingerprint: row.fingerprint ?? '',
    sessionId: row.sessionId ?? '',
    number: row.statementNumber ?? 0,
    facts: row.facts,
    policyVersion: row.policyVersion ?? 0,
    bundleVersion: row.bundleVersion ?? 0,
    outcome: row.outcome,
  };
}

async function accessOf(db: Db | Tx, row: RequestRow): Promise<RequestDetail['access']> {
  if (row.kind !== 'access') return null;
  const [grant] = await db.select().from(accessGrant).where(eq(accessGrant.requestId, row.id));
  return {
    durationMinutes: row.durationMinutes ?? 0,
    reason: row.reason ?? '',
    grant: grant
      ? {
          id: grant.id,
          startsAt: grant.startsAt.toISOString(),
          expiresAt: grant.expiresAt.toISOString(),
          revokedAt: grant.revokedAt?.toISOString() ?? null,
        }
      : null,
  };
}

async function approversOf(db: Db | Tx, row: RequestRow, found: { candidates: Candidate[]; quorum: Quorum }) {
  const { candidates, quorum } = found;
  const [people, ownerless] = await Promise.all([
    peopleOf(
      db,
      candidates.map(each => each.id),
    ),
    ownerlessOf(db, row.id),
  ]);
  return {
    needs: row.needs.map(({ rule, approvers }, index) => ({
      rule,
      approvers,
      words: approversWords(approvers),
      uncovered: quorum.needs[index]?.uncovered ?? [],
      ownerless: (quorum.needs[index]?.uncovered ?? []).filter(object => ownerless.has(object)),
      approved: quorum.needs[index]?.approved ?? 0,
    })),
    eligible: candidates.filter(each => each.eligible).map(({ id, because }) => ({ identity: people.of(id), because })),
    excluded: candidates.flatMap(({ id, exclusion }) =>
      exclusion === null ? [] : [{ identity: people.of(id), reason: exclusion }],
    ),
  };
}

function viewerOf(
  row: RequestRow,
  caller: IdentityCaller,
  { own, canDecide, now }: { own: Candidate | undefined; canDecide: boolean; now: Date },
): RequestDetail['viewer'] {
  const exclusion = own?.exclusion ?? null;
  const because = () => {
    if (row.state !== 'pending') return `the request is ${row.state}`;
    if (row.expiresAt <= now) return 'the request has expired';
    if (!caller.permissions.has('approval:decide')) return 'you lack the permission `approval:decide`';
    return exclusion === null ? 'no rule of the request names you' : `you ${wordsForYou(exclusion)}`;
  };
  const voted = exclusion === 'already_voted';
  return {
    canDecide,
    cannotDecideBecause: canDecide ? null : because(),
    canWithdraw: row.state === 'pending' && isRequesterSide(row, caller.id),
    canRevoke:
      mayMove(row.state, 'revoked') && caller.permissions.has('approval:decide') && !isRequesterSide(row, caller.id),
    canReadLiterals: row.literals !== null && caller.permissions.has('literals:read') && (canDecide || voted),
  };
}

async function votesOf(db: Db | Tx, id: string): Promise<RequestDetail['voteList']> {
  const rows = await db.select().from(requestVote).where(eq(requestVote.requestId, id)).orderBy(asc(requestVote.at));
  const people = await peopleOf(
    db,
    rows.map(row => row.identityId),
  );
  return rows.map(({ identityId, verdict, reason, at }) => ({
    identity: people.of(identityId),
    verdict,
    reason,
    at: at.toISOString(),
  }));
}

/** Writes count as reaching further; a read alone goes nowhere. */
const isWritten = (row: RequestRow, object: string): boolean =>
  (row.facts?.accesses ?? []).some(access => access.object === object && access.action !== 'read');

async function downstreamOfRequest(db: Db | Tx, row: RequestRow): Promise<RequestDetail['downstream']> {
  if (row.kind !== 'statement') return null;
  const written = row.objects.filter(object => isWritten(row, object));
  const relations = (written.length > 0 ? written : row.objects).slice(0, objectsMax);
  return relations.length === 0 ? null : downstreamOf(db, row.connectionId, { relations, depth: 1 });
}

export const getRequest = query({ permission: 'approval:read' })
  .route({ method: 'GET', path: '/requests/{id}', tags: ['Approvals'], summary: 'Read one request' })
  .input(requestIdInputSchema)
  .output(requestDetailSchema)
  .handler(async ({ context: { db, clock, caller }, input }) => {
    const now = clock.now();
    const where = and(eq(request.id, input.id), visibleTo(caller));
    const [[item], [row]] = await Promise.all([
      itemsWhere(db, where, { caller, now, limit: 1 }),
      db.select().from(request).where(where),
    ]);
    if (!item || !row) throw notFound('request');
    const [candidates, [own], quorum] = await Promise.all([
      candidatesFor(db, row.id),
      candidatesFor(db, row.id, caller.id),
      countVotes(db, row),
    ]);
    const [chain, approvers, access, objectDetails, voteList, downstream, timeline, precedent] = await Promise.all([
      chainOf(db, row),
      approversOf(db, row, { candidates, quorum }),
      accessOf(db, row),
      objectsOf(db, row),
      votesOf(db, row.id),
      downstreamOfRequest(db, row),
      timelineOf(db, row.id),
      precedentOf(db, row, visibleTo(caller)),
    ]);
    return {
      ...item,
      chain,
      statement: statementOf(row),
      access,
      reasons: row.reasons,
      objectDetails,
      classified: row.facts?.classified ?? [],
      approvers,
      voteList,
      impact: row.impact,
      downstream,
      timeline,
      precedent,
      usableUntil: row.usableUntil?.toISOString() ?? null,
      viewer: viewerOf(row, caller, { own, canDecide: item.canDecide, now }),
    };
  });
