/** Results: the server's description is compared with the analysis before the first row, and masks are applied to each row. */

import { chunkGlance } from '#core/mask/detectors/chunk-glance.ts';
import type { Tally } from '#core/mask/detectors/tally.ts';
import type { Detection, RowPlan as MaskPlan } from '#core/mask/plan.ts';
import { maskRow, maskRows, type RowOutcome, rowsTogetherMax } from '#proxy/enforce/rows.ts';
import { decodeRowDescription } from '../wire/row-description.ts';
import { advance, fateOf } from './answer.ts';
import { endWithFault } from './end.ts';
import { type Expect, expects } from './expect.ts';
import { Finds } from './finds.ts';
import { rowCells } from './internal.ts';
import { isOverLimit, openMeter } from './limit.ts';
import type { RowPlan, StatementRuling } from './ruling.ts';
import type { Fate, ServerMessage } from './server.ts';
import type { Session } from './state.ts';
import { stopMoved, stopStatement } from './stop.ts';

const passPlan: RowPlan = { columns: 0, masks: null };

/** RowDescription; null when nothing at the head of the queue can have it for an answer. */
export function describeRows(s: Session, entry: Expect, m: ServerMessage): Fate | null {
  if (entry.internal !== null || entry.isMuted) return entry.kind === expects.query ? 'drop' : advance(s, entry);
  const statement = entry.ruling?.statements[entry.statementIndex];
  if (entry.refused !== null || statement === undefined) return null;
  const stopped = entry.kind === expects.query ? stopMoved(s, entry, entry.ruling) : null;
  if (stopped !== null) return stopped;
  const plan = planOf(statement, m);
  if ('disagreement' in plan) return stopStatement(s, entry, plan.disagreement);
  switch (entry.kind) {
    case expects.query:
      s.result.plan = plan;
      openMeter(s, entry);
      return fateOf(entry);
    case expects.describeStatement:
      if (entry.prepared !== null && entry.prepared.ruling.deref() === entry.ruling) entry.prepared.isDescribed = true;
      return advance(s, entry);
    case expects.describePortal:
      if (entry.portal !== null) {
        entry.portal.rows = plan;
        const { prepared } = entry.portal;
        if (prepared.ruling.deref() === entry.ruling) prepared.isDescribed = prepared.isAskedFor = true;
      }
      return advance(s, entry);
    default:
      return null;
  }
}

/** NoData; null as above. Rows that come nevertheless have no plan, which ends the session. */
export function noRows(s: Session, entry: Expect): Fate | null {
  const isDescribe = entry.kind === expects.describeStatement || entry.kind === expects.describePortal;
  return isDescribe ? advance(s, entry) : null;
}

function planOf(statement: StatementRuling, m: ServerMessage): ReturnType<StatementRuling['planRows']> {
  const last = statement.lastShape;
  if (last !== null && isSame(last.bytes, m)) return last.plan;
  const columns = decodeRowDescription(m.bytes, m.start + 5, m.end);
  if (columns === null) return { disagreement: 'the description of the result is malformed' };
  const plan = statement.planRows(columns);
  if (!('disagreement' in plan))
    statement.lastShape = { bytes: Uint8Array.from(m.bytes.subarray(m.start, m.end)), plan };
  return plan;
}

function isSame(bytes: Uint8Array, m: ServerMessage): boolean {
  if (bytes.length !== m.end - m.start) return false;
  for (let index = 0; index < bytes.length; index += 1) if (bytes[index] !== m.bytes[m.start + index]) return false;
  return true;
}

/** The plan for rows of the head entry; null when no description allows any. */
function planFor(s: Session, entry: Expect): RowPlan | null {
  if (s.result.plan !== null || entry.kind !== expects.execute || entry.portal === null) return s.result.plan;
  const { portal } = entry;
  const isKnown = portal.prepared.isDescribed && portal.ruling.statements[0]?.hasMasks === false;
  return portal.rows ?? (isKnown ? passPlan : null);
}

/**
 * A DataRow that the fast path does not pass. Returns 0 when it passes as it is, -1 when more of it is needed, else where the
 * next message begins.
 */
