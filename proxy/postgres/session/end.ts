/** Ends the session with a FATAL error. What is already on its way to the client still goes out before it. */
import { type ErrorCode, errorTable, type Failure } from '#core/contract/error.ts';
import { encodeProblem } from '../wire/error.ts';
import { endSuspended, forgetNames } from './effects.ts';
import type { Session } from './state.ts';

export function endWith(s: Session, failure: Failure): void {
  if (s.isEnded) return;
  const { code, message, detail, hint } = failure;
  s.down.bytes(encodeProblem({ severity: 'FATAL', code: errorTable[code].sqlstate, message, detail, hint }));
  finish(s, code);
}

/** What a client gets in the middle of a message it takes for the rest of that message. */
export function endAfterMessage(s: Session, failure: Failure): void {
  if (s.serverBody > 0 && s.passesServerBody) s.ending ??= failure;
  else endWith(s, failure);
}

export function endWithError(s: Session, code: ErrorCode, message: string): void {
  endWith(s, { code, message });
}

/** Something that cannot be true if analysis and server agree: recorded, and the session ends. */
export function endWithFault(s: Session, code: string, message: string): void {
  if (s.isEnded) return;
  s.ports.fault(code, message);
  endWithError(s, 'internal', `the proxy ended this session: ${message}`);
}

/** Ends without a word, after the client has said good-bye or is gone. */
export function finish(s: Session, reason: string): void {
  if (s.isEnded) return;
  s.isEnded = true;
  try {
    abandon(s);
    for (const entry of s.queue) {
      if (entry.run !== null) s.journal.completed(entry.run, 'unknown', { tag: null, sqlstate: null });
    }
    endSuspended(s, 'unknown');
    if (s.heldRun !== null) s.journal.completed(s.heldRun, 'cancelled', { tag: null, sqlstate: null });
  } finally {
    const bytes = s.down.take();
    if (bytes !== null) s.ports.toClient(bytes);
    s.internal?.done(null);
    forgetNames(s);
    s.ports.end(reason);
  }
}

/** The server may well carry out what it was sent, commit it, and find only then that nobody is there to be told. */
function abandon(s: Session): void {
  const sent = [...s.queue].filter(({ ruling }) => ruling !== null);
  for (const { ruling, statementIndex, run } of sent) {
    if (ruling !== null) s.gate.abandoned(ruling, statementIndex, run?.number ?? 1);
  }
  // What waits for a lock now would change the catalog when nobody looks any more.
  if (sent.length > 0 && s.gate.names.isMoving) s.ports.cancelUpstream();
  if (sent.length > 0) s.gate.transactionEnded(false);
}
