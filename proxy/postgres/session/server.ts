/** Bytes from the server: passes on what need not be understood, and hands the rest to the handler of its type. */
import { chunkGlance } from '#core/mask/detectors/chunk-glance.ts';
import { backend, largeLengthMax, lengthAt, serverMessageLengthMax } from '../wire/message.ts';
import { answer } from './answer.ts';
import { continueClient } from './client.ts';
import { copyMessage, copyPart } from './copy-out.ts';
import { endWith, endWithFault } from './end.ts';
import { isOverLimit } from './limit.ts';
import { rowMessage } from './rows.ts';
import type { Session } from './state.ts';
import { flushDown } from './turn.ts';

/** What becomes of a message: passed on as it is, or not (then the handler has written what takes its place, if anything). */
export type Fate = 'pass' | 'drop';

/** A whole server message in a chunk. */
export type ServerMessage = { type: number; bytes: Uint8Array; start: number; end: number };

/** Takes a chunk, which is only looked at during the call. */
export function fromServer(s: Session, chunk: Uint8Array): void {
  if (s.isEnded) return;
  const rest = s.serverPartLength === 0 ? chunk : completePart(s, chunk);
  if (rest === null) return;
  if (rest.length > 0) {
    const consumed = messages(s, rest, rest.length);
    if (consumed < rest.length) keep(s, rest, consumed);
  }
  if (s.isEnded) return;
  flushDown(s);
  continueClient(s);
}

const nothing = new Uint8Array(0);

/**
 * Handles the message that was here in part: by itself where it ends in this chunk, so that what follows need not be copied. Gives
 * what is left of the chunk; null while there is nothing to be done.
 */
function completePart(s: Session, chunk: Uint8Array): Uint8Array | null {
  const missing = s.serverPartLength < 5 ? 0 : 1 + lengthAt(s.serverPart, 0) - s.serverPartLength;
  const isEnd = missing > 0 && missing < chunk.length;
  keep(s, isEnd ? chunk.subarray(0, missing) : chunk, 0);
  const length = s.serverPartLength;
  if (length >= 5 && isWorthWaiting(s, length)) return null;
  const consumed = messages(s, s.serverPart, length);
  s.down.settle();
  s.serverPart.copyWithin(0, consumed, length);
  s.serverPartLength = length - consumed;
  if (s.serverPartLength === 0 && s.serverPart.length > 256 * 1024) s.serverPart = new Uint8Array(0);
  if (!isEnd) return nothing;
  const rest = chunk.subarray(missing);
  // Unless it was not handled as a whole: then what follows belongs behind it.
  return s.serverPartLength === 0 ? rest : completePart(s, rest);
}

/**
 * The message at the head is not all here, and nothing can be done about it before it is. Large rows and COPY data are looked at
 * with every chunk, since they may be passed on before they are whole.
 */
function isWorthWaiting(s: Session, length: number): boolean {
  const stated = lengthAt(s.serverPart, 0);
  return length < 1 + stated && stated <= serverMessageLengthMax && !isData(s.serverPart[0]);
}

function keep(s: Session, bytes: Uint8Array, from: number): void {
  const needed = s.serverPartLength + bytes.length - from;
  if (needed > s.serverPart.length) {
    const grown = new Uint8Array(Math.max(needed, s.serverPart.length * 2, 1024));
    grown.set(s.serverPart.subarray(0, s.serverPartLength));
    s.serverPart = grown;
  }
  s.serverPart.set(from === 0 ? bytes : bytes.subarray(from), s.serverPartLength);
  s.serverPartLength = needed;
}

const isData = (type: number | undefined): boolean => type === backend.dataRow || type === backend.copyData;

/** Handles what is whole; returns how far it came. */
function messages(s: Session, bytes: Uint8Array, end: number): number {
  chunkGlance.open(bytes, end);
  try {
    return messagesIn(s, bytes, end);
  } finally {
    chunkGlance.close();
  }
}

/** Runs of messages that pass leave as one view. */
function messagesIn(s: Session, bytes: Uint8Array, end: number): number {
  let at = 0;
  let runStart = 0;
  while (at < end && !s.isEnded) {
    if (s.serverBody > 0) {
      const to = Math.min(end, at + s.serverBody);
      s.serverBody -= to - at;
      if (!s.passesServerBody) {
        s.down.view(bytes, runStart, at);
        runStart = to;
      }
      at = to;
      if (s.serverBody === 0 && s.ending !== null) {
        s.down.view(bytes, runStart, at);
        endWith(s, s.ending);
        return end;
      }
      continue;
    }
    if (s.copyBody > 0) {
      at = morePart(s, bytes, { at, end, runStart });
      runStart = at;
      continue;
    }
    if (end - at < 5) break;
    const type = bytes[at] as number;
    const length = lengthAt(bytes, at);
    if (length < 4 || length > largeLengthMax) {
      endWithFault(s, 'upstream_protocol', 'the database sent a message of invalid length');
      break;
    }
    const total = at + 1 + length;
    if (type === backend.dataRow && passesRows(s)) {
      const { meter } = s.result;
      if (meter !== null && isOverLimit(s, meter, length)) {
        s.down.view(bytes, runStart, at);
        if (total > end) startBody(s, total - end, false);
        at = Math.min(total, end);
        runStart = at;
        continue;
      }
      meter?.count(length);
      countRow(s, length);
      if (total > end) startBody(s, total - end, true);
      at = Math.min(total, end);
      continue;
    }
    s.down.view(bytes, runStart, at);
    runStart = at;
    const next = special(s, { type, bytes, start: at, end: total }, end);
    if (next < 0) break;
    if (next > 0) runStart = next;
    at = next === 0 ? total : next;
  }
  s.down.view(bytes, runStart, Math.min(at, end));
  return at;
}

/** More of a large CopyData message that goes through a masker. */
function morePart(
  s: Session,
  bytes: Uint8Array,
  { at, end, runStart }: { at: number; end: number; runStart: number },
): number {
  const to = Math.min(end, at + s.copyBody);
  s.down.view(bytes, runStart, at);
  s.copyBody -= to - at;
  copyPart(s, bytes, { from: at, to });
  return to;
}

function startBody(s: Session, left: number, passes: boolean): void {
  s.serverBody = left;
  s.passesServerBody = passes;
}

/** Rows whose description was compared with the analysis, and which no mask touches. */
const passesRows = (s: Session): boolean => s.result.plan !== null && s.result.plan.masks === null;

function countRow(s: Session, length: number): void {
  const run = s.queue.head?.run;
  if (run !== null && run !== undefined) {
    run.rows += 1;
    run.bytes += length;
  }
}

/** 0: the message passes as it is. -1: it is not all here. Else where the next one begins. */
function special(s: Session, m: ServerMessage, end: number): number {
  if (m.type === backend.dataRow) return rowMessage(s, m, end);
  if (m.type === backend.copyData) return copyMessage(s, m, end);
  if (m.end - m.start > serverMessageLengthMax) {
    endWithFault(s, 'upstream_protocol', `the database sent a message of ${m.end - m.start} bytes`);
    return -1;
  }
  if (m.end > end) return -1;
  return answer(s, m) === 'pass' ? 0 : m.end;
}
