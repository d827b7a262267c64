/** How a proxy is, as icon and word. */
import { CircleCheck, CircleSlash, History, PlugZap } from 'lucide-react';
import { Badge } from '#components/ui/badge.tsx';
import type { ProxyState } from '#lib/proxies/schema.ts';

const states = {
  online: { tone: 'allow', Icon: CircleCheck, word: 'Online' },
  behind: { tone: 'approve', Icon: History, word: 'Behind' },
  offline: { tone: 'deny', Icon: PlugZap, word: 'Offline' },
  revoked: { tone: 'neutral', Icon: CircleSlash, word: 'Revoked' },
} as const satisfies Record<ProxyState, unknown>;

export const proxyStateWord = (state: ProxyState): string => states[state].word;

export function ProxyStateBadge({ state }: { state: ProxyState }) {
  const { tone, Icon, word } = states[state];
  return (
    <Badge tone={tone}>
      <Icon aria-hidden />
      {word}
    </Badge>
  );
}
