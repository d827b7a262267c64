/** How a proxy is doing. */

import { Badge, type BadgeTone } from '#components/ui/badge.tsx';
import type { ProxyState } from '#lib/proxies/schema.ts';

const marks: Readonly<Record<ProxyState, { word: string; tone: BadgeTone; why: string }>> = {
  online: { word: 'Online', tone: 'allow', why: 'It reports, on the current bundle' },
  behind: { word: 'Behind', tone: 'approve', why: 'It reports, on an older bundle' },
  offline: {
    word: 'Offline',
    tone: 'fault',
    why: 'It has not reported for half a minute; it goes on enforcing its last bundle until that expires',
  },
  revoked: { word: 'Revoked', tone: 'neutral', why: 'It may no longer speak to the control plane' },
};

export function ProxyStateBadge({ state }: { state: ProxyState }) {
  const { word, tone, why } = marks[state];
  return (
    <Badge tone={tone} title={why}>
      {word}
    </Badge>
  );
}
