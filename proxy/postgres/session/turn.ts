/** The end of a turn: records first, then bytes, then what the session wishes for. */
import type { Session } from './state.ts';

/** Statements that were parsed but not executed in this turn get a record of their own before their text leaves. */
export function recordParses(s: Session): void {
  if (s.unrecorded.length === 0) return;
  for (const { prepared, ruling, attach } of s.unrecorded) {
    if (prepared.isRecorded) continue;
    prepared.isRecorded = true;
    const literals =
      prepared.literals === null ? null : s.ports.recorder.seal(prepared.literals, ruling.analysis.fingerprint);
    const protocol = s.parts === null ? 'extended' : 'simple';
    attach(s.journal.decided(ruling, { protocol, literals, requestId: null }));
  }
  s.unrecorded.length = 0;
}

/** Sends what the turn has collected; what belongs to a held statement stays until somebody has decided. */
export function flushTurn(s: Session): void {
  if (s.isEnded) return;
  const up = s.block === 'hold' ? s.up.takeToBoundary() : s.up.take();
  if (up !== null && !s.ports.toServer(up)) s.up.disown();
  flushDown(s);
  const wish = s.wish;
  s.wish = null;
  wish?.();
}

export function flushDown(s: Session): void {
  const down = s.down.take();
  if (down === null) return;
  s.journal.totals.bytesOut += down.length;
  if (!s.ports.toClient(down)) s.down.disown();
}

/** The server has answered everything it was sent. */
export function drained(s: Session): void {
  s.statements.forgetProposals();
  s.portals.forgetProposals();
  // A COPY that was answered by something else than the wish for data will not have any.
  if (s.block === 'drain' || s.block === 'copy') s.block = null;
  const { internal } = s;
  s.internal = null;
  if (internal === null) return;
  internal.done(internal.all.some(each => each.hasFailed) ? null : internal.all.map(each => each.rows));
}
