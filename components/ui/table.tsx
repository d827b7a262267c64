/** The look of a table; behaviour is in data-table.tsx. */
import type { ComponentProps } from 'react';
import { cn } from './cn.ts';

export function Table({ className, ...props }: ComponentProps<'table'>) {
  return <table {...props} className={cn('w-full border-separate border-spacing-0 text-left text-sm', className)} />;
}

export function TableHead({ className, ...props }: ComponentProps<'th'>) {
  return (
    <th
      scope="col"
      {...props}
      className={cn(
        'sticky top-0 z-10 h-8 border-b border-border bg-muted px-(--cell-px) text-xs font-medium whitespace-nowrap text-muted-foreground first:rounded-tl-lg last:rounded-tr-lg',
        className,
      )}
    />
  );
}

export function TableCell({ className, ...props }: ComponentProps<'td'>) {
  return (
    <td
      {...props}
      className={cn('h-(--row-h) border-b border-border px-(--cell-px) py-1 group-last/row:border-b-0', className)}
    />
  );
}

/** A table that may be wider than its place: scrolls sideways, also by keyboard. */
export function TableFrame({ label, className, children, ...props }: ComponentProps<'table'> & { label: string }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls
    <div
      role="group"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      className={cn('overflow-x-auto rounded-lg border border-border', className)}
    >
      <Table aria-label={label} {...props}>
        {children}
      </Table>
    </div>
  );
}
