/** What a search shows, as a file. */
import 'server-only';
import { and, desc, eq } from 'drizzle-orm';
import type { Detected } from '#core/event/schema.ts';
import { session, statement, statementText } from '#db/schema/audit.ts';
import { query } from '#lib/orpc/base.ts';
import { column, integer, selection, streamExport, streamResponses, streamSchema, time } from './export.ts';
import { sessionConditions, statementConditions, tally } from './filter.ts';
import { anySchema } from './project.ts';
import { sessionExportInputSchema, statementExportInputSchema } from './schema.ts';
import { visibleTo } from './visible.ts';

const spec = <T extends object>(operation: T): T => ({ ...operation, responses: streamResponses });

const sessionColumns = [
  time('started_at', session.startedAt),
  time('ended_at', session.endedAt),
  column('session', session.id),
  column('login', session.login),
  column('kind', session.identityKind),
  column('on_behalf_of', session.onBehalfOfLogin),
  column('connection', session.connection),
  column('address', session.clientAddress),
  column('application', session.application),
  column('tls', session.tls),
  column('upstream_role', session.upstreamRole),
  column('end_reason', session.endReason),
  column('statements', session.statements),
  integer('rows', session.rows),
  integer('bytes_in', session.bytesIn),
  integer('bytes_out', session.bytesOut),
  integer('masked_cells', session.maskedCells),
  column('errors', session.errors),
  column('allowed', session.allowed),
  column('masked', session.masked),
  column('held', session.held),
  column('denied', session.denied),
  column('mistakes', session.mistakes),
  column('proxy', session.proxyId),
];

const sessionsExport = query({ permission: 'audit:export', sensitive: true })
  .route({ method: 'GET', path: '/sessions/export', tags: ['Audit'], summary: 'Export sessions', spec })
  .input(sessionExportInputSchema)
  .output(streamSchema)
  .handler(async ({ context, input }) => {
    const where = and(
      await sessionConditions(context.db, input, context.clock.now()),
      visibleTo(context.caller, session),
    );
    const rows = context.db
      .select(selection(sessionColumns))
      .from(session)
      .where(where)
      .orderBy(desc(session.startedAt), desc(session.id));
    return streamExport(context, { name: 'sessions', format: input.format, columns: sessionColumns, query: rows });
  });

/** Which detector found something where, in how many values. */
function detectedWords(cell: unknown): string[] {
  const found = (typeof cell === 'string' ? JSON.parse(cell) : cell) as Detected[] | null;
  return (found ?? []).map(({ column, output, detector, verdict, values, looked }) => {
    const place = column === null ? `output ${output}` : `${column.schema}.${column.relation}.${column.column}`;
    return `${detector} in ${place}: ${values} of ${looked}, ${verdict === 'mask' ? 'masked' : 'shown'}`;
  });
}

const isQualified = (name: unknown): boolean => !String(name).startsWith(anySchema);

const statementColumns = [
  time('time', statement.time),
  column('session', statement.sessionId),
  column('number', statement.number),
  column('login', session.login),
  column('kind', session.identityKind),
  column('on_behalf_of', session.onBehalfOfLogin),
  column('connection', session.connection),
  column('decision', tally),
  column('text', statementText.text),
  {
    ...column('relations', statement.relations),
    show: (names: unknown) => (Array.isArray(names) ? names.filter(isQualified) : names),
  },
  column('labels', statement.labels),
  column('hazards', statement.hazards),
  column('request', statement.requestId),
  column('policy_version', statement.policyVersion),
  column('outcome', statement.outcome),
  column('tag', statement.tag),
  integer('rows', statement.rows),
  integer('bytes', statement.bytes),
  integer('masked_cells', statement.maskedCells),
  integer('duration_us', statement.durationUs),
  {
    ...column('detected', statement.detected),
    show: detectedWords,
  },
  column('sqlstate', statement.sqlstate),
  column('proxy', statement.proxyId),
  integer('seq', statement.seq),
];

const statementsExport = query({ permission: 'audit:export', sensitive: true })
  .route({ method: 'GET', path: '/statements/export', tags: ['Audit'], summary: 'Export statements', spec })
  .input(statementExportInputSchema)
  .output(streamSchema)
  .handler(async ({ context, input }) => {
    const where = and(await statementConditions(context.db, input), visibleTo(context.caller, statement));
    const rows = context.db
      .select(selection(statementColumns))
      .from(statement)
      .innerJoin(session, eq(session.id, statement.sessionId))
      .innerJoin(statementText, eq(statementText.hash, statement.textHash))
      .where(where)
      .orderBy(desc(statement.time), desc(statement.sessionId), desc(statement.number));
    return streamExport(context, { name: 'statements', format: input.format, columns: statementColumns, query: rows });
  });

export const exportsRouter = { sessions: sessionsExport, statements: statementsExport };
