'use client';
/** Whether all enforcement points are alive and on the current policy. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { useMemo } from 'react';
import { useCan } from '#components/shell/caller.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable, rowAction } from '#components/ui/data-table.tsx';
import { FilterBar } from '#components/ui/filter-bar.tsx';
import type { FilterField } from '#components/ui/filter-grammar.ts';
import { inertText } from '#components/ui/inert-text.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { formatCount, formatDuration, plural } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { EmptyState, NoMatch, Unknown } from '#components/ui/states.tsx';
import { LinkTabs } from '#components/ui/tabs.tsx';
import { TimeHeading, TimeText } from '#components/ui/time.tsx';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { type ProxyItem, proxyStates } from '#lib/proxies/schema.ts';
import { EnrolDialog } from './enrol-dialog.tsx';
import { EnrolmentList } from './enrolment-list.tsx';
import { ProxySheet } from './proxy-sheet.tsx';
import { ProxyStateBadge } from './proxy-state.tsx';

const views = ['proxies', 'tokens'] as const;
const viewWords = { proxies: 'Proxies', tokens: 'Enrolment tokens' } as const;
const renewMs = 5000;
const fields: readonly FilterField[] = [
  { key: 'state', label: 'State', values: proxyStates.map(value => ({ value })) },
];

function columnsFor(onOpen: (id: string) => void): Column<ProxyItem>[] {
  return [
    {
      id: 'name',
      header: 'Proxy',
      meta: { narrow: 'title' },
      cell: ({ row }) => (
        <span className="grid">
          <button
            {...rowAction}
            type="button"
            onClick={() => onOpen(row.original.id)}
            className="w-fit text-left font-medium outline-none hover:underline"
          >
            {row.original.name}
          </button>
          <span className="text-xs text-muted-foreground">
            {inertText(row.original.host)}, {inertText(row.original.version)}
          </span>
        </span>
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
      header: 'Policy',
      meta: { narrow: 'detail' },
      cell: ({ row }) => {
        const { policy } = row.original;
        if (policy.applied === null) return <Unknown why="none reported" />;
        return `v${policy.applied}${policy.applied === policy.current ? '' : ` of v${policy.current}`}`;
      },
    },
    {
      id: 'lag',
      header: 'Behind',
      cell: ({ row }) => {
        const { lag, lagSeconds } = row.original.bundle;
        if (lag === null) return <Unknown />;
        return lag === 0 ? (
          <span className="text-muted-foreground">no</span>
        ) : (
          `${plural(lag, 'bundle')}${lagSeconds ? `, ${formatDuration(lagSeconds * 1000)}` : ''}`
        );
      },
    },
    {
      id: 'connections',
      header: 'Connections',
      cell: ({ row }) => {
        const all = row.original.heartbeat?.connections;
        if (!all) return <Unknown />;
        const broken = all.filter(connection => !connection.reachable);
        return (
          <span className="grid">
            <span className="font-mono text-xs">{all.map(connection => connection.name).join(', ')}</span>
            {broken.length > 0 ? (
              <span className="text-xs text-fault">
                {broken.map(connection => connection.name).join(', ')} not reachable
              </span>
            ) : null}
          </span>
        );
      },
    },
    {
      id: 'sessions',
      header: 'Sessions',
      meta: { align: 'right' },
      cell: ({ row }) => (row.original.heartbeat ? formatCount(row.original.heartbeat.sessions) : <Unknown />),
    },
    {
      id: 'added',
      header: 'Adds (p95)',
      meta: { align: 'right' },
      cell: ({ row }) =>
        row.original.heartbeat ? formatDuration(row.original.heartbeat.addedUs.p95 / 1000) : <Unknown />,
    },
    {
      id: 'spool',
      header: 'To be sent',
      meta: { align: 'right' },
      cell: ({ row }) => (row.original.heartbeat ? plural(row.original.heartbeat.spool.events, 'event') : <Unknown />),
    },
    {
      id: 'seen',
      header: () => <TimeHeading label="Last report" />,
      meta: { narrow: 'detail' },
      cell: ({ row }) => <TimeText value={row.original.lastSeenAt} />,
    },
  ];
}

function ProxyTable() {
  const filter = useUrlFilter(fields);
  const [openId, setOpenId] = useQueryState('proxy', parseAsString.withOptions({ history: 'push' }));
  const canEnrol = useCan('proxy:enrol');
  const query = useInfiniteQuery({
    ...orpc.proxies.list.infiniteOptions({
      input: (cursor: string | undefined) => ({
        q: filter.q,
        state: filter.one('state') as ProxyItem['state'] | undefined,
        cursor,
      }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
    refetchInterval: renewMs,
  });
  const columns = useMemo(() => columnsFor(id => void setOpenId(id)), [setOpenId]);
  return (
    <>
      <FilterBar
        value={filter.text}
        onChange={filter.setText}
        fields={fields}
        placeholder="Search proxies, or type state:offline"
      />
      <Card>
        <DataRegion
          query={query}
          isEmpty={data => data.pages.every(page => page.items.length === 0)}
          empty={
            filter.isFiltered ? (
              <NoMatch query={filter.text} onClear={filter.clear} />
            ) : (
              <EmptyState title="No proxy is enrolled">
                <p>
                  A proxy stands in front of your databases and enforces the policies. Without one nothing is governed.
                </p>
                {canEnrol ? <EnrolDialog /> : null}
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
              selectedId={openId}
              total={data.pages[0]?.about}
              footer={<LoadMore query={query} label="Load more" />}
            />
          )}
        </DataRegion>
      </Card>
      <ProxySheet id={openId} onClose={() => void setOpenId(null)} />
    </>
  );
}

function useFleetSentence(): string | undefined {
  const query = useInfiniteQuery({
    ...orpc.proxies.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ cursor, limit: 1 }),
      initialPageParam: undefined,
      getNextPageParam: () => undefined,
    }),
    refetchInterval: renewMs,
  });
  const counts = query.data?.pages[0]?.counts;
  if (!counts) return undefined;
  return `${formatCount(counts.online)} online, ${formatCount(counts.behind)} behind, ${formatCount(counts.offline)} offline.`;
}

export function ProxiesPage() {
  const [view] = useQueryState('view', parseAsStringLiteral(views).withDefault('proxies'));
  const canEnrol = useCan('proxy:enrol');
  return (
    <PageBody>
      <PageHeader title="Proxies" sentence={useFleetSentence()}>
        {canEnrol ? <EnrolDialog /> : null}
      </PageHeader>
      <LinkTabs
        label="View"
        tabs={views.map(each => ({
          href: each === 'proxies' ? '/proxies' : `/proxies?view=${each}`,
          label: viewWords[each],
          isCurrent: each === view,
        }))}
      />
      {view === 'proxies' ? <ProxyTable /> : <EnrolmentList />}
    </PageBody>
  );
}
