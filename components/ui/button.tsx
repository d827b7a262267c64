/** Buttons, and links that look like them. The label is a verb with its object. */
import { cva, type VariantProps } from 'class-variance-authority';
import Link from 'next/link';
import type { ComponentProps } from 'react';
import { cn } from './cn.ts';

export const buttonStyle = cva(
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap select-none transition-colors duration-(--dur-1) disabled:opacity-60 aria-disabled:opacity-60 [&_svg]:size-4 [&_svg]:shrink-0',
  {
    variants: {
      variant: {
        primary: 'bg-primary text-primary-foreground hover:bg-primary/90',
        secondary: 'border border-input bg-card text-foreground hover:bg-muted',
        ghost: 'text-foreground hover:bg-muted',
        allow: 'bg-btn-allow text-btn-allow-foreground hover:bg-btn-allow/90',
        destructive: 'bg-destructive text-destructive-foreground hover:bg-destructive/90',
        link: 'text-link underline-offset-2 hover:underline',
      },
      size: {
        default: 'h-(--control-h) px-3 text-sm',
        small: 'h-6 px-2 text-xs pointer-coarse:h-9',
        icon: 'size-(--control-h) p-0',
        smallIcon: 'size-6 p-0 pointer-coarse:size-9',
        inline: 'h-auto p-0 text-sm',
      },
    },
    defaultVariants: { variant: 'secondary', size: 'default' },
  },
);

type Style = VariantProps<typeof buttonStyle>;

export function Button({
  className,
  variant,
  size,
  pending = false,
  ...props
}: ComponentProps<'button'> & Style & { pending?: boolean }) {
  return (
    <button
      type="button"
      aria-busy={pending || undefined}
      {...props}
      disabled={props.disabled || pending}
      className={cn(buttonStyle({ variant, size }), className)}
    />
  );
}

export function ButtonLink({ className, variant, size, ...props }: ComponentProps<typeof Link> & Style) {
  return <Link {...props} className={cn(buttonStyle({ variant, size }), className)} />;
}
