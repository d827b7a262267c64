/** Rebuilds what names will mean from what is still on its way to the server, after some of it turned out to be skipped. */
import { expects } from './expect.ts';
import type { Session } from './state.ts';

export function replayProposals(s: Session): void {
  s.statements.forgetProposals();
  s.portals.forgetProposals();
  for (const entry of s.queue) {
    switch (entry.kind) {
      case expects.query:
        s.statements.propose('', null);
        s.portals.propose('', null);
        break;
      case expects.parse:
        if (entry.prepared !== null) s.statements.propose(entry.name, entry.prepared);
        break;
      case expects.bind:
        if (entry.portal !== null) s.portals.propose(entry.name, entry.portal);
        break;
      case expects.closeStatement:
        s.statements.propose(entry.name, null);
        break;
      case expects.closePortal:
        s.portals.propose(entry.name, null);
        break;
      default:
        break;
    }
  }
}
