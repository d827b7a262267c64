/** How a statement ended. */
import { Badge } from '#components/ui/badge.tsx';
import type { StatementView } from '#lib/audit/schema.ts';

const words: Readonly<Record<NonNullable<StatementView['outcome']>, string>> = {
  ok: 'OK',
  error: 'Error',
  refused: 'Refused',
  cancelled: 'Cancelled',
  unknown: 'Unknown',
};

type Props = Pick<StatementView, 'outcome' | 'sqlstate' | 'effect'>;

/** Of a held statement it is not known here whether it still waits or already runs. */
export function OutcomeBadge({ outcome, sqlstate, effect }: Props) {
  if (outcome === null) return <Badge tone="observe">{effect === 'approve' ? 'Not ended' : 'Running'}</Badge>;
  if (outcome === 'ok') return <span className="text-muted-foreground">OK</span>;
  // The decision beside it is loud already.
  if (outcome === 'refused')
    return (
      <span className="whitespace-nowrap text-muted-foreground">
        Refused {sqlstate ? <span className="font-mono text-xs">{sqlstate}</span> : null}
      </span>
    );
  return (
    <Badge tone={outcome === 'error' || outcome === 'unknown' ? 'fault' : 'neutral'}>
      {words[outcome]}
      {sqlstate ? <span className="font-mono">{sqlstate}</span> : null}
    </Badge>
  );
}
