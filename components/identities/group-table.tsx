'use client';
/** The groups that match the search. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { IdentityShape } from '#components/shared/identity.tsx';
import { Badge } from '#components/ui/badge.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable, rowAction } from '#components/ui/data-table.tsx';
import { FilterBar } from '#components/ui/filter-bar.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { plural } from '#components/ui/number-format.ts';
import { EmptyState, NoMatch } from '#components/ui/states.tsx';
import { TimeHeading, TimeText } from '#components/ui/time.tsx';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import type { GroupView } from '#lib/identity/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

const columns: readonly Column<GroupView>[] = [
  {
    id: 'name',
    header: 'Group',
    meta: { narrow: 'title' },
    cell: ({ row }) => (
      <span className="grid">
        <Link
          {...rowAction}
          href={`/identities/groups/${row.original.id}`}
          className="inline-flex items-center gap-1.5 font-medium outline-none hover:underline"
        >
          <IdentityShape kind="group" />
          {row.original.name}
        </Link>
        <span className="ps-5.5 text-xs text-muted-foreground">{inertText(row.original.description)}</span>
      </span>
    ),
  },
  {
    id: 'members',
    header: 'Members',
    meta: { align: 'right', narrow: 'detail' },
    cell: ({ row }) => plural(row.original.members, 'member'),
  },
  {
    id: 'source',
    header: 'Kept by',
    meta: { narrow: 'badge' },
    cell: ({ row }) =>
      row.original.source === 'oidc' ? (
        <Badge>Identity provider</Badge>
      ) : (
        <span className="text-muted-foreground max-sm:hidden">this console</span>
      ),
  },
  {
    id: 'since',
    header: () => <TimeHeading label="Since" />,
    cell: ({ row }) => <TimeText value={row.original.createdAt} precision="minute" isRelativeShown={false} />,
  },
];

export function GroupTable() {
  const filter = useUrlFilter([]);
  const query = useInfiniteQuery({
    ...orpc.identity.groups.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ q: filter.q, cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <FilterBar
        value={filter.text}
        onChange={filter.setText}
        fields={[]}
        placeholder="Search groups and what they are for"
      />
      <Card>
        <DataRegion
          query={query}
          isEmpty={data => data.pages.every(page => page.items.length === 0)}
          empty={
            filter.isFiltered ? (
              <NoMatch query={filter.text} onClear={filter.clear} />
            ) : (
              <EmptyState title="No group yet">
                <p>Policies and ownership can name a group instead of single people.</p>
              </EmptyState>
            )
          }
        >
          {data => (
            <DataTable
              label="Groups"
              columns={columns}
              rows={data.pages.flatMap(page => page.items)}
              rowId={row => row.id}
              footer={<LoadMore query={query} label="Load more" />}
            />
          )}
        </DataRegion>
      </Card>
    </>
  );
}
