'use client';
/**
 * A list of rows: a table on wide screens, two-line rows on narrow ones. Each row has one link or button marked with `rowAction`,
 * which is what the keyboard moves between and what a click anywhere in the row follows.
 */
import {
  type ColumnDef,
  flexRender,
  getCoreRowModel,
  type Row,
  type RowData,
  useReactTable,
} from '@tanstack/react-table';
import { Fragment, type MouseEvent, type ReactNode, useRef } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { cn } from './cn.ts';
import { formatCount, plural } from './number-format.ts';
import { Table, TableCell, TableHead } from './table.tsx';
import { ZoneSaid } from './time.tsx';
import { useCramped } from './use-cramped.ts';
import { narrowScreen, useMediaQuery } from './use-media-query.ts';

declare module '@tanstack/react-table' {
  interface ColumnMeta<TData extends RowData, TValue> {
    align?: 'right';
    className?: string;
    /** Where the cell goes in a two-line row; absent: not shown there. */
    narrow?: 'title' | 'detail' | 'badge';
    /** What the cell means there, where it does not say so itself. */
    narrowLabel?: string;
    /** What there is that many of, after the number. */
    narrowUnit?: (row: TData) => string | null;
  }
}

export type Column<T> = ColumnDef<T, unknown>;

/** Attributes of the one element in a row that opens it. */
export const rowAction = { 'data-row-action': '' } as const;

type Props<T> = {
  /** Names the table for assistive technology. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowId: (row: T) => string;
  /** Marks the row that is open beside the list. */
  selectedId?: string | null;
  /** How many rows there are in all, where the server said so; `isAbout` when it estimated. */
  total?: number | undefined;
  isTotalAbout?: boolean;
  /** The button for more rows. */
  footer?: ReactNode;
  /** Puts a heading before each run of rows that belong together; the rows come in that order already. */
  groups?: { keyOf: (row: T) => string; heading: (key: string) => ReactNode };
};

function openRow(event: MouseEvent<HTMLElement>): void {
  const target = event.target as Element;
  if (target.closest('a, button, input, label, select, textarea, summary') || getSelection()?.toString()) return;
  event.currentTarget.querySelector<HTMLElement>('[data-row-action]')?.click();
}

/** Moves the focus between the rows; from outside the list, to its first or last. */
function moveFocus(list: HTMLElement | null, step: 1 | -1): void {
  const actions = [...(list?.querySelectorAll<HTMLElement>('[data-row-action]') ?? [])];
  const at = actions.indexOf(document.activeElement as HTMLElement);
  const next = at === -1 ? actions[step === 1 ? 0 : actions.length - 1] : actions[at + step];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

const rowStyle = (isSelected: boolean) =>
  cn(
    'group/row hover:bg-muted has-[[data-row-action]]:cursor-pointer',
    'has-[[data-row-action]:focus-visible]:outline-2 has-[[data-row-action]:focus-visible]:-outline-offset-2 has-[[data-row-action]:focus-visible]:outline-ring',
    isSelected && 'bg-accent hover:bg-accent',
  );

function NarrowRow<T>({ row, isSelected }: { row: Row<T>; isSelected: boolean }) {
  const cells = row.getVisibleCells();
  const place = (where: 'title' | 'detail' | 'badge') =>
    cells
      .filter(cell => cell.column.columnDef.meta?.narrow === where)
      .map(cell => {
        const { narrowLabel, narrowUnit } = cell.column.columnDef.meta ?? {};
        const unit = narrowUnit?.(row.original) ?? null;
        const shown = flexRender(cell.column.columnDef.cell, cell.getContext());
        return (
          <span key={cell.id} className={cn('max-w-full min-w-0', (narrowLabel || unit) && 'inline-flex gap-1')}>
            {narrowLabel ? <span>{narrowLabel}</span> : null}
            {shown}
            {unit ? <span>{unit}</span> : null}
          </span>
        );
      });
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard has the link or button inside the row
    <li
      onClick={openRow}
      className={cn(
        rowStyle(isSelected),
        'grid grid-cols-[minmax(0,1fr)] gap-1 border-b border-border px-3 py-2.5 last:border-b-0',
      )}
    >
      <div className="flex items-start justify-between gap-2">
        {/* A login or a name may be one long word: it breaks rather than to push the page aside. */}
        <div className="min-w-0 flex-1 wrap-anywhere">{place('title')}</div>
        <div className="flex shrink-0 gap-1">{place('badge')}</div>
      </div>
      <div className="flex flex-wrap gap-x-3 gap-y-0.5 text-xs wrap-anywhere text-muted-foreground">
        {place('detail')}
      </div>
    </li>
  );
}

