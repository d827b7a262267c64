/** Deciding a request. The row's lock puts parallel decisions in order: one wins, the others are told what happened. */
import 'server-only';
import { and, desc, eq, inArray, not } from 'drizzle-orm';
import type { Tx } from '#db/client.ts';
import { accessGrant, requestEvent, requestVote } from '#db/schema/approvals.ts';
import { identity } from '#db/schema/identity.ts';
import type { AuditEntry } from '#lib/audit/append.ts';
import { isActive } from '#lib/identity/active.ts';
import { peopleOf } from '#lib/identity/people.ts';
import { command } from '#lib/orpc/base.ts';
import type { IdentityCaller } from '#lib/orpc/context.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { publish } from '#lib/transaction.ts';
import { candidatesFor, countVotes, mayVote, type Quorum } from './eligible.ts';
import { windowMinutesOf } from './file.ts';
import { decideInputSchema, decideOutputSchema, exclusionTitle } from './schema.ts';
import { lockRequest, moveRequest, noteRequest, type RequestRow, tellProxy } from './state.ts';
import { maySee } from './visible.ts';

const stateWords: Readonly<Partial<Record<RequestRow['state'], string>>> = {
  executing: 'approved and running',
  done: 'approved and has run',
  failed: 'approved and has failed',
};

/** Says how it ended and who ended it, so that the one who came second need not look. */
async function refuseDecided(tx: Tx, row: RequestRow): Promise<never> {
  if (row.state === 'expired') throw new AppError('conflict', expiredSentence(row));
  if (row.state === 'withdrawn') throw new AppError('conflict', await withdrawnSentence(tx, row));
  const votes = await tx.select().from(requestVote).where(eq(requestVote.requestId, row.id));
  const people = await peopleOf(
    tx,
    votes.map(vote => vote.identityId),
  );
  const by = votes.map(vote => people.of(vote.identityId).login).join(', ');
  const state = stateWords[row.state] ?? row.state;
  throw new AppError('conflict', `the request is ${state} already${by ? `, by ${by}` : ''}`);
}

/** The same for one whose time is over and one of which that is noted already. */
const expiredSentence = (row: RequestRow): string =>
  row.decidedAt === null
    ? 'the request has expired: nobody decided in time. Who made it can make it again'
    : 'the request has expired: it was approved, and not used in time';

async function withdrawnSentence(tx: Tx, row: RequestRow): Promise<string> {
  const where = and(eq(requestEvent.requestId, row.id), eq(requestEvent.type, 'withdrawn'));
  const [last] = await tx.select().from(requestEvent).where(where).orderBy(desc(requestEvent.at)).limit(1);
  if (!last?.actorId) return `the request is withdrawn already${last ? `: ${last.message}` : ''}`;
  return `the request is withdrawn already, by ${(await peopleOf(tx, [last.actorId])).of(last.actorId).login}`;
}

/** What a disabled identity asked for would not run; whoever approved it would be told that it did. */
async function assertStillActive(tx: Tx, row: RequestRow): Promise<void> {
  const ids = [row.identityId, row.onBehalfOf].filter(id => id !== null);
  const inactive = await tx
    .select({ login: identity.login })
    .from(identity)
    .where(and(inArray(identity.id, ids), not(isActive)))
    .limit(1);
  const [found] = inactive;
  if (found)
    throw new AppError(
      'conflict',
      `\`${found.login}\` is disabled: what it asked for cannot be approved. Deny the request, or have the identity enabled first`,
    );
}

async function assertMayVote(tx: Tx, row: RequestRow, caller: IdentityCaller): Promise<void> {
  if (await mayVote(tx, row.id, caller.id)) return;
  const [own] = await candidatesFor(tx, row.id, caller.id);
  const exclusion = own?.exclusion ?? null;
  const why = exclusion === null ? 'no rule of the request names you' : `you ${wordsForYou(exclusion)}`;
  throw new AppError('forbidden', `you may not decide this request: ${why}`);
}

const yourWords: Partial<Record<keyof typeof exclusionTitle, string>> = {
  requester: 'made it',
  owner_of_agent: 'own the agent that made it',
  acts_for: 'are the person it was made for',
  already_voted: 'have voted already',
  not_permitted: 'lack the permission `approval:decide`',
};
export const wordsForYou = (exclusion: keyof typeof exclusionTitle): string =>
  yourWords[exclusion] ?? exclusionTitle[exclusion];

