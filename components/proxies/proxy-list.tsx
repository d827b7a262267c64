'use client';
/** The proxies that match the filter, with their health. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Server } from 'lucide-react';
import Link from 'next/link';
import { IdentityShape } from '#components/shared/identity.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable, rowAction } from '#components/ui/data-table.tsx';
import { FilterBar } from '#components/ui/filter-bar.tsx';
import type { FilterField } from '#components/ui/filter-grammar.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { EmptyState, NoMatch } from '#components/ui/states.tsx';
import { TimeHeading, TimeText } from '#components/ui/time.tsx';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { type ProxyItem, type ProxyState, proxyStates } from '#lib/proxies/schema.ts';
import { ConnectionsFact, CountFact, LatencyFact, ListenFact, PolicyFact, SpoolFact } from './proxy-facts.tsx';
import { ProxyStateBadge } from './proxy-state.tsx';

const fields: readonly FilterField[] = [
  { key: 'state', label: 'State', values: proxyStates.map(value => ({ value })) },
];

/** A heartbeat comes every few seconds. */
export const renewMs = 5000;

const columns: readonly Column<ProxyItem>[] = [
  {
    id: 'name',
    header: 'Proxy',
    meta: { narrow: 'title' },
    cell: ({ row }) => (
      <Link {...rowAction} href={`/proxies/${row.original.id}`} className="grid outline-none hover:underline">
        <span className="inline-flex items-center gap-1.5">
          <IdentityShape kind="proxy" />
          {row.original.name}
        </span>
        <span className="text-xs text-muted-foreground">{row.original.host}</span>
      </Link>
    ),
  },
  {
    id: 'state',
    header: 'State',
    meta: { narrow: 'badge' },
    cell: ({ row }) => <ProxyStateBadge state={row.original.state} />,
  },
  {
    id: 'policy',
    header: 'Policy in force',
    meta: { narrow: 'detail' },
    cell: ({ row }) => <PolicyFact proxy={row.original} />,
  },
  {
    id: 'seen',
    header: () => <TimeHeading label="Last seen" />,
    meta: { narrow: 'detail', narrowLabel: 'last seen' },
    cell: ({ row }) => <TimeText value={row.original.lastSeenAt} />,
  },
  { id: 'listen', header: 'Address', cell: ({ row }) => <ListenFact proxy={row.original} /> },
  {
    id: 'connections',
    header: 'Connections',
    meta: { align: 'right' },
    cell: ({ row }) => <ConnectionsFact proxy={row.original} />,
  },
  {
    id: 'sessions',
    header: 'Sessions',
    meta: { align: 'right' },
    cell: ({ row }) => <CountFact value={row.original.heartbeat?.sessions} />,
  },
  {
    id: 'spool',
    header: 'Events to send',
    meta: { align: 'right' },
    cell: ({ row }) => <SpoolFact proxy={row.original} />,
  },
  {
    id: 'killed',
    header: 'Parser kills',
    meta: { align: 'right' },
    cell: ({ row }) => <CountFact value={row.original.heartbeat?.parser.killed} />,
  },
  {
    id: 'added',
    header: 'Added latency',
    meta: { align: 'right' },
    cell: ({ row }) => <LatencyFact proxy={row.original} />,
  },
  {
    id: 'version',
    header: 'Version',
    cell: ({ row }) => (
      <span className="font-mono text-xs">{row.original.heartbeat?.version ?? row.original.version}</span>
    ),
  },
];

export function ProxyList() {
  const filter = useUrlFilter(fields);
  const state = filter.one('state') as ProxyState | undefined;
  const query = useInfiniteQuery({
    ...orpc.proxies.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ q: filter.q, state, cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
    refetchInterval: renewMs,
  });
  const counts = query.data?.pages[0]?.counts;
  const total = counts && (state ? counts[state] : proxyStates.reduce((sum, each) => sum + counts[each], 0));
  return (
    <>
      <FilterBar
        value={filter.text}
        onChange={filter.setText}
        fields={fields}
        placeholder="Search names and hosts, or type state:behind"
      />
      <Card>
        <DataRegion
          // Renewing every few seconds is no event: the line at the top is for answers to a changed filter.
          query={{ ...query, isFetching: query.isPlaceholderData }}
          isEmpty={data => data.pages.every(page => page.items.length === 0)}
          empty={
            filter.isFiltered ? (
              <NoMatch query={filter.text} onClear={filter.clear} />
            ) : (
              <EmptyState title="No proxy is enrolled" icon={<Server aria-hidden />}>
                <p>
                  A proxy stands in front of your databases and enforces the policies. Without one nothing is governed.
                </p>
              </EmptyState>
            )
          }
        >
          {data => (
            <DataTable
              label="Proxies"
              columns={columns}
              rows={data.pages.flatMap(page => page.items)}
              rowId={row => row.id}
              total={total}
              footer={<LoadMore query={query} label="Load more" />}
            />
          )}
        </DataRegion>
      </Card>
    </>
  );
}