function WideRow<T>({ row, index, isSelected }: { row: Row<T>; index: number; isSelected: boolean }) {
  return (
    <tr
      aria-rowindex={index + 2}
      aria-current={isSelected || undefined}
      onClick={openRow}
      className={cn(rowStyle(isSelected), isSelected && 'shadow-[inset_2px_0_var(--primary)]')}
    >
      {row.getVisibleCells().map(cell => (
        <TableCell
          key={cell.id}
          className={cn(
            cell.column.columnDef.meta?.align === 'right' && 'text-end',
            cell.column.columnDef.meta?.className,
          )}
        >
          {flexRender(cell.column.columnDef.cell, cell.getContext())}
        </TableCell>
      ))}
    </tr>
  );
}

function CountSentence({ shown, total, isAbout }: { shown: number; total: number | undefined; isAbout: boolean }) {
  if (shown === 0) return null;
  // An estimate says nothing about rows that are all here.
  if (total === undefined || total <= shown) {
    return <span className="text-xs text-muted-foreground tabular-nums">{plural(shown, 'row')}</span>;
  }
  const of = ` of ${isAbout ? 'about ' : ''}${formatCount(total)}`;
  return (
    <span className="text-xs text-muted-foreground tabular-nums">
      Rows 1–{formatCount(shown)}
      {of}
    </span>
  );
}

/** The key of the group that begins with this row; null within one. */
function beginningGroup<T>(groups: Props<T>['groups'], rows: readonly Row<T>[], index: number): string | null {
  const row = rows[index];
  if (!groups || !row) return null;
  const before = rows[index - 1];
  const key = groups.keyOf(row.original);
  return before && groups.keyOf(before.original) === key ? null : key;
}

/** The headings of its columns name the zone of their times. */
const WideTable = ({ children }: { children: ReactNode }) => (
  <ZoneSaid>
    <div className="overflow-x-auto">{children}</div>
  </ZoneSaid>
);

const groupStyle = 'border-b border-border bg-muted/50 px-3 py-1.5 text-start font-normal';

export function DataTable<T>(props: Props<T>) {
  const { label, columns, rows, rowId, selectedId, total, isTotalAbout, footer, groups } = props;
  const listRef = useRef<HTMLDivElement>(null);
  const isCramped = useCramped(listRef, rows);
  const isNarrow = useMediaQuery(narrowScreen) || isCramped;
  useShortcut('list.next', () => moveFocus(listRef.current, 1), rows.length > 0);
  useShortcut('list.previous', () => moveFocus(listRef.current, -1), rows.length > 0);
  useShortcut('list.open', () => undefined, rows.length > 0);
  const table = useReactTable({
    data: rows as T[],
    columns: columns as ColumnDef<T, unknown>[],
    getRowId: rowId,
    getCoreRowModel: getCoreRowModel(),
  });
  const shown = table.getRowModel().rows;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only moves the focus between the rows' own links
    <div
      ref={listRef}
      onKeyDown={event => {
        const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : null;
        if (step === null || !(event.target as Element).hasAttribute('data-row-action')) return;
        event.preventDefault();
        moveFocus(listRef.current, step);
      }}
    >
      {isNarrow ? (
        <ul aria-label={label}>
          {shown.map((row, index) => {
            const group = beginningGroup(groups, shown, index);
            return (
              <Fragment key={row.id}>
                {group === null ? null : <li className={groupStyle}>{groups?.heading(group)}</li>}
                <NarrowRow row={row} isSelected={row.id === selectedId} />
              </Fragment>
            );
          })}
        </ul>
      ) : (
        <WideTable>
          <Table aria-label={label} aria-rowcount={total !== undefined && !isTotalAbout ? total + 1 : -1}>
            <thead>
              {table.getHeaderGroups().map(group => (
                <tr key={group.id} aria-rowindex={1}>
                  {group.headers.map(header => (
                    <TableHead
                      key={header.id}
                      className={cn(
                        header.column.columnDef.meta?.align === 'right' && 'text-end',
                        header.column.columnDef.meta?.className,
                      )}
                    >
                      {flexRender(header.column.columnDef.header, header.getContext())}
                    </TableHead>
                  ))}
                </tr>
              ))}
            </thead>
            <tbody>
              {shown.map((row, index) => {
                const group = beginningGroup(groups, shown, index);
                return (
                  <Fragment key={row.id}>
                    {group === null ? null : (
                      <tr>
                        <th scope="rowgroup" colSpan={row.getVisibleCells().length} className={groupStyle}>
                          {groups?.heading(group)}
                        </th>
                      </tr>
                    )}
                    <WideRow row={row} index={index} isSelected={row.id === selectedId} />
                  </Fragment>
                );
              })}
            </tbody>
          </Table>
        </WideTable>
      )}
      {shown.length > 0 ? (
        <div className="flex min-h-10 flex-wrap items-center gap-3 border-t border-border px-3 py-1.5">
          <CountSentence shown={shown.length} total={total} isAbout={isTotalAbout ?? false} />
          {footer}
        </div>
      ) : null}
    </div>
  );
}
