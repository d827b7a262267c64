/**
 * Filters of sessions and statements as SQL. Texts are matched on distinct shapes first: what few shapes match is found
 * through the shapes' own index, what many match is found walking back in time. Measured: either alone takes seconds on the
 * other's case.
 */
import 'server-only';
import { and, eq, gte, ilike, inArray, lt, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Effect } from '#core/policy/schema.ts';
import type { Db } from '#db/client.ts';
import { session, statement, statementText } from '#db/schema/audit.ts';
import { connection } from '#db/schema/catalog.ts';
import { identity } from '#db/schema/identity.ts';
import { contains } from '#lib/orpc/cursor.ts';
import { anySchema } from './project.ts';

export type StatementFilter = {
  q?: string;
  table?: string;
  identity?: string;
  decision?: readonly Effect[];
  connection?: string;
  label?: string;
  kind?: string;
  hazard?: string;
  outcome?: readonly string[];
  requestId?: string;
  from?: string;
  to?: string;
};

/** More matching shapes than this are not a rare text. */
export const rareShapesMax = 500;
const resolvedMax = 500;

const isUuid = (text: string): boolean => z.uuid().safeParse(text).success;

async function identitiesLike(db: Db, text: string): Promise<string[]> {
  if (isUuid(text)) return [text];
  const rows = await db
    .select({ id: identity.id })
    .from(identity)
    .where(contains(identity.login, text))
    .limit(resolvedMax);
  return rows.map(row => row.id);
}

async function connectionsNamed(db: Db, text: string): Promise<string[]> {
  if (isUuid(text)) return [text];
  const rows = await db.select({ id: connection.id }).from(connection).where(eq(connection.name, text));
  return rows.map(row => row.id);
}

const literal = (text: string): string => `%${text.replaceAll(/[\\%_]/g, match => `\\${match}`)}%`;
const matchesText = (q: string): SQL => ilike(statementText.text, literal(q));

/** Hashes of the shapes that match, or null when there are too many for that to help. */
async function rareShapes(db: Db, q: string): Promise<string[] | null> {
  const rows = await db
    .select({ hash: statementText.hash })
    .from(statementText)
    .where(matchesText(q))
    .limit(rareShapesMax + 1);
  return rows.length > rareShapesMax ? null : rows.map(row => row.hash);
}

const nothing = sql`false`;
const oneOf = (column: Parameters<typeof inArray>[0], values: readonly unknown[]): SQL =>
  values.length === 0 ? nothing : inArray(column, [...values]);

async function textCondition(db: Db, q: string): Promise<SQL> {
  const shapes = await rareShapes(db, q);
  if (shapes !== null) return oneOf(statement.textHash, shapes);
  return sql`exists (select 1 from ${statementText} where ${statementText.hash} = ${statement.textHash} and ${matchesText(q)})`;
}

const relationName = (table: string): string => (table.includes('.') ? table : `${anySchema}${table}`);
const holds = (column: SQL | { getSQL(): SQL }, value: string): SQL => sql`${column} @> array[${value}]::text[]`;

async function byIdentity(db: Db, table: typeof session | typeof statement, text: string): Promise<SQL | undefined> {
  const ids = await identitiesLike(db, text);
  return ids.length === 0 ? nothing : or(inArray(table.identityId, ids), inArray(table.onBehalfOfId, ids));
}

/** What says something about the statement itself, and therefore also which sessions have one like it. */
async function ownConditions(db: Db, filter: StatementFilter): Promise<(SQL | undefined)[]> {
  return [
    filter.q ? await textCondition(db, filter.q) : undefined,
    filter.table ? holds(statement.relations, relationName(filter.table)) : undefined,
    filter.label ? holds(statement.labels, filter.label) : undefined,
    filter.decision ? inArray(statement.effect, [...filter.decision]) : undefined,
    filter.kind ? holds(statement.kinds, filter.kind) : undefined,
    filter.hazard ? holds(statement.hazards, filter.hazard) : undefined,
    filter.outcome ? inArray(statement.outcome, filter.outcome as ['ok']) : undefined,
    filter.requestId ? eq(statement.requestId, filter.requestId) : undefined,
  ];
}

export async function statementConditions(db: Db, filter: StatementFilter): Promise<SQL | undefined> {
  return and(
    ...(await ownConditions(db, filter)),
    filter.identity ? await byIdentity(db, statement, filter.identity) : undefined,
    filter.connection ? oneOf(statement.connectionId, await connectionsNamed(db, filter.connection)) : undefined,
    filter.from ? gte(statement.time, new Date(filter.from)) : undefined,
    filter.to ? lt(statement.time, new Date(filter.to)) : undefined,
  );
}

export type SessionFilter = Pick<
  StatementFilter,
  'q' | 'table' | 'identity' | 'decision' | 'connection' | 'label' | 'from' | 'to'
> & { proxy?: string; live?: boolean };

/** Sessions that have one statement for which all of this holds, or whose own data matches the text. */
async function havingStatement(db: Db, filter: SessionFilter): Promise<SQL | undefined> {
  const { q, table, decision, label } = filter;
  const others = await ownConditions(db, { table, decision, label });
  const has = (conditions: readonly (SQL | undefined)[]) =>
    sql`${session.id} in (select ${statement.sessionId} from ${statement} where ${and(...conditions)})`;
  const hasOthers = others.some(condition => condition !== undefined);
  if (q === undefined) return hasOthers ? has(others) : undefined;
  const withText = has([await textCondition(db, q), ...others]);
  const own = [session.login, session.onBehalfOfLogin, session.connection, session.application];
  const itself = or(...own.map(column => contains(column, q)));
  return or(withText, hasOthers ? and(itself, has(others)) : itself);
}

export async function sessionConditions(db: Db, filter: SessionFilter): Promise<SQL | undefined> {
  const { live } = filter;
  return and(
    await havingStatement(db, filter),
    filter.identity ? await byIdentity(db, session, filter.identity) : undefined,
    filter.connection ? oneOf(session.connectionId, await connectionsNamed(db, filter.connection)) : undefined,
    filter.proxy ? eq(session.proxyId, filter.proxy) : undefined,
    live === undefined ? undefined : live ? sql`${session.endedAt} is null` : sql`${session.endedAt} is not null`,
    filter.from ? gte(session.startedAt, new Date(filter.from)) : undefined,
    filter.to ? lt(session.startedAt, new Date(filter.to)) : undefined,
  );
}
