/** The rows of the projections as one event each makes them, by the names of their columns: the same for storing and for verifying. */
import 'server-only';
import { createHash } from 'node:crypto';
import { type Event, eventSchema } from '#core/event/schema.ts';
import { clean } from './columns.ts';
import { type Completed, type Decided, hazardsOf, labelsOf, relationsOf, type SessionStart } from './project.ts';

/** Escapes of what cannot be stored; rarely there, and cheaper to look for than every text of an event is to clean. */
const unstorable = /\\u(?:0000|d[89a-f])/i;

/** The event in `body`, the JSON it was parsed from, with texts that can be stored; null for one of a kind or shape that is not known here. */
export function storableEvent(body: string, value: unknown): Event | null {
  const { data } = eventSchema.safeParse(value);
  if (data === undefined) return null;
  return body.isWellFormed() && !unstorable.test(body) ? data : storable(data);
}

function storable<T>(value: T): T {
  if (typeof value === 'string') return clean(value) as T;
  if (Array.isArray(value)) return value.map(storable) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, storable(member)])) as T;
}

export const startRow = (start: SessionStart) => ({
  id: start.session,
  connection_id: start.connectionId,
  connection: start.connection,
  identity_id: start.identity.id,
  identity_kind: start.identity.kind,
  login: start.identity.login,
  on_behalf_of_id: start.identity.onBehalfOf?.id ?? null,
  on_behalf_of_login: start.identity.onBehalfOf?.login ?? null,
  token_id: start.identity.tokenId,
  grant_id: start.grantId,
  client_address: start.client.address,
  client_port: start.client.port,
  application: start.client.application,
  tls: start.client.tls,
  upstream_role: start.upstreamRole,
  started_at: start.time,
});

/** The proxy's own totals, which replace what was added up. */
export const endRow = (end: Extract<Event, { type: 'session.end' }>) => ({
  id: end.session,
  ended_at: end.time,
  end_reason: end.reason,
  statements: end.statements,
  rows: end.rows,
  bytes_in: end.bytesIn,
  bytes_out: end.bytesOut,
});

export const textHashOf = (text: string): string => `\\x${createHash('sha256').update(text).digest('hex')}`;

export const decidedRow = (event: Decided) => ({
  session_id: event.session,
  number: event.statement,
  seq: event.seq,
  time: event.time,
  text_hash: textHashOf(event.text),
  effect: event.effect,
  kinds: event.facts?.kinds ?? [],
  relations: relationsOf(event),
  labels: labelsOf(event),
  hazards: hazardsOf(event),
  request_id: event.requestId,
  policy_version: event.policyVersion,
  has_literals: event.literals !== null,
});

export const outcomeRow = (completed: Completed | null) => ({
  outcome: completed?.outcome ?? null,
  tag: completed?.tag || null,
  rows: completed?.rows ?? null,
  bytes: completed?.bytes ?? null,
  masked_cells: completed?.maskedCells ?? null,
  duration_us: completed?.durationUs ?? null,
  sqlstate: completed?.sqlstate || null,
  ended_by: completed?.endedBy ?? null,
  detected: completed?.detected ?? null,
});