export function rowMessage(s: Session, m: ServerMessage, end: number): number {
  const entry = s.queue.head;
  if (entry?.internal) {
    if (m.end > end) return -1;
    rowCells(entry.internal, m);
    return m.end;
  }
  const isOwn = entry?.isInjected === true && entry.kind === expects.execute;
  if (entry?.isMuted || isOwn) return leaveOut(s, m, end);
  const plan = entry === null ? null : planFor(s, entry);
  if (entry === null || plan === null) {
    endWithFault(s, 'row_unexpected', 'the database sent rows that it had not described');
    return -1;
  }
  if (s.result.plan === null) {
    // EXECUTE is planned when it is run; all else was, by the time it was bound.
    const isPlannedNow = entry.ruling?.statements[0]?.analysis.kind === 'execute' && entry.kind === expects.execute;
    if (isPlannedNow && stopMoved(s, entry, entry.ruling) !== null) return leaveOut(s, m, end);
    openMeter(s, entry);
  }
  s.result.plan = plan;
  const { meter } = s.result;
  if (meter !== null && isOverLimit(s, meter, m.end - m.start - 1)) return leaveOut(s, m, end);
  if (plan.masks === null) return passRow(s, m, end);
  if (plan.masks.detection !== null) plan.masks.detection.countIn(tallyOf(entry, plan.masks.detection));
  const passedTo = passAtGlance(s, entry, { plan: plan.masks, m, end });
  if (passedTo > 0) return passedTo;
  const outcome = maskRow(plan, { bytes: m.bytes, start: m.start, end: m.end, available: end }, s.down);
  return maskedRow(s, entry, { m, outcome });
}

function tallyOf({ run }: Expect, detection: Detection): Tally | null {
  if (run === null) return null;
  run.finds ??= new Finds();
  return run.finds.of(detection);
}

type Rows = { plan: MaskPlan; m: ServerMessage; end: number };

/** Rows from this one on of which a glance tells that detectors find nothing in them, masked together; where they end, or 0. */
function passAtGlance(s: Session, { run }: Expect, { plan, m, end }: Rows): number {
  const { meter } = s.result;
  const { asks, detection } = plan;
  const rowsMax = Math.min(rowsTogetherMax(plan), detection?.unsampled ?? Number.POSITIVE_INFINITY);
  if (asks === null || rowsMax === 0 || (meter !== null && !meter.admitsAll(rowsMax, end - m.start))) return 0;
  const found = chunkGlance.walkRows(m.bytes, m.start, asks, rowsMax);
  if (found === null) return 0;
  // As everywhere, without the byte of its type.
  const bytes = found.end - m.start - found.rows;
  detection?.passed(found.rows, found.nulls);
  meter?.count(bytes, found.rows);
  if (run !== null) {
    run.rows += found.rows;
    run.bytes += bytes;
  }
  if (plan.masks.length === 0) s.down.view(m.bytes, m.start, found.end);
  else {
    const maskedCells = maskRows(plan.masks, { bytes: m.bytes, start: m.start, found }, s.down);
    if (run !== null) run.maskedCells += maskedCells;
  }
  return found.end;
}

function passRow(s: Session, m: ServerMessage, end: number): number {
  s.result.meter?.count(m.end - m.start - 1);
  const run = s.queue.head?.run;
  if (run) {
    run.rows += 1;
    run.bytes += m.end - m.start - 1;
  }
  if (m.end <= end) return 0;
  s.down.view(m.bytes, m.start, end);
  s.serverBody = m.end - end;
  s.passesServerBody = true;
  return end;
}

function maskedRow(s: Session, entry: Expect, { m, outcome }: { m: ServerMessage; outcome: RowOutcome }): number {
  switch (outcome.type) {
    case 'same':
      return passRow(s, m, m.end);
    case 'more':
      return -1;
    case 'malformed':
      endWithFault(s, 'row_malformed', outcome.reason);
      return -1;
    case 'written':
      s.result.meter?.count(m.end - m.start - 1);
      if (entry.run !== null) {
        entry.run.rows += 1;
        entry.run.bytes += m.end - m.start - 1;
        entry.run.maskedCells += outcome.maskedCells;
      }
      // The unmasked tail of a very large row is passed on as it comes.
      s.serverBody = m.end - outcome.consumedTo;
      s.passesServerBody = true;
      return outcome.consumedTo;
  }
}

function leaveOut(s: Session, m: ServerMessage, end: number): number {
  s.serverBody = Math.max(0, m.end - end);
  s.passesServerBody = false;
  return Math.min(m.end, end);
}
