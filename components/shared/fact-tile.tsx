/** One fact with where it comes from and how old it is. */
import { Children, type CSSProperties, type ReactNode } from 'react';
import { cn } from '#components/ui/cn.ts';

type Props = {
  label: string;
  value: ReactNode;
  /** How the value was found, e.g. "counted read-only", and when. */
  method?: ReactNode;
  isAlarming?: boolean;
  className?: string;
};

export function FactTile({ label, value, method, isAlarming = false, className }: Props) {
  return (
    <div
      className={cn(
        '-me-px -mb-px grid min-w-0 grow basis-1/2 content-start sm:basis-(--fact-basis) gap-0.5 border-e border-b border-border px-3 py-2 [&_time]:inline-block [&_time]:leading-5 [&_time]:whitespace-normal',
        className,
      )}
    >
      <dt className="text-xs text-muted-foreground">{label}</dt>
      <dd className={cn('min-w-0 text-lg font-semibold tabular-nums', isAlarming && 'text-deny')}>{value}</dd>
      {method ? <dd className="text-xs text-muted-foreground">{method}</dd> : null}
    </div>
  );
}

/** More are shared out between two rows, so that none is left over for a row of its own. */
const oneRowMax = 6;
const basis = '9.5rem';

function basisOf(tiles: number): string {
  return tiles > oneRowMax ? `max(${basis}, ${Math.floor(100 / Math.ceil(tiles / 2))}%)` : basis;
}

/** Tiles side by side, as many as fit. */
export function FactStrip({ children, label }: { children: ReactNode; label: string }) {
  return (
    <dl
      aria-label={label}
      className="flex flex-wrap overflow-hidden rounded-lg border border-border bg-card"
      style={{ '--fact-basis': basisOf(Children.toArray(children).length) } as CSSProperties}
    >
      {children}
    </dl>
  );
}
