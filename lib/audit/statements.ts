/** Statements across sessions: search, the whole record of one, and its literals for who may read them. */
import 'server-only';
import { and, eq } from 'drizzle-orm';
import { decodeProtectedHeader } from 'jose';
import { eventSchema, type Sealed } from '#core/event/schema.ts';
import { openContentKey, openSealedFor } from '#core/event/seal.ts';
import type { Db, Tx } from '#db/client.ts';
import { contentKey, event, session, statement, statementText } from '#db/schema/audit.ts';
import { installationKeys } from '#lib/keys.ts';
import { log } from '#lib/log.ts';
import { command, query } from '#lib/orpc/base.ts';
import type { IdentityCaller } from '#lib/orpc/context.ts';
import { decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { isAboutRareObjects, statementConditions } from './filter.ts';
import {
  newestOfFewStatements,
  newestStatements,
  olderStatements,
  splitStatementId,
  statementCursor,
  statementView,
} from './rows.ts';
import {
  revealInputSchema,
  revealOutputSchema,
  statementDetailSchema,
  statementGetInputSchema,
  statementListInputSchema,
  statementListOutputSchema,
} from './schema.ts';
import { visibleTo } from './visible.ts';

const tags = ['Audit'];

const list = query({ permission: 'session:read', sensitive: true })
  .route({ method: 'GET', path: '/statements', tags, summary: 'Search statements across sessions' })
  .input(statementListInputSchema)
  .output(statementListOutputSchema)
  .handler(async ({ context: { db, caller }, input }) => {
    const after = decodeCursor(input.cursor, statementCursor);
    const older = after ? olderStatements(after) : undefined;
    const where = and(await statementConditions(db, input), visibleTo(caller, statement), older);
    const newest = (await isAboutRareObjects(db, input)) ? newestOfFewStatements : newestStatements;
    const rows = await newest(db, where).limit(input.limit + 1);
    const page = pageOf(rows, input.limit, ({ statement: row }) => [row.time.toISOString(), row.sessionId, row.number]);
    return { items: page.items.map(statementView), nextCursor: page.nextCursor };
  });

/** The row with the event it was projected from. */
async function findStatement(db: Db | Tx, caller: IdentityCaller, id: string) {
  const { sessionId, number } = splitStatementId(id);
  const [row] = await db
    .select({ statement, session, text: statementText.text, hash: event.hash, body: event.body })
    .from(statement)
    .innerJoin(session, eq(session.id, statement.sessionId))
    .innerJoin(statementText, eq(statementText.hash, statement.textHash))
    .innerJoin(event, and(eq(event.source, statement.proxyId), eq(event.seq, statement.seq)))
    .where(and(eq(statement.sessionId, sessionId), eq(statement.number, number), visibleTo(caller, statement)));
  if (!row) throw notFound('statement');
  const recorded = eventSchema.parse(JSON.parse(row.body));
  if (recorded.type !== 'statement.decided') throw new Error(`${id} was projected from a ${recorded.type}`);
  return { ...row, recorded };
}

const get = query({ permission: 'session:read' })
  .route({ method: 'GET', path: '/statements/{id}', tags, summary: 'The whole record of one statement' })
  .input(statementGetInputSchema)
  .output(statementDetailSchema)
  .handler(async ({ context: { db, caller }, input }) => {
    const { recorded, hash, ...row } = await findStatement(db, caller, input.id);
    const { fingerprint, protocol, facts, reasons, policyVersion, bundleVersion, truncated, proxy, seq } = recorded;
    const whole = { text: row.text, truncated };
    const record = { fingerprint, protocol, facts, reasons, policyVersion, bundleVersion };
    return { ...statementView(row), ...whole, ...record, event: { source: proxy, seq, hash } };
  });

type Sealing = { id: string; sealed: Sealed; fingerprint: string };

async function openLiterals(on: { db: Db; tx: Tx }, { id, sealed, fingerprint }: Sealing): Promise<string[]> {
  const unreadable = (problem: string) => {
    log().warn({ statement: id, problem }, 'literals do not open');
    return new AppError('unavailable', 'the literals cannot be opened');
  };
  const [row] = await on.tx.select().from(contentKey).where(eq(contentKey.key, sealed.key));
  if (!row) throw unreadable('the content key is not known');
  const { kid } = decodeProtectedHeader(row.jwe);
  const key = (await installationKeys(on.db)).literalsPrivate.get(kid ?? '');
  if (!key) throw unreadable('sealed to a key that is not ours');
  const opened = await openContentKey(row.jwe, key);
  const literals = opened.ok ? openSealedFor(sealed, opened.value, fingerprint) : opened;
  if (!literals.ok) throw unreadable(literals.error.message);
  return literals.value.literals;
}

const reveal = command({ permission: 'literals:read', shownOnce: true })
  .route({ method: 'POST', path: '/statements/{id}/literals', tags, summary: 'Open the literals of a statement' })
  .input(revealInputSchema)
  .output(revealOutputSchema)
  .handler(async ({ context: { db, tx, caller }, input: { id, reason } }) => {
    const { recorded, session: within } = await findStatement(tx, caller, id);
    const literals =
      recorded.literals === null
        ? []
        : await openLiterals({ db, tx }, { id, sealed: recorded.literals, fingerprint: recorded.fingerprint });
    const target = { type: 'statement', id, label: `${within.login} on ${within.connection}` };
    const after = { count: literals.length };
    return {
      result: { literals },
      audit: { action: 'statement.read_literals', target, before: null, after, reason },
    };
  });

export const statementsRouter = { list, get, reveal };
