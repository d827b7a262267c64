/** Text entry: one line, several lines, and one of a list. All three share the look of a control. */
import { ChevronDown } from 'lucide-react';
import type { ComponentProps } from 'react';
import { cn } from './cn.ts';

export const controlStyle =
  'w-full min-w-0 rounded-md border border-input bg-card px-2.5 text-sm text-foreground placeholder:text-muted-foreground disabled:bg-muted disabled:text-muted-foreground aria-invalid:border-destructive pointer-coarse:text-lg';

export function Input({ className, ...props }: ComponentProps<'input'>) {
  return <input {...props} className={cn(controlStyle, 'h-(--control-h)', className)} />;
}

export function Textarea({ className, ...props }: ComponentProps<'textarea'>) {
  return <textarea rows={3} {...props} className={cn(controlStyle, 'py-1.5 leading-5', className)} />;
}

/** The browser's own list: it works by keyboard, by voice and on a telephone without any of our code. */
export function Select({ className, ...props }: ComponentProps<'select'>) {
  return (
    <span className={cn('relative inline-flex w-full', className)}>
      <select {...props} className={cn(controlStyle, 'h-(--control-h) appearance-none pe-8')} />
      <ChevronDown
        aria-hidden
        className="pointer-events-none absolute inset-y-0 end-2 my-auto size-4 text-muted-foreground"
      />
    </span>
  );
}
