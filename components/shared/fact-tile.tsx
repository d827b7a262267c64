/** One fact with where it comes from and how old it is. */
import type { ReactNode } from 'react';
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
        '-me-px -mb-px grid min-w-0 grow basis-1/2 content-start gap-0.5 border-e border-b border-border px-3 py-2 sm:basis-[9.5rem] [&_time]:inline-block [&_time]:leading-5 [&_time]:whitespace-normal',
        className,
      )}
    >
      <dt className="text-xs text-muted-foreground">{label}</dt>
      <dd className={cn('min-w-0 text-lg font-semibold tabular-nums', isAlarming && 'text-deny')}>{value}</dd>
      {method ? <dd className="text-xs text-muted-foreground">{method}</dd> : null}
    </div>
  );
}

/** Tiles side by side, as many as fit. */
export function FactStrip({ children, label }: { children: ReactNode; label: string }) {
  return (
    <dl aria-label={label} className="flex flex-wrap overflow-hidden rounded-lg border border-border bg-card">
      {children}
    </dl>
  );
}
