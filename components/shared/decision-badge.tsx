/** What was decided, as icon and word. A fault of the system is not a decision and looks different. */
import {
  Check,
  Eye,
  Gauge,
  Hourglass,
  ListFilter,
  OctagonX,
  ScanSearch,
  TriangleAlert,
  VenetianMask,
} from 'lucide-react';
import { Badge } from '#components/ui/badge.tsx';

const marks = {
  allow: { Icon: Check, word: 'Allowed' },
  mask: { Icon: VenetianMask, word: 'Masked' },
  filter: { Icon: ListFilter, word: 'Row-filtered' },
  approve: { Icon: Hourglass, word: 'Needs approval' },
  deny: { Icon: OctagonX, word: 'Denied' },
  limit: { Icon: Gauge, word: 'Limited' },
  detect: { Icon: ScanSearch, word: 'Looked for' },
  observe: { Icon: Eye, word: 'Observed' },
  fault: { Icon: TriangleAlert, word: 'Fault' },
} as const;

export type DecisionKind = keyof typeof marks;

export const decisionWord = (kind: DecisionKind): string => marks[kind].word;

export function DecisionBadge({ kind, word }: { kind: DecisionKind; word?: string }) {
  const { Icon, word: usual } = marks[kind];
  return (
    <Badge tone={kind === 'limit' || kind === 'detect' ? 'neutral' : kind}>
      <Icon aria-hidden />
      {word ?? usual}
    </Badge>
  );
}