type Vote = { verdict: 'approve' | 'deny'; reason: string; at: Date };

async function approve(tx: Tx, row: RequestRow, by: IdentityCaller, { reason, at }: Vote): Promise<RequestRow> {
  // A session that waits runs it at once, for as long as it takes; any other comes back for it within the window.
  const isClaimed = row.kind === 'statement' && !row.waiting;
  const usableUntil = isClaimed ? new Date(at.getTime() + windowMinutesOf(row.needs) * 60_000) : null;
  const approved = await moveRequest(tx, row, 'approved', {
    at,
    actorId: by.id,
    message: 'approved',
    reason,
    changes: { decidedAt: at, usableUntil },
  });
  if (row.kind === 'access') await startGrant(tx, approved, by, at);
  const votes = await tx.select().from(requestVote).where(eq(requestVote.requestId, row.id)).orderBy(requestVote.at);
  const people = await peopleOf(
    tx,
    votes.map(vote => vote.identityId),
  );
  const logins = votes.map(vote => people.of(vote.identityId).login);
  tellProxy(tx, row, {
    outcome: 'approved',
    by: logins,
    reason: votes
      .map(vote => vote.reason)
      .join('\n')
      .slice(0, 2000),
  });
  return approved;
}

async function startGrant(tx: Tx, row: RequestRow, by: IdentityCaller, at: Date): Promise<void> {
  const expiresAt = new Date(at.getTime() + (row.durationMinutes ?? 0) * 60_000);
  await tx.insert(accessGrant).values({
    requestId: row.id,
    identityId: row.identityId,
    connectionId: row.connectionId,
    startsAt: at,
    expiresAt,
  });
  await noteRequest(tx, row, 'granted', { at, actorId: by.id, message: `until ${expiresAt.toISOString()}` });
  publish(tx, { topic: 'bundle', key: '', payload: { reason: 'grant' } });
}

async function deny(tx: Tx, row: RequestRow, by: IdentityCaller, { reason, at }: Vote): Promise<RequestRow> {
  const moment = { at, actorId: by.id, message: 'denied', reason, changes: { decidedAt: at } };
  const denied = await moveRequest(tx, row, 'denied', moment);
  tellProxy(tx, row, { outcome: 'denied', by: [by.login], reason });
  return denied;
}

async function castVote(
  tx: Tx,
  row: RequestRow,
  by: IdentityCaller,
  vote: Vote,
): Promise<{ after: RequestRow; quorum: Quorum }> {
  await tx.insert(requestVote).values({ requestId: row.id, identityId: by.id, ...vote });
  const quorum = await countVotes(tx, row);
  if (vote.verdict === 'deny') return { after: await deny(tx, row, by, vote), quorum };
  if (quorum.met) return { after: await approve(tx, row, by, vote), quorum };
  const message = `approved: ${quorum.approved} of ${quorum.needed}`;
  await noteRequest(tx, row, 'voted', { at: vote.at, actorId: by.id, message, reason: vote.reason });
  return { after: row, quorum };
}

export const decideRequest = command({ permission: 'approval:decide' })
  .route({
    method: 'POST',
    path: '/requests/{id}/decisions',
    tags: ['Approvals'],
    summary: 'Approve or deny a request',
  })
  .input(decideInputSchema)
  .output(decideOutputSchema)
  .handler(async ({ context: { tx, clock, caller }, input }) => {
    const row = await lockRequest(tx, input.id);
    if (!row || !(await maySee(tx, row.id, caller))) throw notFound('request');
    if (row.state !== 'pending') await refuseDecided(tx, row);
    const at = clock.now();
    if (row.expiresAt <= at) throw new AppError('conflict', expiredSentence(row));
    await assertMayVote(tx, row, caller);
    const { verdict, reason } = input;
    if (verdict === 'approve') await assertStillActive(tx, row);
    const { after, quorum } = await castVote(tx, row, caller, { verdict, reason, at });
    const audit: AuditEntry = {
      action: verdict === 'approve' ? 'request.approve' : 'request.deny',
      target: { type: 'request', id: row.id, label: row.summary.slice(0, 300) },
      before: { state: row.state },
      after: { state: after.state, votes: quorum.approved, needed: quorum.needed, hash: row.hash, rule: row.rule },
      reason,
    };
    return {
      result: { id: row.id, state: after.state, votes: { approved: quorum.approved, needed: quorum.needed } },
      audit,
    };
  });
