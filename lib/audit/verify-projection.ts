/** Whether what people search, sessions and statements, still says what a proxy's events say. The counts of a session are not looked at. */
import 'server-only';
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'drizzle-orm';
import type { Event } from '#core/event/schema.ts';
import type { Tx } from '#db/client.ts';
import { decidedRow, endRow, outcomeRow, startRow } from './project-rows.ts';

type Row = Record<string, unknown>;
type Found = { session: Row | null; statement: Row | null; textHolds: boolean | null };
type Key = { session: string; statement: number | null };

export type Disagreement = { seq: number; reason: string };

const keyOf = (event: Event): Key | null => {
  switch (event.type) {
    case 'session.start':
    case 'session.end':
      return { session: event.session, statement: null };
    case 'statement.decided':
    case 'statement.completed':
      return { session: event.session, statement: event.statement };
    default:
      return null;
  }
};

const named = ({ session, statement }: Key): string => `${session} ${statement ?? ''}`;

async function rowsOf(tx: Tx, proxyId: string, keys: readonly Key[]): Promise<Map<string, Found>> {
  const rows = await tx.execute<Found & Key>(sql`
    select k.session, k.statement as statement, to_jsonb(s) as "sessionRow", to_jsonb(r) as "statementRow",
      sha256(convert_to(t.text, 'UTF8')) = t.hash as "textHolds"
    from json_to_recordset(${JSON.stringify(keys)}::json) as k(session uuid, statement int4)
    left join session s on s.id = k.session and s.proxy_id = ${proxyId}
    left join statement r on r.session_id = k.session and r.number = k.statement and r.proxy_id = ${proxyId}
    left join statement_text t on t.hash = r.text_hash`);
  return new Map(
    rows.map(row => {
      const { sessionRow, statementRow, ...key } = row as unknown as Key & { sessionRow: Row; statementRow: Row };
      return [named(key), { session: sessionRow, statement: statementRow, textHolds: row.textHolds }];
    }),
  );
}

const isTime = (name: string): boolean => name === 'time' || name.endsWith('_at');

/** The column that says something else; null when none does. */
function otherIn(row: Row, expected: Row): string | null {
  const isSame = ([name, value]: [string, unknown]) =>
    isTime(name)
      ? Date.parse(String(value)) === Date.parse(String(row[name]))
      : isDeepStrictEqual(value, row[name] ?? null);
  return Object.entries(expected).find(each => !isSame(each))?.[0] ?? null;
}

function whoseRow(session: Row): Row {
  const { connection_id, identity_id, on_behalf_of_id } = session;
  return { connection_id, identity_id, on_behalf_of_id };
}

function faultOf(event: Event, { session, statement, textHolds }: Found): string | null {
  if (session === null) return 'its session is not among the sessions';
  const changed = (row: Row, expected: Row, what: string): string | null => {
    const column = otherIn(row, expected);
    return column === null ? null : `the ${what} shown for it has another ${column}`;
  };
  switch (event.type) {
    case 'session.start':
      return changed(session, startRow(event), 'session');
    case 'session.end':
      return changed(session, endRow(event), 'session');
    case 'statement.decided': {
      if (statement === null) return 'it is not among the statements';
      if (textHolds !== true) return 'the statement shown for it has another text';
      return changed(statement, { ...decidedRow(event), ...whoseRow(session) }, 'statement');
    }
    case 'statement.completed':
      return statement === null ? 'it is not among the statements' : changed(statement, outcomeRow(event), 'statement');
    default:
      return null;
  }
}

/** The first of a proxy's events, in order, of which what is shown says something else. */
export async function disagreementIn(tx: Tx, proxyId: string, events: readonly Event[]): Promise<Disagreement | null> {
  const projected = events.flatMap(event => {
    const key = keyOf(event);
    return key === null ? [] : [{ event, key }];
  });
  if (projected.length === 0) return null;
  const keys = new Map(projected.map(({ key }) => [named(key), key]));
  const rows = await rowsOf(tx, proxyId, [...keys.values()]);
  for (const { event, key } of projected) {
    const found = rows.get(named(key)) ?? { session: null, statement: null, textHolds: null };
    const reason = faultOf(event, found);
    if (reason !== null) return { seq: event.seq, reason };
  }
  return null;
}
