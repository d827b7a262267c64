/** The messages that carry no statement: Sync, Flush, Terminate, and what belongs to COPY FROM STDIN. */

import { frontend } from '../wire/message.ts';
import { endWithError, finish } from './end.ts';
import { expectation, expects } from './expect.ts';
import { hasLimited } from './limit.ts';
import { enqueue } from './proposals.ts';
import type { Session } from './state.ts';
import type { Message } from './statement.ts';

export function sync(s: Session, m: Message, isInjected = false): boolean {
  // A unit whose result may still be ended must not be committed before that is known.
  if (s.hasGroupEffects && hasLimited(s, () => true)) {
    s.block = 'drain';
    return false;
  }
  s.hasGroupEffects = false;
  s.up.view(m.bytes, m.start, m.end);
  s.up.markBoundary();
  enqueue(s, expectation(expects.sync, { isInjected }));
  s.isSkipping = false;
  s.needsFlush = false;
  s.isGroupOpen = false;
  return true;
}

export function flush(s: Session, m: Message): boolean {
  s.up.view(m.bytes, m.start, m.end);
  s.needsFlush = false;
  return true;
}

/** What stands before it is for the server to carry out, whether anybody waits for the answer or not; nothing stands behind it. */
export function terminate(s: Session): boolean {
  s.clientBody = Number.MAX_SAFE_INTEGER;
  s.passesBody = false;
  s.wish = () => finish(s, 'client');
  return true;
}

function wantsMore({ queue }: Session): boolean {
  const { head } = queue;
  const later = head?.ruling?.statements.slice(head.statementIndex + 1) ?? [];
  return later.some(({ analysis }) => analysis.result === 'copy_in');
}

/** While the server reads COPY data it ignores Sync and Flush, and takes nothing else. */
export function copyMessage(s: Session, m: Message): boolean {
  switch (m.type) {
    case frontend.copyData:
      s.up.view(m.bytes, m.start, m.end);
      s.clientBody = m.total - m.end;
      s.passesBody = true;
      return true;
    case frontend.copyDone:
    case frontend.copyFail:
      s.up.view(m.bytes, m.start, m.end);
      s.inCopy = false;
      // The data for the next COPY of the same message may be here already, but the server has not asked for it.
      if (wantsMore(s)) s.block = 'copy';
      return true;
    case frontend.sync:
    case frontend.flush:
      return true;
    case frontend.terminate:
      return terminate(s);
    default: {
      const type = m.type.toString(16).toUpperCase().padStart(2, '0');
      endWithError(s, 'protocol_violation', `unexpected message type 0x${type} during COPY from stdin`);
      return true;
    }
  }
}
