/** The look of a table; behaviour is in data-table.tsx. */
import type { ComponentProps } from 'react';
import { cn } from './cn.ts';

export function Table({ className, ...props }: ComponentProps<'table'>) {
  return <table {...props} className={cn('w-full border-separate border-spacing-0 text-start text-sm', className)} />;
}

export function TableHead({ className, ...props }: ComponentProps<'th'>) {
  return (
    <th
      scope="col"
      {...props}
      className={cn(
        'sticky top-0 z-10 h-8 border-b border-border bg-muted px-(--cell-px) text-start text-xs font-medium whitespace-nowrap text-muted-foreground first:rounded-ss-lg last:rounded-se-lg',
        className,
      )}
    />
  );
}

/** `label`: the heading of its column, which stands beside it where the table of a `TableFrame` is stacked. */
export function TableCell({ className, label, ...props }: ComponentProps<'td'> & { label?: string }) {
  return (
    <td
      data-label={label}
      {...props}
      className={cn('h-(--row-h) border-b border-border px-(--cell-px) py-1 group-last/row:border-b-0', className)}
    />
  );
}

/** On narrow screens a row is a block: its first cell on top, below it each other cell beside its label. */
const stackedStyle = cn(
  'max-md:[&_thead]:sr-only max-md:[&_:is(table,tbody)]:block max-md:[&_td]:block max-md:[&_td]:h-auto max-md:[&_td]:border-b-0 max-md:[&_td]:py-0.5 max-md:[&_td]:text-start max-md:[&_td]:wrap-anywhere',
  'max-md:[&_tbody_tr]:block max-md:[&_tbody_tr]:border-b max-md:[&_tbody_tr]:border-border max-md:[&_tbody_tr]:py-1.5 max-md:[&_tbody_tr:last-child]:border-b-0',
  'max-lg:[&_time]:whitespace-normal max-md:[&_td>*]:min-w-0 max-md:[&_td[data-label]]:flex max-md:[&_td[data-label]]:gap-2 max-md:[&_td[data-label]]:before:w-24 max-md:[&_td[data-label]]:before:shrink-0 max-md:[&_td[data-label]]:before:text-xs/5 max-md:[&_td[data-label]]:before:text-muted-foreground max-md:[&_td[data-label]]:before:content-[attr(data-label)]',
);

/** A table of few rows. Where it is wider than its place it scrolls sideways, also by keyboard; on narrow screens it is stacked. */
export function TableFrame({ label, className, children, ...props }: ComponentProps<'table'> & { label: string }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls
    <div
      role="group"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      className={cn('overflow-x-auto rounded-lg border border-border', stackedStyle, className)}
    >
      <Table aria-label={label} {...props}>
        {children}
      </Table>
    </div>
  );
}
