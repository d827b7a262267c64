/** Reads sessions and statements with what they are shown with, and turns the rows into views. */
import 'server-only';
import { and, desc, eq, lt, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { tallyOf } from '#core/event/tally.ts';
import type { Db } from '#db/client.ts';
import { session, statement, statementText } from '#db/schema/audit.ts';
import type { Silence } from './contact.ts';
import { anySchema } from './project.ts';
import { lostReason } from './project-store.ts';
import type { SessionView, StatementView } from './schema.ts';

export const listTextMax = 2000;

export type SessionRow = typeof session.$inferSelect;

export const actorOf = (row: SessionRow): SessionView['identity'] => ({
  id: row.identityId,
  kind: row.identityKind,
  login: row.login,
  onBehalfOf: row.onBehalfOfId ? { id: row.onBehalfOfId, login: row.onBehalfOfLogin ?? 'unknown' } : null,
});

function stateOf(row: SessionRow, silence: Silence): SessionView['state'] {
  if (row.endedAt === null) return silence.has(row.proxyId) ? 'unknown' : 'live';
  return row.endReason === lostReason ? 'lost' : 'ended';
}

/** Of which proxies the views of these sessions have to know whether they are heard from. */
export const openAt = (rows: readonly SessionRow[]): string[] =>
  rows.filter(row => row.endedAt === null).map(row => row.proxyId);

export const sessionView = (row: SessionRow, silence: Silence): SessionView => ({
  id: row.id,
  identity: actorOf(row),
  connectionId: row.connectionId,
  connection: row.connection,
  proxyId: row.proxyId,
  client: { address: row.clientAddress, port: row.clientPort, application: row.application, tls: row.tls },
  upstreamRole: row.upstreamRole,
  grantId: row.grantId,
  startedAt: row.startedAt.toISOString(),
  activeAt: row.activeAt.toISOString(),
  endedAt: row.endedAt?.toISOString() ?? null,
  endReason: row.endReason,
  state: stateOf(row, silence),
  knownUntil: row.endedAt === null ? (silence.get(row.proxyId)?.toISOString() ?? null) : null,
  statements: row.statements,
  rows: row.rows,
  bytesIn: row.bytesIn,
  bytesOut: row.bytesOut,
  maskedCells: row.maskedCells,
  errors: row.errors,
  decisions: {
    allow: row.allowed,
    mask: row.masked,
    approve: row.held,
    deny: row.denied,
    mistake: row.mistakes,
  },
});

export const sessionCursor = z.tuple([z.iso.datetime(), z.uuid()]);
export type SessionCursor = z.infer<typeof sessionCursor>;

export const olderSessions = ([time, id]: SessionCursor): SQL | undefined =>
  or(lt(session.startedAt, new Date(time)), and(eq(session.startedAt, new Date(time)), lt(session.id, id)));

export const newestSessions = (db: Db, where: SQL | undefined) =>
  db.select().from(session).where(where).orderBy(desc(session.startedAt), desc(session.id));

const statementFields = {
  statement,
  session,
  text: sql<string>`left(${statementText.text}, ${sql.raw(String(listTextMax + 1))})`.as('text'),
};
export type StatementRow = { statement: typeof statement.$inferSelect; session: SessionRow; text: string };

const statements = (db: Db) =>
  db
    .select(statementFields)
    .from(statement)
    .innerJoin(session, eq(session.id, statement.sessionId))
    .innerJoin(statementText, eq(statementText.hash, statement.textHash));

export const statementCursor = z.tuple([z.iso.datetime(), z.uuid(), z.number().int()]);
export type StatementCursor = z.infer<typeof statementCursor>;

export const olderStatements = ([time, id, number]: StatementCursor): SQL =>
  sql`(${statement.time}, ${statement.sessionId}, ${statement.number}) < (${time}::timestamptz, ${id}::uuid, ${number})`;

export const newestStatements = (db: Db, where: SQL | undefined) =>
  statements(db).where(where).orderBy(desc(statement.time), desc(statement.sessionId), desc(statement.number));

/** The same, of few: in the same order, but by an expression that the index on time does not have. */
export const newestOfFewStatements = (db: Db, where: SQL | undefined) =>
  statements(db)
    .where(where)
    .orderBy(desc(sql`(${statement.time} + interval '0')`), desc(statement.sessionId), desc(statement.number));

/** In the order they ran. */
export const statementsInOrder = (db: Db, where: SQL | undefined) =>
  statements(db).where(where).orderBy(statement.sessionId, statement.number);

export const statementId = (sessionId: string, number: number): string => `${sessionId}.${number}`;

export function splitStatementId(id: string): { sessionId: string; number: number } {
  const [sessionId = '', number = ''] = id.split('.');
  return { sessionId, number: Number(number) };
}

export function statementView({ statement: row, session: within, text }: StatementRow): StatementView {
  return {
    id: statementId(row.sessionId, row.number),
    sessionId: row.sessionId,
    number: row.number,
    time: row.time.toISOString(),
    identity: actorOf(within),
    connectionId: row.connectionId,
    connection: within.connection,
    text: text.slice(0, listTextMax),
    truncated: text.length > listTextMax,
    effect: row.effect,
    isMistake: tallyOf(row.effect, row.outcome, row.sqlstate) === 'mistake',
    kinds: row.kinds,
    relations: row.relations.filter(name => !name.startsWith(anySchema)),
    labels: row.labels,
    hazards: row.hazards,
    requestId: row.requestId,
    outcome: row.outcome,
    tag: row.tag,
    rows: row.rows,
    bytes: row.bytes,
    maskedCells: row.maskedCells,
    durationUs: row.durationUs,
    sqlstate: row.sqlstate,
    endedBy: row.endedBy,
    detected: row.detected ?? [],
    hasLiterals: row.hasLiterals,
  };
}
