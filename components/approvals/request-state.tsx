/** Where a request stands, in a word. */
import {
  Ban,
  Check,
  CircleCheck,
  CircleSlash,
  Hourglass,
  type LucideIcon,
  OctagonX,
  Play,
  TimerOff,
  TriangleAlert,
} from 'lucide-react';
import { Badge, type BadgeTone } from '#components/ui/badge.tsx';
import type { RequestState } from '#lib/approvals/schema.ts';

const marks: Readonly<Record<RequestState, { word: string; tone: BadgeTone; Icon: LucideIcon }>> = {
  pending: { word: 'Waiting', tone: 'approve', Icon: Hourglass },
  approved: { word: 'Approved', tone: 'allow', Icon: Check },
  executing: { word: 'Running', tone: 'observe', Icon: Play },
  done: { word: 'Done', tone: 'allow', Icon: CircleCheck },
  failed: { word: 'Failed', tone: 'fault', Icon: TriangleAlert },
  denied: { word: 'Denied', tone: 'deny', Icon: OctagonX },
  expired: { word: 'Expired', tone: 'neutral', Icon: TimerOff },
  withdrawn: { word: 'Withdrawn', tone: 'neutral', Icon: CircleSlash },
  revoked: { word: 'Revoked', tone: 'neutral', Icon: Ban },
};

export const stateWord = (state: RequestState): string => marks[state].word;

export function RequestStateBadge({ state }: { state: RequestState }) {
  const { word, tone, Icon } = marks[state];
  return (
    <Badge tone={tone}>
      <Icon aria-hidden />
      {word}
    </Badge>
  );
}
