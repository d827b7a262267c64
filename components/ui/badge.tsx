/** A word with its icon in a tinted frame; a count in a pill. The word carries the meaning, the colour only helps. */
import { cva, type VariantProps } from 'class-variance-authority';
import type { ComponentProps } from 'react';
import { cn } from './cn.ts';
import { formatCount } from './number-format.ts';

export const badgeStyle = cva(
  'inline-flex h-5 items-center gap-1 rounded-sm border px-1.5 text-xs font-medium whitespace-nowrap [&_svg]:size-3 [&_svg]:shrink-0',
  {
    variants: {
      tone: {
        neutral: 'border-border bg-muted text-foreground',
        outline: 'border-input text-foreground',
        solid: 'border-foreground bg-foreground text-background',
        allow: 'border-allow-line bg-allow-bg text-allow',
        mask: 'border-mask-line bg-mask-bg text-mask',
        filter: 'border-filter-line bg-filter-bg text-filter',
        approve: 'border-approve-line bg-approve-bg text-approve',
        deny: 'border-deny-line bg-deny-bg text-deny',
        observe: 'border-observe-line bg-observe-bg text-observe',
        fault: 'border-fault-line text-fault',
      },
    },
    defaultVariants: { tone: 'neutral' },
  },
);

export type BadgeTone = NonNullable<VariantProps<typeof badgeStyle>['tone']>;

export function Badge({ tone, className, ...props }: ComponentProps<'span'> & VariantProps<typeof badgeStyle>) {
  return <span {...props} className={cn(badgeStyle({ tone }), className)} />;
}

export function Count({ value, className, ...props }: Omit<ComponentProps<'span'>, 'children'> & { value: number }) {
  return (
    <span
      {...props}
      className={cn(
        'inline-flex min-w-5 justify-center rounded-[10px] bg-muted px-1.5 text-xs leading-5 text-foreground tabular-nums',
        className,
      )}
    >
      {formatCount(value)}
    </span>
  );
}
