/** What names will mean once the server has done what it was sent. */
import { type Expect, expects } from './expect.ts';
import { held, type Session } from './state.ts';

/** Puts an entry into the queue, with what it proposes. Sync and Query end a unit. */
export function enqueue(s: Session, entry: Expect): void {
  entry.unit = s.unit;
  entry.offset = s.parts?.list[s.parts.at]?.offset ?? 0;
  const { head } = s.queue;
  entry.isLater = head !== null && (head.unit !== s.unit || s.unitHolds === held.effects);
  entry.sent = s.gate.names.now;
  if (entry.ruling?.isBarrier && (entry.kind === expects.query || entry.kind === expects.execute))
    s.gate.names.sent(entry.ruling);
  s.queue.push(entry);
  propose(s, entry);
  if (entry.kind === expects.query || entry.kind === expects.sync) {
    s.unit += 1;
    s.unitHolds = held.nothing;
  } else if (entry.kind === expects.execute) s.unitHolds = held.effects;
  else if (entry.kind === expects.bind && s.unitHolds === held.nothing) s.unitHolds = held.portals;
}

function propose(s: Session, { kind, name, prepared, portal, unit }: Expect): void {
  switch (kind) {
    case expects.query:
      s.statements.propose('', null, unit);
      s.portals.propose('', null, unit);
      break;
    case expects.parse:
      if (prepared !== null) s.statements.propose(name, prepared, unit);
      break;
    case expects.bind:
      if (portal !== null) s.portals.propose(name, portal, unit);
      break;
    case expects.closeStatement:
      s.statements.propose(name, null, unit);
      break;
    case expects.closePortal:
      s.portals.propose(name, null, unit);
      break;
    default:
      break;
  }
}

/** From what is still on its way, after some of it was answered or turned out to be skipped. */
export function replayProposals(s: Session): void {
  s.statements.forgetProposals();
  s.portals.forgetProposals();
  for (const entry of s.queue) propose(s, entry);
}
