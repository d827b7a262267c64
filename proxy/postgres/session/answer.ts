/** What each message of the server means for what is owed to the client. An answer that nothing asked for ends the session. */
import { affectedStop, type Stop } from '#proxy/enforce/meter.ts';
import { copyFailMessage } from '../wire/encode.ts';
import { backend, transaction } from '../wire/message.ts';
import { latin1 } from '../wire/text.ts';
import { copyEnds, copyOut } from './copy-out.ts';
import { applyEffects, transactionEnded } from './effects.ts';
import { endWith, endWithFault } from './end.ts';
import { type Expect, expects, sentAs } from './expect.ts';
import { errorAnswer, notice } from './failure.ts';
import { rowsOf } from './journal.ts';
import { tellLate } from './limit.ts';
import { notification } from './notification.ts';
import { parameterStatus } from './parameter.ts';
import { replayProposals } from './proposals.ts';
import { describeRows, noRows } from './rows.ts';
import type { Fate, ServerMessage } from './server.ts';
import type { Session } from './state.ts';
import { failTransaction, stopGroup, stopMoved } from './stop.ts';
import { drained } from './turn.ts';

export function answer(s: Session, m: ServerMessage): Fate {
  switch (m.type) {
    case backend.parameterStatus:
      return parameterStatus(s, m);
    case backend.noticeResponse:
      return notice(s, m);
    case backend.notificationResponse:
      return notification(s, m);
    case backend.errorResponse:
      return errorAnswer(s, m);
    default:
      break;
  }
  const entry = s.queue.head;
  if (entry === null) return unexpected(s, m);
  const isHead = entry.kind === expects.query || entry.kind === expects.execute;
  switch (m.type) {
    case backend.readyForQuery:
      return entry.kind === expects.query || entry.kind === expects.sync ? ready(s, entry, m) : unexpected(s, m);
    case backend.commandComplete:
      return isHead ? complete(s, entry, m) : unexpected(s, m);
    case backend.emptyQueryResponse:
      return isHead ? empty(s, entry, m) : unexpected(s, m);
    case backend.portalSuspended:
      return entry.kind === expects.execute ? suspended(s, entry) : unexpected(s, m);
    case backend.rowDescription:
      return describeRows(s, entry, m) ?? unexpected(s, m);
    case backend.noData:
      return noRows(s, entry) ?? unexpected(s, m);
    case backend.parameterDescription:
      return entry.kind === expects.describeStatement ? fateOf(entry) : unexpected(s, m);
    case backend.copyInResponse:
      return isHead ? copyIn(s, entry) : unexpected(s, m);
    case backend.copyOutResponse:
      return isHead ? copyOut(s, entry, m) : unexpected(s, m);
    case backend.copyDone:
      if (entry.isMuted) return 'drop';
      return s.result.isCopyOut ? copyEnds(s, entry) : unexpected(s, m);
    default:
      return named(s, entry, m.type) ?? unexpected(s, m);
  }
}

export const fateOf = (entry: Expect): Fate => (entry.isInjected || entry.isMuted ? 'drop' : 'pass');

export function unexpected(s: Session, m: ServerMessage): Fate {
  endWithFault(s, 'upstream_protocol', `the database sent an unexpected message (type ${m.type})`);
  return 'drop';
}

/** ParseComplete, BindComplete, CloseComplete: only now does a name mean what was proposed. */
function named(s: Session, entry: Expect, type: number): Fate | null {
  switch (entry.kind) {
    case expects.parse:
      if (type !== backend.parseComplete || entry.refused !== null) return null;
      return parsed(s, entry);
    case expects.bind:
      if (type !== backend.bindComplete) return null;
      if (!entry.isMuted) {
        const stopped = stopMoved(s, entry, entry.portal?.ruling ?? null);
        if (stopped !== null) return stopped;
      }
      if (entry.portal !== null) s.portals.confirm(entry.name, entry.portal);
      break;
    case expects.closeStatement:
      if (type !== backend.closeComplete) return null;
      s.statements.confirm(entry.name, null);
      s.sqlPrepared.delete(Buffer.from(entry.name, 'latin1').toString());
      break;
    case expects.closePortal:
      if (type !== backend.closeComplete) return null;
      s.portals.confirm(entry.name, null);
      s.settings.closeCursor(Buffer.from(entry.name, 'latin1').toString());
      break;
    default:
      return null;
  }
  return advance(s, entry);
}

function parsed(s: Session, entry: Expect): Fate | null {
  // A refused text must never come to be a statement, and one text is one statement.
  if (entry.prepared === null && !entry.isInjected) return null;
  if ((entry.ruling?.statements.length ?? 0) > 1) return null;
  if (entry.prepared !== null) s.statements.confirm(entry.name, entry.prepared);
  if (entry.run !== null) s.journal.completed(entry.run, 'ok', { tag: 'PARSE', sqlstate: null });
  return advance(s, entry);
}

export function clearResult({ result }: Session): void {
  result.plan = null;
  result.copy = null;
  result.isCopyOut = false;
  result.meter = null;
}

/** The head of the queue is answered. */
export function advance(s: Session, entry: Expect): Fate {
  s.queue.shift();
  clearResult(s);
  if (s.queue.length === 0) drained(s);
  return fateOf(entry);
}

