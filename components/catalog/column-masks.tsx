/** What policies hide of one column, and from whom, in words. */
import Link from 'next/link';
import { Badge } from '#components/ui/badge.tsx';
import type { ColumnMask } from '#lib/policy/schema.ts';

export function ColumnMasks({ masks }: { masks: readonly ColumnMask[] }) {
  if (!masks.some(mask => mask.enforced)) {
    return (
      <span className="grid justify-items-start gap-1">
        <Badge tone="approve">Masked by no policy</Badge>
        <MaskItems masks={masks} />
      </span>
    );
  }
  return <MaskItems masks={masks} />;
}

function MaskItems({ masks }: { masks: readonly ColumnMask[] }) {
  if (masks.length === 0) return null;
  return (
    <ul className="grid gap-1">
      {masks.map(mask => (
        <li key={`${mask.policy}/${mask.rule}`}>
          <Link
            href={`/policies/${mask.policy}`}
            className="hover:underline"
            title={`${mask.policy}, rule ${mask.rule}`}
          >
            {mask.enforced ? mask.what : `would: ${mask.what}`}
          </Link>
          <span className="block text-xs text-muted-foreground">
            to {mask.whom}
            {mask.enforced ? '' : '; only observed'}
          </span>
        </li>
      ))}
    </ul>
  );
}
