'use client';
/** What data there is, how sensitive, and whose: connections, their schemas, and one relation beside the tree. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { EnvironmentBadge } from '#components/shared/environment-badge.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { Badge, Count } from '#components/ui/badge.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable, rowAction } from '#components/ui/data-table.tsx';
import { FilterBar } from '#components/ui/filter-bar.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { Select } from '#components/ui/input.tsx';
import { LoadMore } from '#components/ui/load-more.tsx';
import { formatCount } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { EmptyState, NoMatch, Unknown } from '#components/ui/states.tsx';
import { TimeHeading, TimeText } from '#components/ui/time.tsx';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import type { ConnectionView } from '#lib/catalog/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { AddConnection } from './add-connection.tsx';
import { CatalogTree } from './catalog-tree.tsx';
import { RelationView } from './relation-view.tsx';

const choicesMax = 200;

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
    cell: ({ row }) => (row.original.catalog ? `${formatCount(row.original.catalog.classified)} classified` : null),
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

export function CatalogPage() {
  const filter = useUrlFilter([]);
  const canAdd = useCan('connection:write');
  const canLabel = useCan('catalog:write');
  const query = useInfiniteQuery(
    orpc.catalog.connections.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ q: filter.q, cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
  );
  return (
    <PageBody>
      <PageHeader
        title="Catalog"
        sentence="What data there is, how sensitive, and whose. Proxies report it; people classify it."
      >
        {canLabel ? <ButtonLink href="/catalog/suggestions">Suggestions</ButtonLink> : null}
        {canAdd ? <AddConnection /> : null}
      </PageHeader>
      <FilterBar value={filter.text} onChange={filter.setText} fields={[]} placeholder="Search connections" />
      <Card>
        <DataRegion
          query={query}
          isEmpty={data => data.pages.every(page => page.items.length === 0)}
          empty={
            filter.isFiltered ? (
              <NoMatch query={filter.text} onClear={filter.clear} />
            ) : (
              <EmptyState title="No connection yet">
                <p>A connection is one governed database. Add it here, then give its address to a proxy.</p>
              </EmptyState>
            )
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
    </PageBody>
  );
}

function ConnectionSwitch({ id }: { id: string }) {
  const router = useRouter();
  const query = useQuery(orpc.catalog.connections.list.queryOptions({ input: { limit: choicesMax } }));
  if (!query.data || query.data.items.length < 2) return null;
  return (
    <Select
      aria-label="Connection"
      value={id}
      onChange={event => router.push(`/catalog/${event.target.value}`)}
      className="w-48"
    >
      {query.data.items.map(connection => (
        <option key={connection.id} value={connection.id}>
          {connection.name}
        </option>
      ))}
    </Select>
  );
}

export function ConnectionCatalogPage({ id, oid }: { id: string; oid: number | null }) {
  const query = useQuery(orpc.catalog.schemas.queryOptions({ input: { connectionId: id } }));
  const connection = query.data?.connection;
  return (
    <PageBody>
      <PageHeader
        back={{ href: '/catalog', label: 'Catalog' }}
        title={connection?.name ?? 'Connection'}
        sentence={
          query.data?.pushedAt ? (
            <>
              Introspected <TimeText value={query.data.pushedAt} />
            </>
          ) : undefined
        }
        mark={connection ? <EnvironmentBadge environment={connection.environment} /> : null}
      >
        <ConnectionSwitch id={id} />
      </PageHeader>
      <DataRegion
        query={query}
        isEmpty={data => data.schemas.length === 0}
        empty={
          <Card>
            <EmptyState title="Nothing is known of this database yet">
              <p>A proxy that serves the connection introspects it and reports what it finds.</p>
            </EmptyState>
          </Card>
        }
      >
        {tree => (
          <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[20rem_minmax(0,1fr)]">
            <Card className={oid === null ? '' : 'max-lg:hidden'}>
              <CatalogTree tree={tree} chosen={oid} />
            </Card>
            {oid === null ? (
              <Card className="max-lg:hidden">
                <EmptyState title="Choose a table or view" />
              </Card>
            ) : (
              <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
                <ButtonLink href={`/catalog/${id}`} className="w-fit lg:hidden">
                  All tables
                </ButtonLink>
                <RelationView key={oid} connectionId={id} oid={oid} />
              </div>
            )}
          </div>
        )}
      </DataRegion>
    </PageBody>
  );
}
