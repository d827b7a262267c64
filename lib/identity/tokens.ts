/** Tokens for signing in to a proxy: issued to oneself, or to one's own agents and service accounts; verified offline, revocable. */
import 'server-only';
import { randomUUID } from 'node:crypto';
import { and, desc, eq, gt, inArray, isNotNull, isNull, lt, lte, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { issueToken } from '#core/identity/token.ts';
import type { Db, Tx } from '#db/client.ts';
import { clientToken, identity } from '#db/schema/identity.ts';
import { installationKeys } from '#lib/keys.ts';
import { command, query } from '#lib/orpc/base.ts';
import type { IdentityCaller } from '#lib/orpc/context.ts';
import { contains, decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { publish } from '#lib/transaction.ts';
import { peopleOf } from './people.ts';
import {
  doneSchema,
  type TokenView,
  tokenIssueInputSchema,
  tokenIssueOutputSchema,
  tokenListInputSchema,
  tokenListOutputSchema,
  tokenRevokeInputSchema,
} from './schema.ts';

/** Unexpired and unrevoked, per identity. Bundles carry revoked ones, so there must not be any number of them. */
export const activeTokensMax = 200;

type Subject = { id: string; login: string };

/**
 * The caller, or an enabled agent or service account that answers to the caller. Anybody else's does not exist here. Locked, so that
 * who is disabled or gets another owner at this moment keeps nothing that is not revoked with the rest.
 */
export async function subjectOf(tx: Tx, caller: IdentityCaller, identityId = caller.id): Promise<Subject> {
  const rows = await tx
    .select()
    .from(identity)
    .where(inArray(identity.id, [identityId, caller.id]))
    .orderBy(identity.id)
    .for('key share');
  const row = rows.find(each => each.id === identityId);
  if (!row || (row.id !== caller.id && row.ownerId !== caller.id)) throw notFound('identity');
  if (rows.some(each => !each.enabled)) throw new AppError('conflict', 'this identity is disabled');
  return { id: row.id, login: row.login };
}

export type Issuing = {
  subject: Subject;
  issuedBy: string;
  onBehalfOf?: string;
  connections?: readonly string[];
  ttlMinutes: number;
  channel: 'console' | 'device' | 'api';
  now: Date;
};

/** Records what the token says and signs it. The token itself is returned and nowhere kept. */
export async function issueClientToken(on: { db: Db; tx: Tx }, issuing: Issuing) {
  const { subject, issuedBy, onBehalfOf, channel, now } = issuing;
  const isActive = and(
    eq(clientToken.identityId, subject.id),
    isNull(clientToken.revokedAt),
    gt(clientToken.expiresAt, now),
  );
  if ((await on.tx.$count(clientToken, isActive)) >= activeTokensMax)
    throw new AppError('conflict', `there are ${activeTokensMax} active tokens already, revoke some first`);
  const jti = randomUUID();
  const iat = Math.floor(now.getTime() / 1000);
  const exp = iat + issuing.ttlMinutes * 60;
  const connections = issuing.connections ? [...issuing.connections] : undefined;
  const claims = { sub: subject.id, login: subject.login, jti, iat, exp, connections, on_behalf_of: onBehalfOf };
  const token = await issueToken(claims, (await installationKeys(on.db)).token);
  const expiresAt = new Date(exp * 1000);
  const row = { jti, identityId: subject.id, issuedBy, onBehalfOf, connections, channel, issuedAt: now, expiresAt };
  await on.tx.insert(clientToken).values(row);
  return { token, jti, login: subject.login, expiresAt: expiresAt.toISOString() };
}

const issue = command({ permission: 'token:issue', shownOnce: true })
  .route({ method: 'POST', path: '/tokens', tags: ['Identity'], summary: 'Issue a token for signing in to a proxy' })
  .input(tokenIssueInputSchema)
  .output(tokenIssueOutputSchema)
  .handler(async ({ context: { tx, db, caller, clock }, input }) => {
    const { connections, ttlMinutes, onBehalfOf } = input;
    const subject = await subjectOf(tx, caller, input.identityId);
    // Acting for a person takes that person's word, and the caller is the only one who gave it.
    if (onBehalfOf !== undefined && (onBehalfOf !== caller.id || subject.id === caller.id))
      throw new AppError('invalid_input', 'your agents can act on behalf of you, and of nobody else', {
        issues: [{ path: 'onBehalfOf', message: 'must be yourself, for one of your agents' }],
      });
    const channel = caller.apiTokenId === null ? ('console' as const) : ('api' as const);
    const issuing = { subject, issuedBy: caller.id, onBehalfOf, connections, ttlMinutes, channel, now: clock.now() };
    const result = await issueClientToken({ db, tx }, issuing);
    const target = { type: 'client_token', id: result.jti, label: subject.login };
    const after = { identity: subject.id, connections: connections ?? null, onBehalfOf, expiresAt: result.expiresAt };
    return { result, audit: { action: 'token.issue', target, before: null, after } };
  });

const cursorKey = z.tuple([z.iso.datetime(), z.uuid()]);

/** One's own and those of one's agents; with `token:revoke` and `all`, everybody's. */
function visibleTo(caller: IdentityCaller, all: boolean | undefined): SQL | undefined {
  if (all && caller.permissions.has('token:revoke')) return undefined;
  const owned = sql`(select ${identity.id} from ${identity} where ${identity.ownerId} = ${caller.id})`;
  return or(eq(clientToken.identityId, caller.id), inArray(clientToken.identityId, owned));
}

const stateOf = (row: { revokedAt: Date | null; expiresAt: Date }, now: Date) =>
  row.revokedAt !== null ? 'revoked' : row.expiresAt <= now ? 'expired' : 'active';

function inState(state: 'active' | 'expired' | 'revoked' | undefined, now: Date): SQL | undefined {
  if (state === 'revoked') return isNotNull(clientToken.revokedAt);
  if (state === 'expired') return and(isNull(clientToken.revokedAt), lte(clientToken.expiresAt, now));
  return state === 'active' ? and(isNull(clientToken.revokedAt), gt(clientToken.expiresAt, now)) : undefined;
}

const list = query({ permission: null })
  .route({ method: 'GET', path: '/tokens', tags: ['Identity'], summary: 'Tokens that were issued' })
  .input(tokenListInputSchema)
  .output(tokenListOutputSchema)
  .handler(async ({ context: { db, caller, clock }, input }) => {
    const now = clock.now();
    const after = decodeCursor(input.cursor, cursorKey);
    const older = after
      ? or(
          lt(clientToken.issuedAt, new Date(after[0])),
          and(eq(clientToken.issuedAt, new Date(after[0])), lt(clientToken.jti, after[1])),
        )
      : undefined;
    const rows = await db
      .select({ token: clientToken })
      .from(clientToken)
      .innerJoin(identity, eq(identity.id, clientToken.identityId))
      .where(
        and(
          visibleTo(caller, input.all),
          inState(input.state, now),
          input.identityId ? eq(clientToken.identityId, input.identityId) : undefined,
          input.q ? or(contains(identity.login, input.q), contains(identity.displayName, input.q)) : undefined,
          older,
        ),
      )
      .orderBy(desc(clientToken.issuedAt), desc(clientToken.jti))
      .limit(input.limit + 1);
    const page = pageOf(rows, input.limit, ({ token }) => [token.issuedAt.toISOString(), token.jti]);
    const tokens = page.items.map(row => row.token);
    const people = await peopleOf(
      db,
      tokens.flatMap(token => [token.identityId, token.issuedBy, token.onBehalfOf]),
    );
    const items = tokens.map(
      (token): TokenView => ({
        jti: token.jti,
        identity: people.of(token.identityId),
        issuedBy: people.maybe(token.issuedBy),
        onBehalfOf: people.maybe(token.onBehalfOf),
        connections: token.connections,
        channel: token.channel,
        issuedAt: token.issuedAt.toISOString(),
        expiresAt: token.expiresAt.toISOString(),
        revokedAt: token.revokedAt?.toISOString() ?? null,
        state: stateOf(token, now),
      }),
    );
    return { items, nextCursor: page.nextCursor };
  });

const revoke = command({ permission: null })
  .route({ method: 'POST', path: '/tokens/{id}/revoke', tags: ['Identity'], summary: 'Revoke a token' })
  .input(tokenRevokeInputSchema)
  .output(doneSchema)
  .handler(async ({ context: { tx, caller, clock }, input }) => {
    const [row] = await tx
      .select()
      .from(clientToken)
      .where(and(eq(clientToken.jti, input.id), visibleTo(caller, true)))
      .for('update');
    if (!row) throw notFound('token');
    const now = clock.now();
    if (row.revokedAt === null) {
      await tx.update(clientToken).set({ revokedAt: now, revokedBy: caller.id }).where(eq(clientToken.jti, row.jti));
      publish(tx, { topic: 'bundle', key: '', payload: { reason: 'token' } });
    }
    const people = await peopleOf(tx, [row.identityId]);
    const target = { type: 'client_token', id: row.jti, label: people.of(row.identityId).login };
    const before = { state: stateOf(row, now) };
    return {
      result: { done: true as const },
      audit: { action: 'token.revoke', target, before, after: { state: 'revoked' }, reason: input.reason || null },
    };
  });

export const tokensRouter = { issue, list, revoke };
export { stateOf as tokenStateOf };
