/** Keys as they are printed on the keyboard. */
import { cn } from './cn.ts';

type Props = {
  keys: readonly string[];
  /** On a filled button: takes the colour of its text. */
  isInverse?: boolean;
  className?: string;
};

export function Kbd({ keys, isInverse = false, className }: Props) {
  return (
    <span className={cn('inline-flex items-center gap-0.5', className)}>
      {keys.map(key => (
        <kbd
          key={key}
          className={cn(
            'inline-flex h-5 min-w-5 items-center justify-center rounded-sm border border-border bg-muted px-1 font-sans text-2xs text-muted-foreground',
            isInverse && 'border-current bg-transparent text-current',
          )}
        >
          {key}
        </kbd>
      ))}
    </span>
  );
}
