/** Bytes from the client: cuts them into messages, bounded, and hands each to its handler until one has to wait. */
import { RecordingError } from '#proxy/ports.ts';
import { flushMessage } from '../wire/encode.ts';
import { frontend, frontendLengthMax, lengthAt } from '../wire/message.ts';
import { copyMessage, flush, sync, terminate } from './control.ts';
import { endWithError } from './end.ts';
import { type Expect, expects } from './expect.ts';
import { bind, closeName, describeName, execute, parse } from './extended.ts';
import { backlogBytesMax, bindHeadBytesMax, pendingMax, textBytesMax } from './limits.ts';
import { replayProposals } from './proposals.ts';
import { query, refuseFunctionCall, refuseTooLarge } from './query.ts';
import type { Session } from './state.ts';
import { dropHeld, type Message, namesEnd } from './statement.ts';
import { flushTurn, recordParses } from './turn.ts';
import { commitFailure } from './turns.ts';

/** True when the client should not be read from now. */
export const isClientStopped = (s: Session): boolean =>
  s.isEnded || s.ending !== null || (s.block !== null && (s.block !== 'hold' || s.backlogLength > backlogBytesMax / 2));

/** Takes a chunk, which is only looked at during the call, or where turns are put together, until the turn is settled. */
export function fromClient(s: Session, chunk: Uint8Array): void {
  if (s.isEnded || s.ending !== null) return;
  s.journal.totals.bytesIn += chunk.length;
  if (s.backlogLength > 0 || s.block !== null) {
    appendBacklog(s, chunk);
    if (s.isEnded) return;
    continueClient(s);
    return;
  }
  const begun = begin(s, chunk, chunk.length);
  const { turns } = s.ports;
  const isAllDone = begun.failure === null && begun.consumed === chunk.length && s.block === null && !s.isEnded;
  if (turns !== undefined && isAllDone) turns.join(failure => keepRest(s, begun, failure));
  else keepRest(s, begun, begun.failure ?? commitFailure(s.ports.recorder));
}

function keepRest(s: Session, begun: Turn, failure: unknown): void {
  const consumed = complete(s, begun, failure);
  if (!s.isEnded && consumed < begun.end) keep(s, begun.bytes, consumed, begun.end);
}

/** Goes on with what had to wait. */
export function continueClient(s: Session): void {
  if (s.isEnded || s.ending !== null) return;
  if (s.block !== null || s.backlogLength === 0 || s.backlogLength < s.backlogNeeds) {
    flushTurn(s);
    return;
  }
  const length = s.backlogLength;
  const consumed = turn(s, s.backlog, length);
  if (s.isEnded) return;
  s.backlog.copyWithin(0, consumed, length);
  s.backlogLength = length - consumed;
  noteNeeds(s);
  if (s.backlogLength === 0 && s.backlog.length > 64 * 1024) s.backlog = new Uint8Array(0);
}

function appendBacklog(s: Session, chunk: Uint8Array): void {
  if (s.backlogLength + chunk.length > backlogBytesMax + 64 * 1024) {
    endWithError(s, 'protocol_violation', 'too much was sent while an answer was due');
    return;
  }
  keep(s, chunk, 0, chunk.length);
}

function keep(s: Session, bytes: Uint8Array, from: number, to: number): void {
  const needed = s.backlogLength + to - from;
  if (needed > s.backlog.length) {
    const grown = new Uint8Array(Math.max(needed, s.backlog.length * 2, 1024));
    grown.set(s.backlog.subarray(0, s.backlogLength));
    s.backlog = grown;
  }
  s.backlog.set(bytes.subarray(from, to), s.backlogLength);
  s.backlogLength = needed;
  noteNeeds(s);
}

/** Remembers how long the message at the head is, so that it is looked at once and not with every chunk. */
function noteNeeds(s: Session): void {
  const length = s.backlogLength >= 5 && s.clientBody === 0 ? lengthAt(s.backlog, 0) : 0;
  const isStreamed = s.backlog[0] === frontend.copyData || s.backlog[0] === frontend.bind;
  s.backlogNeeds = isStreamed || length < 0 || length > textBytesMax ? 0 : length + 1;
}

/**
 * One turn: handles messages, commits their records, and only then lets anything go upstream. When recording fails, nothing of the
 * turn has happened yet: it is taken back and done again, refusing every statement.
 */
function turn(s: Session, bytes: Uint8Array, end: number): number {
  const begun = begin(s, bytes, end);
  return complete(s, begun, begun.failure ?? commitFailure(s.ports.recorder));
}

/** A turn that was handled; its records are not written yet, and nothing of it has left. `bytes` must not change meanwhile. */
type Turn = { bytes: Uint8Array; end: number; mark: Mark; consumed: number; failure: unknown };

function begin(s: Session, bytes: Uint8Array, end: number): Turn {
  const mark = markOf(s);
  try {
    const consumed = messages(s, bytes, end);
    recordParses(s);
    return { bytes, end, mark, consumed, failure: null };
  } catch (failure) {
    return { bytes, end, mark, consumed: 0, failure };
  }
}

/** Returns how much of the bytes is done with. */
function complete(s: Session, { bytes, end, mark, consumed }: Turn, failure: unknown): number {
  let done = consumed;
  if (failure !== null) {
    if (!(failure instanceof RecordingError)) throw failure;
    if (s.isEnded) return end;
    restore(s, mark);
    if (s.ports.recorder.healthy) {
      endWithError(s, 'recording_failed', 'the statement cannot be recorded, so it is not run');
      return end;
    }
    done = messages(s, bytes, end);
  }
  if (s.block === 'drain' && s.needsFlush) {
    s.up.bytes(flushMessage);
    s.needsFlush = false;
  }
  flushTurn(s);
  return done;
}

