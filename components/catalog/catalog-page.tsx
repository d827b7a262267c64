'use client';
/** What data there is, how sensitive, and whose: connections, and search over all of them. */
import { useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { EnvironmentBadge } from '#components/shared/environment-badge.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { Badge, Count } from '#components/ui/badge.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable, rowAction } from '#components/ui/data-table.tsx';
import { FilterBar } from '#components/ui/filter-bar.tsx';
import type { FilterField } from '#components/ui/filter-grammar.ts';
import { inertText } from '#components/ui/inert-text.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { formatCount } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { EmptyState, Unknown } from '#components/ui/states.tsx';
import { TimeHeading, TimeText } from '#components/ui/time.tsx';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import { type Level, levels } from '#core/catalog/classification.ts';
import type { ConnectionView } from '#lib/catalog/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { AddConnection } from './add-connection.tsx';
import { CatalogTabs } from './catalog-tabs.tsx';
import { SearchHits } from './search-hits.tsx';

const fields: readonly FilterField[] = [
  { key: 'level', label: 'At least this level', values: levels.map(value => ({ value })) },
];

const columns: readonly Column<ConnectionView>[] = [
  {
    id: 'name',
    header: 'Connection',
    meta: { narrow: 'title' },
    cell: ({ row }) => (
      <span className="grid">
        <Link
          {...rowAction}
          href={`/catalog/${row.original.id}`}
          className="font-mono text-xs font-medium outline-none hover:underline"
        >
          {row.original.name}
        </Link>
        <span className="text-xs text-muted-foreground">{inertText(row.original.description)}</span>
      </span>
    ),
  },
  {
    id: 'environment',
    header: 'Environment',
    meta: { narrow: 'badge' },
    cell: ({ row }) => <EnvironmentBadge environment={row.original.environment} />,
  },
  { id: 'region', header: 'Region', meta: { narrow: 'detail' }, cell: ({ row }) => row.original.region },
  {
    id: 'served',
    header: 'Served by',
    meta: { narrow: 'detail' },
    cell: ({ row }) => {
      const { proxies } = row.original;
      if (proxies.length === 0) return <Badge tone="fault">No proxy</Badge>;
      const broken = proxies.find(proxy => !proxy.reachable);
      return (
        <span className="grid">
          {proxies.map(proxy => proxy.name).join(', ')}
          {broken ? <span className="text-xs text-fault">{inertText(broken.message ?? 'not reachable')}</span> : null}
        </span>
      );
    },
  },
  {
    id: 'columns',
    header: 'Columns',
    meta: { align: 'right' },
    cell: ({ row }) =>
      row.original.catalog ? formatCount(row.original.catalog.columns) : <Unknown why="not introspected yet" />,
  },
  {
    id: 'classified',
    header: 'Classified',
    meta: { align: 'right', narrow: 'detail' },
    cell: ({ row: { original } }) =>
      original.catalog ? (
        <>
          {formatCount(original.catalog.classified)}
          <span className="sm:hidden"> classified</span>
        </>
      ) : (
        <Unknown />
      ),
  },
  {
    id: 'suggestions',
    header: 'Suggestions',
    meta: { align: 'right' },
    cell: ({ row }) =>
      row.original.catalog?.openSuggestions ? (
        <Count value={row.original.catalog.openSuggestions} />
      ) : (
        <span className="text-muted-foreground">none</span>
      ),
  },
  {
    id: 'pushed',
    header: () => <TimeHeading label="Introspected" />,
    cell: ({ row }) =>
      row.original.catalog ? (
        <TimeText value={row.original.catalog.pushedAt} precision="minute" />
      ) : (
        <span className="text-muted-foreground">never</span>
      ),
  },
];

function ConnectionList() {
  const query = useInfiniteQuery(
    orpc.catalog.connections.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
  );
  return (
    <Card>
      <DataRegion
        query={query}
        isEmpty={data => data.pages.every(page => page.items.length === 0)}
        empty={
          <EmptyState title="No connection yet">
            <p>A connection is one governed database. Add it here, then give its address to a proxy.</p>
          </EmptyState>
        }
      >
        {data => (
          <DataTable
            label="Connections"
            columns={columns}
            rows={data.pages.flatMap(page => page.items)}
            rowId={row => row.id}
            total={data.pages[0]?.about}
            footer={<LoadMore query={query} label="Load more" />}
          />
        )}
      </DataRegion>
    </Card>
  );
}

export function CatalogPage() {
  const filter = useUrlFilter(fields);
  const level = filter.one('level') as Level | undefined;
  const canAdd = useCan('connection:write');
  return (
    <PageBody>
      <PageHeader
        title="Catalog"
        sentence="What data there is, how sensitive, and whose. Proxies report it; people classify it."
      >
        {canAdd ? <AddConnection /> : null}
      </PageHeader>
      <CatalogTabs current="connections" />
      <FilterBar
        value={filter.text}
        onChange={filter.setText}
        fields={fields}
        placeholder="Search tables, columns and classifications, or type level:restricted"
      />
      {filter.q || level ? (
        <SearchHits q={filter.q} level={level} shown={filter.text} onClear={filter.clear} />
      ) : (
        <ConnectionList />
      )}
    </PageBody>
  );
}
