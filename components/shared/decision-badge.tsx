/** What was decided, as icon and word. A fault of the system is not a decision and looks different. */
import {
  Check,
  Eye,
  Gauge,
  Hourglass,
  ListFilter,
  OctagonX,
  ScanSearch,
  SpellCheck,
  TriangleAlert,
  VenetianMask,
} from 'lucide-react';
import { Badge } from '#components/ui/badge.tsx';
import type { Tally } from '#core/event/tally.ts';
import type { Effect } from '#core/policy/schema.ts';

const marks = {
  allow: { Icon: Check, word: 'Allowed' },
  mask: { Icon: VenetianMask, word: 'Masked' },
  filter: { Icon: ListFilter, word: 'Row-filtered' },
  approve: { Icon: Hourglass, word: 'Needs approval' },
  deny: { Icon: OctagonX, word: 'Denied' },
  mistake: { Icon: SpellCheck, word: 'Mistake' },
  limit: { Icon: Gauge, word: 'Limited' },
  detect: { Icon: ScanSearch, word: 'Looked for' },
  observe: { Icon: Eye, word: 'Observed' },
  fault: { Icon: TriangleAlert, word: 'Fault' },
} as const;

export type DecisionKind = keyof typeof marks;

export const decisionWord = (kind: DecisionKind): string => marks[kind].word;

/** A mistake was denied as well, but no policy had to be asked. */
export const talliedAs = ({ effect, isMistake }: { effect: Effect; isMistake: boolean }): Tally =>
  isMistake ? 'mistake' : effect;

export function DecisionBadge({ kind, word }: { kind: DecisionKind; word?: string }) {
  const { Icon, word: usual } = marks[kind];
  return (
    <Badge tone={kind === 'limit' || kind === 'detect' || kind === 'mistake' ? 'neutral' : kind}>
      <Icon aria-hidden />
      {word ?? usual}
    </Badge>
  );
}
