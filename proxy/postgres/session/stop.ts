/**
 * Stops a statement that is already running, because what the server answers is not what was analysed. The client gets an error
 * in place of the first row; whatever else the server says of the statement is swallowed; the transaction is made to fail.
 */

import { errorTable } from '#core/contract/error.ts';
import { encodeParse, encodeQuery } from '../wire/encode.ts';
import { encodeProblem } from '../wire/error.ts';
import { transaction } from '../wire/message.ts';
import { endWithFault } from './end.ts';
import { type Expect, expectation, expects, sentAs } from './expect.ts';
import { refusedName } from './own-names.ts';
import { enqueue } from './proposals.ts';
import type { Ruling } from './ruling.ts';
import type { Fate } from './server.ts';
import type { Session } from './state.ts';

const failingText = '/* weir: stopped */ !';

export function stopStatement(s: Session, entry: Expect, reason: string): Fate {
  s.ports.fault('row_description', reason);
  const sqlstate = errorTable.unresolved.sqlstate;
  s.down.bytes(
    encodeProblem({
      severity: 'ERROR',
      code: sqlstate,
      message: 'the statement was stopped: the database answers it differently from how it was analysed',
      detail: reason,
      hint: 'Try again; if it lasts, tell an operator. The proxy recorded the disagreement.',
    }),
  );
  for (const other of s.queue) {
    if (other === entry || !other.isMuted) {
      if (other.run !== null) s.journal.completed(other.run, 'refused', { tag: null, sqlstate });
    }
    if (other.kind === expects.query || other.kind === expects.sync) break;
  }
  s.ports.cancelUpstream();
  if (entry.kind === expects.query) {
    entry.isMuted = true;
    entry.hasFailed = true;
    entry.mustFail = true;
    return 'drop';
  }
  return stopGroup(s, entry);
}

/** Null unless names of the statement may have come to mean something else while it was on its way. */
export function stopMoved(s: Session, entry: Expect, ruling: Ruling | null): Fate | null {
  if (ruling === null) return null;
  if (s.gate.names.moved(ruling, entry.statementIndex, sentAs(entry)) === null) return null;
  return stopStatement(s, entry, 'tables were altered while the statement was on its way');
}

/** In the extended protocol the client now expects everything up to Sync to be skipped, but the server may already be past it. */
export function stopGroup(s: Session, entry: Expect): Fate {
  let isBehind = false;
  let sync: Expect | null = null;
  for (const other of s.queue) {
    if (other.kind === expects.sync) {
      sync = other;
      break;
    }
    const runsCode = other.kind === expects.execute && other.portal !== entry.portal;
    if (isBehind && (runsCode || other.kind === expects.query)) {
      endWithFault(s, 'row_description', 'statements behind a stopped one were already under way');
      return 'drop';
    }
    isBehind = true;
    other.isMuted = true;
  }
  s.groupFailed = true;
  if (sync !== null) sync.mustFail = true;
  else {
    s.up.bytes(encodeParse(refusedName, failingText));
    enqueue(s, expectation(expects.parse, { isMuted: true }));
    s.isSkipping = true;
    s.needsFlush = true;
    s.isGroupOpen = true;
  }
  // The description that led here is an answer like any other.
  if (entry.kind !== expects.execute) s.queue.shift();
  return 'drop';
}

/** ReadyForQuery of a stopped statement: inside a transaction block the client must find it failed. True when it has to wait for that. */
export function failTransaction(s: Session, entry: Expect): boolean {
  if (!entry.mustFail || s.status !== transaction.open) return false;
  if (s.queue.length > 1) {
    endWithFault(s, 'row_description', 'statements behind a stopped one were already under way');
    return true;
  }
  s.up.bytes(encodeQuery(failingText));
  enqueue(s, expectation(expects.query, { isMuted: true }));
  return true;
}
