/** What the log's rows repeat of the events in them, to be found by: the same for who stores them and for who verifies them. */
import 'server-only';
import type { Event } from '#core/event/schema.ts';

export type EventColumns = {
  /** RFC 3339; null where the event has no time of its own. */
  time: string | null;
  type: string;
  sessionId: string | null;
  actorId: string | null;
  actorLogin: string | null;
  targetType: string | null;
  targetId: string | null;
  targetLabel: string | null;
  /** False for what happens per session and statement: that is found in its projections, not on the audit page. */
  listed: boolean;
};

/** PostgreSQL's text has no NUL, and its JSON no lone surrogates. */
export const clean = (value: string): string => value.replaceAll('\0', '').toWellFormed();

const cut = (value: unknown, max: number): string =>
  String(value ?? '')
    .replaceAll('\0', '')
    .slice(0, max)
    .toWellFormed();

const lastMs = Date.parse('9999-12-31T23:59:59.999Z');

/** The years that PostgreSQL and RFC 3339 have in common. */
export function timeOf(value: unknown): string | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return ms >= 0 && ms <= lastMs ? new Date(ms).toISOString() : null;
}

type ControlBody = {
  time?: unknown;
  type?: unknown;
  actor?: { id?: string | null; login?: string };
  target?: { type?: string; id?: string; label?: string };
};

/** Of an event of the control plane's own chain. */
export function controlColumns({ time, type, actor, target }: ControlBody): EventColumns {
  return {
    time: timeOf(time),
    type: clean(String(type)),
    sessionId: null,
    actorId: actor?.id ?? null,
    actorLogin: cut(actor?.login, 320),
    targetType: clean(String(target?.type)),
    targetId: cut(target?.id, 200),
    targetLabel: cut(target?.label, 300),
    listed: true,
  };
}

/** What the audit page lists: everything about the proxy itself and about those it turned away, and what nobody understands. */
const isListed = (event: Event | null): boolean =>
  event === null || event.type === 'session.refused' || event.type.startsWith('proxy.');

/** Of a proxy's event; `event` is null for one of a kind or shape that is not known here. */
export function proxyColumns(body: { type?: unknown; time?: unknown }, event: Event | null): EventColumns {
  const refused = event?.type === 'session.refused' ? event : null;
  return {
    time: timeOf(body.time),
    type: cut(body.type ?? 'unknown', 60),
    sessionId: event && 'session' in event ? event.session : null,
    actorId: null,
    actorLogin: refused && clean(refused.login),
    targetType: refused && 'connection',
    targetId: null,
    targetLabel: refused && clean(refused.connection),
    listed: isListed(event),
  };
}
