/** COPY TO STDOUT: passes as it is, or through a masker, message by message. */
import { ByteSink, putInt32 } from '#core/mask/sink.ts';
import { backend, int16At } from '../wire/message.ts';
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
    count(entry, m);
    if (m.end <= end) return 0;
    s.down.view(m.bytes, m.start, end);
    return leave(s, m, { to: end, passes: true });
  }
  if (m.end > end && m.end - m.start <= wholeMessageBytesMax) return -1;
  meter?.count(m.end - m.start - 1);
  count(entry, m);
  const passes = maskedBody(s, m.bytes, { from: m.start + 5, to });
  s.copyBody = m.end - to;
  if (passes && to === m.end) return 0;
  if (passes) sink.append(m.bytes, m.start + 5, to);
  send(s);
  return to;
}

/** More of a message that is masked as it comes. */
export function copyPart(s: Session, bytes: Uint8Array, range: { from: number; to: number }): void {
  if (maskedBody(s, bytes, range)) sink.append(bytes, range.from, range.to);
  send(s);
}

/** Puts payload through the masker. True when it passes as it is, else what is left of it is in the sink. */
function maskedBody(s: Session, bytes: Uint8Array, { from, to }: { from: number; to: number }): boolean {
  sink.clear();
  const done = s.result.copy?.push(bytes, from, to, sink);
  if (done?.ok === true) return done.value;
  endWithFault(s, 'copy_malformed', done?.error.message ?? 'COPY data without a masker');
  sink.clear();
  return false;
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
  const at = s.down.reserve(sink.length + 5);
  const { target } = s.down;
  target[at] = backend.copyData;
  putInt32(target, at + 1, sink.length + 4);
  target.set(sink.view(), at + 5);
  s.down.advance(sink.length + 5);
}

function count({ run }: Expect, m: ServerMessage): void {
  if (run === null) return;
  run.rows += 1;
  run.bytes += m.end - m.start - 1;
}

function leave(s: Session, m: ServerMessage, { to, passes }: { to: number; passes: boolean }): number {
  s.serverBody = m.end - to;
  s.passesServerBody = passes;
  return to;
}
