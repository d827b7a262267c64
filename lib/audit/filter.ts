/**
 * Filters of sessions and statements as SQL. Texts are matched on distinct shapes first: what few shapes match is found
 * through the shapes' own index, what many match is found walking back in time. Measured: either alone takes seconds on the
 * other's case.
 */
import 'server-only';
import { and, eq, gte, ilike, inArray, isNotNull, isNull, lt, ne, not, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { nameStates, rightsState, type Tally } from '#core/event/tally.ts';
import type { DetectorKind } from '#core/mask/detectors/kinds.ts';
import { qualifiedName, quotedPart, splitQualified } from '#core/policy/match.ts';
import type { Db } from '#db/client.ts';
import { session, statement, statementText } from '#db/schema/audit.ts';
import { connection } from '#db/schema/catalog.ts';
import { identity } from '#db/schema/identity.ts';
import { contains } from '#lib/orpc/cursor.ts';
import { isReported } from './contact.ts';
import { anySchema } from './project.ts';
import { lostReason } from './project-store.ts';
import type { SessionView } from './schema.ts';

export type StatementFilter = {
  q?: string;
  table?: string;
  identity?: string;
  decision?: readonly Tally[];
  connection?: string;
  label?: string;
  kind?: string;
  hazard?: string;
  detected?: readonly DetectorKind[];
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

const hasText = (q: string): SQL =>
  sql`exists (select 1 from ${statementText} where ${statementText.hash} = ${statement.textHash} and ${matchesText(q)})`;

async function textCondition(db: Db, q: string): Promise<SQL> {
  const shapes = await rareShapes(db, q);
  return shapes === null ? hasText(q) : oneOf(statement.textHash, shapes);
}

/** Matches up to which it pays to collect their sessions, rather than to look at one session after another. */
export const collectedMax = 20_000;

async function areFew(db: Db, table: typeof session | typeof statement, where: SQL | undefined): Promise<boolean> {
  const some = db
    .select({ one: sql`1`.as('one') })
    .from(table)
    .where(where)
    .limit(collectedMax + 1)
    .as('some');
  return (await db.$count(some)) <= collectedMax;
}

/** `schema.relation`, else a relation's own name; either as SQL writes it, or as it is. */
function touches(table: string): SQL | undefined {
  const parts = splitQualified(table);
  const names = [parts && qualifiedName(...parts), parts === null ? table : null, quotedPart(table)];
  const [inSchema, asWritten, asIs] = names;
  return or(
    inSchema ? holds(statement.relations, inSchema) : undefined,
    asWritten ? holds(statement.relations, `${anySchema}${asWritten}`) : undefined,
    asIs && asIs !== asWritten ? holds(statement.relations, `${anySchema}${asIs}`) : undefined,
  );
}
const holds = (column: SQL | { getSQL(): SQL }, value: string): SQL => sql`${column} @> array[${value}]::text[]`;

async function byIdentity(db: Db, table: typeof session | typeof statement, text: string): Promise<SQL | undefined> {
  const ids = await identitiesLike(db, text);
  return ids.length === 0 ? nothing : or(inArray(table.identityId, ids), inArray(table.onBehalfOfId, ids));
}

/** The first half is what its own index is for: few statements have any. */
const found = (detector: DetectorKind): SQL =>
  sql`(${statement.detected} is not null and ${statement.detected} @> jsonb_build_array(jsonb_build_object('detector', ${detector}::text)))`;

const isMistake = sql`(${statement.effect} = 'deny' and ${statement.outcome} = 'refused' and ${statement.sqlstate} <> ${rightsState}
  and (starts_with(${statement.sqlstate}, '42') or ${inArray(statement.sqlstate, [...nameStates])})) is true`;

/** As `tallyOf` says it. */
export const tally = sql<Tally>`case when ${isMistake} then 'mistake' else ${statement.effect} end`;

/** By the decision first, which has an index; what is denied is then of the one kind or of the other. */
export function talliedAs(wanted: readonly Tally[]): SQL | undefined {
  const effects = [...new Set(wanted.map(each => (each === 'mistake' ? 'deny' : each)))];
  const decided = inArray(statement.effect, effects);
  if (!wanted.includes('mistake')) return wanted.includes('deny') ? and(decided, not(isMistake)) : decided;
  return wanted.includes('deny') ? decided : and(decided, or(ne(statement.effect, 'deny'), isMistake));
}

/** What says something about the statement itself, and therefore also which sessions have one like it. */
async function ownConditions(db: Db, filter: StatementFilter): Promise<(SQL | undefined)[]> {
  return [
    filter.q ? await textCondition(db, filter.q) : undefined,
    filter.table ? touches(filter.table) : undefined,
    filter.label ? holds(statement.labels, filter.label) : undefined,
    filter.decision ? talliedAs(filter.decision) : undefined,
    filter.kind ? holds(statement.kinds, filter.kind) : undefined,
    filter.hazard ? holds(statement.hazards, filter.hazard) : undefined,
    filter.detected ? or(...filter.detected.map(found)) : undefined,
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

/**
 * Whether what is asked for about objects is rare: then it is found through their own index. The planner believes every object to
 * be about as common, and would walk back in time through the whole log for the few statements there are.
 */
export async function isAboutRareObjects(db: Db, { table, label }: StatementFilter): Promise<boolean> {
  const objects = and(...(await ownConditions(db, { table, label })));
  return objects !== undefined && (await areFew(db, statement, objects));
}

export type SessionFilter = Pick<
  StatementFilter,
  'q' | 'table' | 'identity' | 'decision' | 'connection' | 'label' | 'from' | 'to'
> & { proxy?: string; state?: readonly SessionView['state'][]; live?: boolean };

/** Asked of each session in turn, newest first: not `exists`, which the planner may answer for all sessions at once instead. */
const oneByOne = (where: SQL | undefined): SQL =>
  sql`coalesce((select true from ${statement} where ${and(eq(statement.sessionId, session.id), where)} limit 1), false)`;

const sessionsWith = (where: SQL | undefined): SQL =>
  sql`${session.id} in (select ${statement.sessionId} from ${statement} where ${where})`;

/** Sessions that have one statement for which all of this holds. */
async function havingStatement(db: Db, { table, decision, label }: SessionFilter): Promise<SQL | undefined> {
  const conditions = and(...(await ownConditions(db, { table, decision, label })));
  return conditions ? sessionsWith(conditions) : undefined;
}

/** Whose session it is, or where, by part of a login or of a connection's name. */
async function nameMatches(db: Db, q: string): Promise<SQL | undefined> {
  const named = await db
    .select({ id: connection.id })
    .from(connection)
    .where(contains(connection.name, q))
    .limit(resolvedMax);
  const places = named.map(row => row.id);
  const people = await identitiesLike(db, q);
  return or(
    people.length > 0 ? or(inArray(session.identityId, people), inArray(session.onBehalfOfId, people)) : undefined,
    places.length > 0 ? inArray(session.connectionId, places) : undefined,
  );
}

/**
 * Sessions of which the text says something: by name, or by one statement with it that also is what else is asked for. Few
 * matches are collected through their indexes; many are found soon by walking back in time.
 */
async function textMatches(db: Db, filter: SessionFilter & { q: string }): Promise<SQL | undefined> {
  const { q, table, decision, label } = filter;
  const others = and(...(await ownConditions(db, { table, decision, label })));
  const shapes = await rareShapes(db, q);
  const inText = shapes === null ? hasText(q) : oneOf(statement.textHash, shapes);
  const names = await nameMatches(db, q);
  const byName = and(names, names && others ? sessionsWith(others) : undefined);
  const fewTexts = shapes !== null && (shapes.length === 0 || (await areFew(db, statement, inText)));
  if (!fewTexts || (names && !(await areFew(db, session, names)))) return or(oneByOne(and(inText, others)), byName);
  const texts = sql`select ${statement.sessionId} from ${statement} where ${and(inText, others)}`;
  if (!byName) return sql`${session.id} in (${texts})`;
  return sql`${session.id} in (${texts} union all select ${session.id} from ${session} where ${byName})`;
}

const stateIs = (state: SessionView['state'], now: Date): SQL | undefined => {
  const isOpen = isNull(session.endedAt);
  if (state === 'live') return and(isOpen, isReported(now));
  if (state === 'unknown') return and(isOpen, not(isReported(now)));
  const isLost = sql`${session.endReason} is not distinct from ${lostReason}`;
  return and(isNotNull(session.endedAt), state === 'lost' ? isLost : not(isLost));
};

/** `live` is in words what `state` is in general. */
function statesOf({ live, state }: SessionFilter, now: Date): SQL | undefined {
  const either = (states: readonly SessionView['state'][]) => or(...states.map(each => stateIs(each, now)));
  const asLive = live === undefined ? undefined : either(live ? ['live'] : ['ended', 'lost']);
  return and(asLive, state && either(state));
}

export async function sessionConditions(db: Db, filter: SessionFilter, now: Date): Promise<SQL | undefined> {
  return and(
    filter.q === undefined ? await havingStatement(db, filter) : await textMatches(db, { ...filter, q: filter.q }),
    filter.identity ? await byIdentity(db, session, filter.identity) : undefined,
    filter.connection ? oneOf(session.connectionId, await connectionsNamed(db, filter.connection)) : undefined,
    filter.proxy ? eq(session.proxyId, filter.proxy) : undefined,
    statesOf(filter, now),
    filter.from ? gte(session.startedAt, new Date(filter.from)) : undefined,
    filter.to ? lt(session.startedAt, new Date(filter.to)) : undefined,
  );
}
