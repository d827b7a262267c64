/** Grey shapes where content will be, shown only when the wait is long enough to notice. */
import { cn } from './cn.ts';

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden data-skeleton className={cn('animate-appear rounded-sm bg-muted', className)} />;
}

/** Rows of the height that the real ones will have. */
export function SkeletonRows({ rows = 6, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows have no identity and never change place
        <div key={row} className="flex h-(--row-h) items-center border-b border-border px-(--cell-px) last:border-b-0">
          <Skeleton className={cn('h-3', ['w-2/3', 'w-1/2', 'w-3/5'][row % 3])} />
        </div>
      ))}
    </div>
  );
}
