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

export function OutcomeBadge({ outcome, sqlstate }: { outcome: StatementView['outcome']; sqlstate: string | null }) {
  if (outcome === null) return <Badge tone="observe">Running</Badge>;
  if (outcome === 'ok') return <span className="text-muted-foreground">OK</span>;
  return (
    <Badge tone={outcome === 'error' || outcome === 'unknown' ? 'fault' : 'neutral'}>
      {words[outcome]}
      {sqlstate ? <span className="font-mono">{sqlstate}</span> : null}
    </Badge>
  );
}
