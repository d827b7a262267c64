/** Keys as they are printed on the keyboard. */
import { cn } from './cn.ts';

export function Kbd({ keys, className }: { keys: readonly string[]; className?: string }) {
  return (
    <span className={cn('inline-flex items-center gap-0.5', className)}>
      {keys.map(key => (
        <kbd
          key={key}
          className="inline-flex h-5 min-w-5 items-center justify-center rounded-sm border border-border bg-muted px-1 font-sans text-2xs text-muted-foreground"
        >
          {key}
        </kbd>
      ))}
    </span>
  );
}