function complete(s: Session, entry: Expect, m: ServerMessage): Fate {
  if (entry.refused !== null || (entry.ruling === null && !entry.isInjected)) return unexpected(s, m);
  const tag = latin1(m.bytes, m.start + 5, m.end - 1);
  const statement = entry.ruling?.statements[entry.statementIndex];
  if (entry.ruling !== null && statement === undefined) return unexpected(s, m);
  // What a cursor gives was settled when it was declared.
  const declares = statement?.analysis.kind === 'declare' && !entry.isMuted;
  if (declares && stopMoved(s, entry, entry.ruling) !== null) return endedStopped(s, entry);
  happened(s, entry, tag);
  watchAffected(s, entry, tag);
  const fate = fateOf(entry);
  if (entry.kind === expects.execute) {
    if (isStopped(entry)) return endedLate(s, entry);
    completeRun(s, entry, tag);
    return advance(s, entry);
  }
  entry.statementIndex += 1;
  entry.tag = tag;
  clearResult(s);
  // The request to cancel came too late for this one: what stands behind it in the message must not run.
  if (isStopped(entry) && entry.statementIndex < (entry.ruling?.statements.length ?? 0)) s.ports.cancelUpstream();
  return fate;
}

/** It came to its end before it could be stopped, and nothing of it counts. */
function endedStopped(s: Session, entry: Expect): Fate {
  if (s.isEnded) return 'drop';
  entry.statementIndex += 1;
  return entry.kind === expects.execute ? advance(s, entry) : 'drop';
}

/** What the statement at hand does is done, though it may have more rows to give. */
function happened(s: Session, entry: Expect, tag: string): void {
  const { ruling, statementIndex, run } = entry;
  const statement = ruling?.statements[statementIndex];
  if (ruling === null || statement === undefined) return;
  applyEffects(s, statement.analysis, tag);
  s.gate.executed(ruling, statementIndex, { statement: run?.number ?? 1, when: sentAs(entry) });
  if (ruling.isSensitive) s.isSensitive = true;
}

/** In a transaction block more rows may have changed than could be counted from outside: it can still be made to fail. */
function watchAffected(s: Session, entry: Expect, tag: string): void {
  const { ruling, run } = entry;
  if (ruling?.counts !== true || s.status !== transaction.open || run === null) return;
  run.affected += /^(INSERT|UPDATE|DELETE|MERGE) /.test(tag) ? rowsOf(tag) : 0;
  const max = run.requestId === null ? ruling.decision.affectedRowsMax : run.affectedMax;
  if (max === null || run.affected <= max || entry.stopped !== null) return;
  entry.stopped = affectedStop(max, run.affected);
  entry.isMuted = true;
}

/** What returns nothing and ended well before it could be stopped has ended well. */
const isStopped = (entry: Expect): entry is Expect & { stopped: Stop } => entry.stopped !== null && entry.isMuted;

/** The client expects that everything up to Sync is skipped. */
function endedLate(s: Session, entry: Expect & { stopped: Stop }): Fate {
  tellLate(s, entry, entry.stopped);
  stopGroup(s, entry);
  return s.isEnded ? 'drop' : advance(s, entry);
}

function completeRun(s: Session, { run }: Expect, tag: string | null): void {
  if (run === null) return;
  s.suspended.delete(run);
  s.journal.completed(run, 'ok', { tag, sqlstate: null });
}

/** A portal that failed while it was bound, in a transaction block, stays there without a statement. */
const isOfLeftOver = ({ kind, isInjected }: Expect): boolean => kind === expects.execute && !isInjected;

function empty(s: Session, entry: Expect, m: ServerMessage): Fate {
  if (entry.refused !== null) return unexpected(s, m);
  if (entry.ruling === null) return isOfLeftOver(entry) ? advance(s, entry) : unexpected(s, m);
  if (entry.kind !== expects.execute) return fateOf(entry);
  completeRun(s, entry, null);
  return advance(s, entry);
}

/** A write is carried out before the first of the rows it returns is sent, and is there to stay if no more are asked for. */
function suspended(s: Session, entry: Expect): Fate {
  happened(s, entry, '');
  if (entry.run !== null) s.suspended.add(entry.run);
  return isStopped(entry) ? endedLate(s, entry) : advance(s, entry);
}

function copyIn(s: Session, entry: Expect): Fate {
  const statement = entry.ruling?.statements[entry.statementIndex];
  if (statement?.analysis.result !== 'copy_in') {
    endWithFault(s, 'copy_disagreement', 'the database asks for COPY data that the analysis did not expect');
    return 'drop';
  }
  // The client was told of an error, and will send none.
  if (entry.isMuted) {
    s.up.bytes(copyFailMessage);
    return 'drop';
  }
  s.inCopy = true;
  if (s.block === 'copy') s.block = null;
  return fateOf(entry);
}

function ready(s: Session, entry: Expect, m: ServerMessage): Fate {
  s.status = m.bytes[m.start + 5] as number;
  s.inCopy = false;
  if (entry.kind === expects.query) {
    if (!entry.hasFailed && entry.ruling === null) return unexpected(s, m);
    if (isStopped(entry) && !entry.hasFailed) {
      tellLate(s, entry, entry.stopped);
      entry.mustFail = true;
    } else if (!entry.hasFailed) completeRun(s, entry, entry.tag);
    s.statements.confirm('', null);
    s.portals.confirm('', null);
  }
  const isWaiting = failTransaction(s, entry);
  transactionEnded(s, entry.hasFailed || s.groupFailed);
  s.groupFailed = false;
  advance(s, entry);
  if (s.settings.isLost) {
    endWith(s, { code: 'rate_limited', message: 'too many savepoints, prepared statements or cursors are open' });
    return 'drop';
  }
  if (s.queue.length > 0) replayProposals(s);
  return entry.isInjected || isWaiting ? 'drop' : 'pass';
}
