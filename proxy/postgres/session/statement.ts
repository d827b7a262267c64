/** What handlers of statements share: finding the ruling, waiting for it, refusing, holding. */

import type { Failure } from '#core/contract/error.ts';
import type { Run } from './journal.ts';
import { settledKey } from './parameters.ts';
import { refusal } from './refusal.ts';
import type { Refused, Ruling } from './ruling.ts';
import type { HoldRequest, Session } from './state.ts';

/** A message in the chunk: [start, end) is there, [end, total) is still to come. */
export type Message = { type: number; bytes: Uint8Array; start: number; end: number; total: number };

/** Where the parameters of a Bind begin; 0 when its names are not all here. */
export function namesEnd(m: Message): number {
  const portalEnd = m.bytes.indexOf(0, m.start + 5);
  if (portalEnd < 0 || portalEnd >= m.end) return 0;
  const statementEnd = m.bytes.indexOf(0, portalEnd + 1);
  return statementEnd < 0 || statementEnd >= m.end ? 0 : statementEnd + 1;
}

/** Something on its way to the server may change what the next text means, or undo what the last one did. */
export function mustDrain(s: Session): boolean {
  if (s.queue.length === 0) return false;
  return s.queue.hasBarrier || s.settings.hasUncommitted || s.isCatalogChanged || s.gate.needsIdle;
}

/** A request to cancel has arrived, or could not: nothing that is sent from now on can be hit by it. */
export function cancelArrived(s: Session): void {
  s.cancelling -= 1;
  if (s.cancelling === 0 && s.block === 'drain' && s.queue.length === 0) s.block = null;
}

const interrupted: Failure = {
  code: 'statement_timeout',
  message: 'canceling statement due to user request or timeout',
};

/** A ruling that is out of date when it arrives is asked for again, but not for ever. */
const rulingsMissedMax = 8;

const neverCurrent: Failure = {
  code: 'unavailable',
  message: 'policies or catalog keep changing while the statement is looked at',
};

/** The ruling on a text, or null when the message has to wait for it. */
export function ruleOn(s: Session, key: string): Ruling | null {
  const given = s.ruled;
  if (given !== null) {
    s.ruled = null;
    if (given.isTransient || (given.key === key && s.gate.isCurrent(given))) {
      s.rulingsMissed = 0;
      return given;
    }
    s.rulingsMissed += 1;
    if (s.rulingsMissed > rulingsMissedMax) {
      s.rulingsMissed = 0;
      return s.gate.reject(neverCurrent, '(not analysed)');
    }
  }
  if (mustDrain(s)) {
    s.block = 'drain';
    return null;
  }
  const ruling = s.gate.lookup(key);
  if (ruling !== null) return ruling;
  s.block = 'ruling';
  s.wish = () => s.ports.resolve(key);
  return null;
}

/** The answer to `ports.resolve`. The caller goes on with `continueClient`. */
export function ruled(s: Session, ruling: Ruling): void {
  if (s.block !== 'ruling') return;
  const isCancelled = s.isInterrupted && ruling.isTransient;
  s.isInterrupted = false;
  // What is skipped by now needs none.
  s.ruled = s.isSkipping ? null : isCancelled ? s.gate.reject(interrupted, '(not analysed)') : ruling;
  s.block = null;
}

/** Of an earlier lookup of this very text: literals that its shared ruling does not carry. */
export const literalsOf = (s: Session, ruling: Ruling): readonly string[] | null =>
  ruling.isShared ? s.gate.literals : null;

export type Clearance =
  | { type: 'cleared'; requestId: string | null; run: Run | null }
  | { type: 'refused'; refused: Refused; run: Run | null }
  /** The message has to wait until somebody has decided. */
  | { type: 'held' };

/**
 * Who was asked, and about what: the same text touches something else under another search path, when tables were renamed, or when
 * a function or view was replaced. An approval given by others or for something else does not count.
 */
export function approvalKey({ ruling, parametersHash }: Pick<HoldRequest, 'ruling' | 'parametersHash'>): string {
  const { analysis, decision, definitions } = ruling;
  // The same whether the types of parameters are declared, or have been inferred before.
  const key = settledKey(ruling.key, ruling);
  const touched = analysis.ok ? analysis.statements.map(({ accesses, functions }) => [accesses, functions]) : null;
  return JSON.stringify([key, parametersHash, decision.approval, touched, definitions]);
}

const approvalChanged = refusal(
  {
    code: 'approval_expired',
    message: 'policy or tables changed while the statement waited, so the approval does not cover it any more',
    hint: 'Run the statement again.',
  },
  'approval',
);

/** Whether a statement may run now: refused, held, or cleared. `isCleared`: an approval was already given for it. */
export function clear(s: Session, request: HoldRequest, isCleared: boolean): Clearance {
  const { ruling } = request;
  const { held, heldRun } = s;
  s.held = null;
  s.heldRun = null;
  if (ruling.refusal !== null) return { type: 'refused', refused: ruling.refusal, run: heldRun };
  if (!ruling.asks || isCleared) return { type: 'cleared', requestId: null, run: heldRun };
  if (held?.type === 'cleared' && held.approvalKey === approvalKey(request)) {
    return { type: 'cleared', requestId: held.requestId, run: heldRun };
  }
  if (held?.type === 'cleared') return { type: 'refused', refused: approvalChanged, run: heldRun };
  if (held?.type === 'refused') return { type: 'refused', refused: held.refused, run: heldRun };
  s.block = 'hold';
  s.wish = () => s.ports.hold(request);
  return { type: 'held' };
}

/** The answer to `ports.hold`. The caller goes on with `continueClient`. */
export function holdEnded(s: Session, result: Session['held'], run: Run | null): void {
  if (s.block !== 'hold') return;
  s.held = result;
  s.heldRun = run;
  if (result?.type === 'cleared' && run !== null) run.isApproved = true;
  s.block = null;
}

/**
 * The message is done with. Where it did not come to what was decided of it, since something before it had failed, that decision is
 * for no other message.
 */
export function dropHeld(s: Session): void {
  if (s.held === null) return;
  const run = s.heldRun;
  s.held = null;
  s.heldRun = null;
  if (run !== null) s.journal.completed(run, 'cancelled', { tag: null, sqlstate: null });
}

/** Records a decision; null while recording is impossible. */
export function record(
  s: Session,
  ruling: Ruling,
  details: { protocol: 'simple' | 'extended'; literals: readonly string[] | null; requestId?: string | null },
): Run | null {
  const { recorder } = s.ports;
  if (!recorder.healthy) return null;
  const literals = details.literals === null ? null : recorder.seal(details.literals, ruling.analysis.fingerprint);
  const protocol = s.parts === null ? details.protocol : 'simple';
  return s.journal.decided(ruling, { protocol, literals, requestId: details.requestId ?? null });
}
