/** What a search shows, as a file. */
import 'server-only';
import { and, desc, eq, sql } from 'drizzle-orm';
import { session, statement, statementText } from '#db/schema/audit.ts';
import { query } from '#lib/orpc/base.ts';
import { columnNames, type ExportColumns, streamExport, streamResponses, streamSchema } from './export.ts';
import { sessionConditions, statementConditions } from './filter.ts';
import { anySchema } from './project.ts';
import { sessionExportInputSchema, statementExportInputSchema } from './schema.ts';
import { visibleTo } from './visible.ts';

const utc = (column: unknown) => sql`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const int = (column: unknown) => sql`${column}::float8`;
const spec = <T extends object>(operation: T): T => ({ ...operation, responses: streamResponses });

const sessionColumns: ExportColumns = {
  started_at: utc(session.startedAt),
  ended_at: utc(session.endedAt),
  session: session.id,
  login: session.login,
  kind: session.identityKind,
  on_behalf_of: session.onBehalfOfLogin,
  connection: session.connection,
  address: session.clientAddress,
  application: session.application,
  tls: session.tls,
  upstream_role: session.upstreamRole,
  end_reason: session.endReason,
  statements: session.statements,
  rows: int(session.rows),
  bytes_in: int(session.bytesIn),
  bytes_out: int(session.bytesOut),
  masked_cells: int(session.maskedCells),
  errors: session.errors,
  allowed: session.allowed,
  masked: session.masked,
  held: session.held,
  denied: session.denied,
  proxy: session.proxyId,
};

const sessionsExport = query({ permission: 'audit:export', sensitive: true })
  .route({ method: 'GET', path: '/sessions/export', tags: ['Audit'], summary: 'Export sessions', spec })
  .input(sessionExportInputSchema)
  .output(streamSchema)
  .handler(async ({ context, input }) => {
    const where = and(await sessionConditions(context.db, input), visibleTo(context.caller, session));
    const rows = context.db
      .select(sessionColumns)
      .from(session)
      .where(where)
      .orderBy(desc(session.startedAt), desc(session.id));
    const columns = columnNames(sessionColumns);
    return streamExport(context, { name: 'sessions', format: input.format, columns, query: rows });
  });

const statementColumns: ExportColumns = {
  time: utc(statement.time),
  session: statement.sessionId,
  number: statement.number,
  login: session.login,
  kind: session.identityKind,
  on_behalf_of: session.onBehalfOfLogin,
  connection: session.connection,
  decision: statement.effect,
  text: statementText.text,
  relations: sql`array(select name from unnest(${statement.relations}) name where not starts_with(name, ${anySchema}))`,
  labels: statement.labels,
  hazards: statement.hazards,
  request: statement.requestId,
  policy_version: statement.policyVersion,
  outcome: statement.outcome,
  tag: statement.tag,
  rows: int(statement.rows),
  bytes: int(statement.bytes),
  masked_cells: int(statement.maskedCells),
  duration_us: int(statement.durationUs),
  sqlstate: statement.sqlstate,
  proxy: statement.proxyId,
  seq: int(statement.seq),
};

const statementsExport = query({ permission: 'audit:export', sensitive: true })
  .route({ method: 'GET', path: '/statements/export', tags: ['Audit'], summary: 'Export statements', spec })
  .input(statementExportInputSchema)
  .output(streamSchema)
  .handler(async ({ context, input }) => {
    const where = and(await statementConditions(context.db, input), visibleTo(context.caller, statement));
    const rows = context.db
      .select(statementColumns)
      .from(statement)
      .innerJoin(session, eq(session.id, statement.sessionId))
      .innerJoin(statementText, eq(statementText.hash, statement.textHash))
      .where(where)
      .orderBy(desc(statement.time), desc(statement.sessionId), desc(statement.number));
    const columns = columnNames(statementColumns);
    return streamExport(context, { name: 'statements', format: input.format, columns, query: rows });
  });

export const exportsRouter = { sessions: sessionsExport, statements: statementsExport };
