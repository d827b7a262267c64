/** COPY TO STDOUT: passes as it is, or through a masker, message by message. */
import { ByteSink, putInt32 } from '#core/mask/sink.ts';
import { backend, int16At, lengthAt } from '../wire/message.ts';
import { fateOf, unexpected } from './answer.ts';
import { endWithFault } from './end.ts';
import type { Expect } from './expect.ts';
import { Finds } from './finds.ts';
import { isOverLimit, openMeter } from './limit.ts';
import type { Fate, ServerMessage } from './server.ts';
import type { Session } from './state.ts';
import { stopMoved, stopStatement } from './stop.ts';

/** A message up to this size is masked as a whole, so that it stays one message; a larger one as it comes. */
const wholeMessageBytesMax = 1024 * 1024;

/** Reused from message to message: nothing of one session stays in it beyond the call. */
const sink = new ByteSink();

/** CopyOutResponse. */
export function copyOut(s: Session, entry: Expect, m: ServerMessage): Fate {
  if (entry.isMuted) return 'drop';
  const statement = entry.ruling?.statements[entry.statementIndex];
  if (entry.refused !== null || statement?.analysis.result !== 'copy_out') {
    endWithFault(s, 'copy_disagreement', 'the database sends COPY data that the analysis did not expect');
    return 'drop';
  }
  const stopped = stopMoved(s, entry, entry.ruling);
  if (stopped !== null) return stopped;
  const masker = statement.planCopy(int16At(m.bytes, m.start + 6));
  if (masker !== null && 'disagreement' in masker) return stopStatement(s, entry, masker.disagreement);
  s.result.copy = masker;
  if (masker?.tally && entry.run !== null) {
    entry.run.finds ??= new Finds();
    entry.run.finds.add(masker.tally);
  }
  s.result.isCopyOut = true;
  openMeter(s, entry);
  return fateOf(entry);
}

/**
 * CopyData. Returns 0 when it passes as it is, -1 when more of it is needed, else where the next message begins.
 */
export function copyMessage(s: Session, m: ServerMessage, end: number): number {
  const entry = s.queue.head;
  const to = Math.min(m.end, end);
  if (entry?.isMuted) return leave(s, m, { to, passes: false });
  if (entry === null || !s.result.isCopyOut) {
    unexpected(s, m);
    return -1;
  }
  const { meter } = s.result;
  const isWhole = m.end <= end || m.end - m.start > wholeMessageBytesMax || s.result.copy === null;
  if (meter !== null && isWhole && isOverLimit(s, meter, m.end - m.start - 1))
    return leave(s, m, { to, passes: false });
  if (s.result.copy === null) {
    meter?.count(m.end - m.start - 1);
    count(entry, m.end - m.start - 1);
    if (m.end <= end) return 0;
    s.down.view(m.bytes, m.start, end);
    return leave(s, m, { to: end, passes: true });
  }
  if (m.end <= end) return maskWhole(s, entry, m, end);
  if (m.end - m.start <= wholeMessageBytesMax) return -1;
  meter?.count(m.end - m.start - 1);
  count(entry, m.end - m.start - 1);
  s.copyBody = m.end - to;
  copyPart(s, m.bytes, { from: m.start + 5, to });
  return to;
}

/** The end of a CopyData message at `at` that is there as a whole, or -1. */
function wholeEnd(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 5 || bytes[at] !== backend.copyData) return -1;
  const length = lengthAt(bytes, at);
  return length >= 4 && at + 1 + length <= end ? at + 1 + length : -1;
}

/** This message and the ones behind it, so that what becomes of them leaves as one piece. Returns as `copyMessage` does. */
function maskWhole(s: Session, entry: Expect, m: ServerMessage, end: number): number {
  const { bytes } = m;
  const { meter } = s.result;
  sink.clear();
  let at = m.start;
  for (let to = m.end; to > 0; to = wholeEnd(bytes, at, end)) {
    const length = to - at - 1;
    if (at > m.start && meter?.admits(length) === false) break;
    meter?.count(length);
    count(entry, length);
    const begun = sink.length;
    sink.skip(5);
    const done = s.result.copy?.push(bytes, at + 5, to, sink);
    if (done?.ok !== true) {
      sink.length = begun;
      send(s);
      endWithFault(s, 'copy_malformed', done?.error.message ?? 'COPY data without a masker');
      return to;
    }
    if (done.value && at === m.start) return 0;
    if (done.value) {
      sink.length = begun;
      sink.append(bytes, at, to);
    } else header(begun);
    at = to;
  }
  send(s);
  return at;
}

/** A message for what was appended since; none where nothing was. */
function header(begun: number): void {
  const body = sink.length - begun - 5;
  if (body === 0) sink.length = begun;
  else {
    sink.bytes[begun] = backend.copyData;
    putInt32(sink.bytes, begun + 1, body + 4);
  }
}

/** Part of a message that is masked as it comes; what is left of it leaves as a message of its own. */
export function copyPart(s: Session, bytes: Uint8Array, { from, to }: { from: number; to: number }): void {
  sink.clear();
  sink.skip(5);
  const done = s.result.copy?.push(bytes, from, to, sink);
  if (done?.ok !== true) {
    endWithFault(s, 'copy_malformed', done?.error.message ?? 'COPY data without a masker');
    return;
  }
  if (done.value) sink.append(bytes, from, to);
  header(0);
  send(s);
}

/** CopyDone: the masker has to be at an end as well. */
export function copyEnds(s: Session, entry: Expect): Fate {
  const masker = s.result.copy;
  if (masker !== null && !entry.isMuted) {
    const done = masker.end();
    if (!done.ok) {
      endWithFault(s, 'copy_malformed', done.error.message);
      return 'drop';
    }
    if (entry.run !== null) entry.run.maskedCells += masker.cells;
  }
  return fateOf(entry);
}

function send(s: Session): void {
  if (sink.length === 0) return;
  const at = s.down.reserve(sink.length);
  s.down.target.set(sink.view(), at);
  s.down.advance(sink.length);
}

function count({ run }: Expect, bytes: number): void {
  if (run === null) return;
  run.rows += 1;
  run.bytes += bytes;
}

function leave(s: Session, m: ServerMessage, { to, passes }: { to: number; passes: boolean }): number {
  s.serverBody = m.end - to;
  s.passesServerBody = passes;
  return to;
}