type Mark = Pick<
  Session,
  | 'block'
  | 'wish'
  | 'ruled'
  | 'held'
  | 'heldRun'
  | 'parts'
  | 'clientBody'
  | 'passesBody'
  | 'isSkipping'
  | 'needsFlush'
  | 'isGroupOpen'
  | 'hasGroupEffects'
  | 'inCopy'
> & { up: number; queue: number; statements: number };

function markOf(s: Session): Mark {
  const { block, wish, ruled, held, heldRun, parts, clientBody, passesBody } = s;
  const { isSkipping, needsFlush, isGroupOpen, hasGroupEffects, inCopy } = s;
  return {
    block,
    wish,
    ruled,
    held,
    heldRun,
    parts,
    clientBody,
    passesBody,
    isSkipping,
    needsFlush,
    isGroupOpen,
    hasGroupEffects,
    inCopy,
    up: s.up.mark(),
    queue: s.queue.length,
    statements: s.journal.totals.statements,
  };
}

function restore(s: Session, { up, queue, statements, ...state }: Mark): void {
  Object.assign(s, state);
  s.up.rollback(up);
  for (const entry of s.queue.truncate(queue)) unsend(entry, statements);
  s.unrecorded.length = 0;
  replayProposals(s);
}

/** What was noted of statements and portals while this was thought to go out; a record after the first `statements` never was. */
function unsend({ kind, portal, prepared, run }: Expect, statements: number): void {
  if (kind === expects.describeStatement && prepared !== null) prepared.isAskedFor = prepared.isDescribed;
  if (kind === expects.describePortal && portal !== null) portal.isDescribed = portal.rows !== null;
  if (portal === null || portal.run === null || portal.run !== run || run.number <= statements) return;
  portal.run = null;
  portal.isCleared = false;
}

function messages(s: Session, bytes: Uint8Array, end: number): number {
  let at = 0;
  while (at < end && s.block === null && !s.isEnded) {
    const next = s.clientBody > 0 ? body(s, bytes, at, end) : message(s, bytes, at, end);
    if (next === at) break;
    at = next;
  }
  return s.isEnded ? end : at;
}

/** More of a message that is not kept: passed on, or left out. */
function body(s: Session, bytes: Uint8Array, at: number, end: number): number {
  const to = Math.min(end, at + s.clientBody);
  if (s.passesBody) s.up.view(bytes, at, to);
  s.clientBody -= to - at;
  if (s.bindHash !== null) {
    s.bindHash.hash.update(bytes.subarray(at, to));
    if (s.clientBody === 0) {
      s.bindHash.portal.parametersHash = s.bindHash.hash.digest('hex');
      s.bindHash = null;
    }
  }
  return to;
}

/** One message; returns where the next begins, or `at` when this one has to wait. */
function message(s: Session, bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 5) return at;
  const type = bytes[at] as number;
  const length = lengthAt(bytes, at);
  const lengthMax = frontendLengthMax(type);
  if (lengthMax === 0 || type === frontend.password) {
    endWithError(s, 'protocol_violation', `invalid frontend message type ${type}`);
    return end;
  }
  if (length < 4 || length > lengthMax) {
    endWithError(s, 'protocol_violation', 'invalid message length');
    return end;
  }
  // What a request to cancel is on its way for is sent already; only the data of a COPY belongs to it.
  if (s.queue.length >= pendingMax || (s.cancelling > 0 && !s.inCopy)) {
    s.block = 'drain';
    return at;
  }
  const total = at + 1 + length;
  if (end >= total) return dispatch(s, { type, bytes, start: at, end: total, total }) ? total : at;
  return partial(s, { type, bytes, start: at, end, total });
}

/** A message whose end is not here yet: some are handled as they come, the others wait, and what is too long to wait is refused. */
function partial(s: Session, m: Message): number {
  switch (m.type) {
    case frontend.copyData:
      return dispatch(s, m) ? m.end : m.start;
    case frontend.bind:
      if (namesEnd(m) > 0) return dispatch(s, m) ? m.end : m.start;
      if (m.end - m.start > bindHeadBytesMax) {
        endWithError(s, 'protocol_violation', 'invalid message format');
        return m.end;
      }
      return m.start;
    case frontend.functionCall:
      return dispatch(s, m) ? m.end : m.start;
    case frontend.query:
    case frontend.parse:
      if (m.total - m.start <= textBytesMax) return m.start;
      return refuseTooLarge(s, m) ? m.end : m.start;
    default:
      return m.start;
  }
}

/** False when the message has to wait: then nothing of it was done. */
function dispatch(s: Session, m: Message): boolean {
  if (!handle(s, m)) return false;
  dropHeld(s);
  return true;
}

function handle(s: Session, m: Message): boolean {
  if (s.inCopy) return copyMessage(s, m);
  switch (m.type) {
    case frontend.query:
      return query(s, m);
    case frontend.parse:
      return parse(s, m);
    case frontend.bind:
      return bind(s, m);
    case frontend.describe:
      return describeName(s, m);
    case frontend.execute:
      return execute(s, m);
    case frontend.close:
      return closeName(s, m);
    case frontend.sync:
      return sync(s, m);
    case frontend.flush:
      return flush(s, m);
    case frontend.terminate:
      return terminate(s);
    case frontend.functionCall:
      return refuseFunctionCall(s, m);
    default:
      // CopyData, CopyDone and CopyFail outside COPY: the server would ignore them.
      return leaveOut(s, m);
  }
}

function leaveOut(s: Session, m: Message): boolean {
  s.clientBody = m.total - m.end;
  s.passesBody = false;
  return true;
}
