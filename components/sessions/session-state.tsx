/** Where a session stands. */
import { Badge } from '#components/ui/badge.tsx';
import type { SessionView } from '#lib/audit/schema.ts';

const why: Readonly<Record<SessionView['state'], string>> = {
  live: 'The client is connected',
  ended: 'The client or the proxy closed it',
  lost: 'Its proxy stopped without ending it; what was running has an unknown outcome',
};

export function SessionStateBadge({ state }: { state: SessionView['state'] }) {
  if (state === 'live') {
    return (
      <Badge tone="allow" title={why.live}>
        <span aria-hidden data-shape className="size-2 rounded-full bg-allow-solid motion-safe:animate-live" />
        Live
      </Badge>
    );
  }
  return (
    <Badge tone={state === 'lost' ? 'fault' : 'neutral'} title={why[state]}>
      {state === 'lost' ? 'Lost' : 'Ended'}
    </Badge>
  );
}
