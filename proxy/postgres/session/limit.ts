/**
 * Ends a statement that has reached a limit. The server is asked to cancel; the client gets one error, in the place of whatever the
 * server says last, so that what the error means for the transaction is what the server made of it.
 */
import { errorTable } from '#core/contract/error.ts';
import { durationStop, type Meter, type Stop } from '#proxy/enforce/meter.ts';
import { encodeProblem } from '../wire/error.ts';
import { transaction } from '../wire/message.ts';
import { nameKeyOf } from '../wire/text.ts';
import { endWith } from './end.ts';
import { type Expect, expects } from './expect.ts';
import type { Ruling } from './ruling.ts';
import type { Session } from './state.ts';

/** The result at the head of the queue begins, or goes on: by the limits of the moment, with what it gave before. */
export function openMeter(s: Session, entry: Expect): void {
  const statement = entry.ruling?.statements[entry.statementIndex];
  const limits = statement?.limits ?? null;
  if (statement === undefined || limits === null) return;
  const { cursor } = statement.analysis;
  const cursorPortal = cursor === undefined ? null : s.portals.get(nameKeyOf(cursor));
  const holder = entry.kind === expects.execute && cursor === undefined ? entry.portal : cursorPortal;
  if (holder !== null) {
    holder.meter = s.gate.meter(limits)?.goingOnFrom(holder.meter) ?? holder.meter;
    s.result.meter = holder.meter;
    return;
  }
  const held = cursor === undefined ? undefined : s.settings.cursors.get(cursor);
  const meter = s.gate.meter(limits)?.goingOnFrom((held && s.cursorMeters.get(held)) ?? null) ?? null;
  if (held !== undefined && meter !== null) s.cursorMeters.set(held, meter);
  s.result.meter = meter;
}

/** True when the row that comes next is one too many: then the statement is ended, and it must not be passed on. */
export function isOverLimit(s: Session, meter: Meter, bytes: number): boolean {
  if (meter.admits(bytes)) return false;
  const entry = s.queue.head;
  if (entry !== null) stopAtLimit(s, entry, meter.stop(bytes));
  return true;
}

export function stopAtLimit(s: Session, entry: Expect, stop: Stop): void {
  if (entry.stopped !== null) return;
  entry.stopped = stop;
  const result = entry.ruling?.statements[entry.statementIndex]?.analysis.result;
  // What returns nothing may still end well before the server hears of it; of a result the client has a part at most.
  if (result !== 'none' && (entry.kind === expects.query || entry.kind === expects.execute)) {
    entry.isMuted = true;
    s.result.plan = null;
    s.result.copy = null;
  }
  s.result.meter = null;
  s.ports.cancelUpstream();
}

/** What was stopped came to its end on the server nevertheless. */
export function tellLate(s: Session, entry: Expect, stop: Stop): void {
  const { code, message, detail, hint } = stop.refused.failure;
  const isWrite =
    s.status !== transaction.open &&
    entry.ruling?.statements.some(({ analysis }) =>
      analysis.accesses.some(({ action }) => action !== 'read' && action !== 'session'),
    );
  const late = 'The server had finished before it could be stopped: what the statement changed is changed.';
  const details = [detail, isWrite ? late : undefined].filter(text => text !== undefined).join('\n');
  s.down.bytes(
    encodeProblem({
      severity: 'ERROR',
      code: errorTable[code].sqlstate,
      message,
      ...(details !== '' && { detail: details }),
      ...(hint !== undefined && { hint }),
    }),
  );
  if (entry.run === null) return;
  entry.run.endedBy = stop.endedBy;
  s.journal.completed(entry.run, 'cancelled', { tag: null, sqlstate: errorTable[code].sqlstate });
}

/** Its rows are thrown away, however slowly the client reads. */
export const isDiscarding = (s: Session): boolean => s.queue.head?.stopped != null && s.queue.head.isMuted;

/** Something that limits bound: what comes after it waits until it is over, so that nothing is run behind a stopped statement. */
export const isLimited = ({ counts, duration, statements }: Ruling): boolean =>
  counts || duration !== null || statements.some(({ limits }) => limits !== null);

/** Something of that kind is under way. */
export function hasLimited(s: Session, isMeant: (entry: Expect) => boolean): boolean {
  if (!s.queue.hasBarrier) return false;
  for (const entry of s.queue) {
    const runs = entry.kind === expects.query || entry.kind === expects.execute;
    if (runs && entry.ruling !== null && isLimited(entry.ruling) && isMeant(entry)) return true;
  }
  return false;
}

/** Looks at the session from time to time: what runs for too long is ended, and a transaction that is left idle ends the session. */
export function watch(s: Session, nowUs: number): void {
  if (s.isEnded) return;
  const { watched } = s;
  const entry = s.queue.head;
  if (entry !== watched.entry) {
    watched.entry = entry;
    const startUs = entry?.run?.startUs ?? 0;
    watched.sinceUs = startUs > watched.tickUs ? startUs : nowUs;
  }
  const duration = entry?.ruling?.duration ?? null;
  if (entry !== null && duration !== null && entry.internal === null) {
    if (nowUs - watched.sinceUs >= duration.max * 1e6) stopAtLimit(s, entry, durationStop(duration));
  }
  watchIdle(s, nowUs);
  watched.tickUs = nowUs;
}

function watchIdle(s: Session, nowUs: number): void {
  const { watched, queue } = s;
  const isIdle = queue.length === 0 && s.block === null && s.isInTransaction;
  if (!isIdle || watched.idleSinceUs < 0 || watched.pushed !== queue.pushed) {
    watched.idleSinceUs = isIdle ? nowUs : -1;
    watched.pushed = queue.pushed;
    return;
  }
  const limit = s.gate.idleInTransaction;
  if (limit === null || nowUs - watched.idleSinceUs < limit.max * 1e6) return;
  endWith(s, {
    code: 'idle_in_transaction',
    message: `terminating connection due to idle-in-transaction timeout: rule ${limit.rule} allows ${limit.max} s`,
    ...(limit.reason !== null && { detail: limit.reason }),
    hint: 'Connect again. End a transaction before waiting for something else.',
  });
}
