'use client';
/** The sessions that match the filter. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { DecisionBar } from '#components/shared/decision-bar.tsx';
import { actorOf, IdentityPair } from '#components/shared/identity.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable, rowAction } from '#components/ui/data-table.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { formatCount, formatDuration } from '#components/ui/number-format.ts';
import { EmptyState, NoMatch } from '#components/ui/states.tsx';
import { TimeHeading, TimeText, useNow } from '#components/ui/time.tsx';
import type { SessionView } from '#lib/audit/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import type { useSessionFilter } from './session-filter.ts';
import { knownEndMs, SessionStateBadge } from './session-state.tsx';

function Duration({ session }: { session: SessionView }) {
  const nowMs = useNow();
  const end = knownEndMs(session, nowMs);
  if (end === null) return <span className="text-muted-foreground">unknown</span>;
  return (
    <span className="whitespace-nowrap">
      {end > 0 ? formatDuration(Math.max(0, end - Date.parse(session.startedAt))) : ''}
    </span>
  );
}

/** What somebody was stopped at stands in words: a bar is colour alone. */
function Decisions({ session: { decisions } }: { session: SessionView }) {
  const stops = [
    decisions.deny > 0 ? `${formatCount(decisions.deny)} denied` : '',
    decisions.approve > 0 ? `${formatCount(decisions.approve)} held` : '',
  ].filter(Boolean);
  return (
    <span className="inline-flex items-center gap-x-2 in-[td]:grid in-[td]:gap-y-1">
      <DecisionBar counts={decisions} />
      {stops.length > 0 ? (
        <span className="text-xs whitespace-nowrap text-muted-foreground">{stops.join(', ')}</span>
      ) : null}
    </span>
  );
}

const lostMs = 10_000;
const openMs = 20_000;

const hasOpen = (pages: readonly { items: readonly SessionView[] }[] = []): boolean =>
  pages.some(page => page.items.some(item => item.endedAt === null));

const columns: readonly Column<SessionView>[] = [
  {
    id: 'started',
    header: () => <TimeHeading label="Started" />,
    meta: { narrow: 'detail' },
    cell: ({ row }) => <TimeText value={row.original.startedAt} isRelativeShown={false} />,
  },
  {
    id: 'who',
    header: 'Identity',
    meta: { narrow: 'title', className: 'min-w-44' },
    cell: ({ row }) => (
      <Link {...rowAction} href={`/sessions/${row.original.id}`} className="outline-none hover:underline">
        <IdentityPair {...actorOf(row.original.identity)} />
      </Link>
    ),
  },
  {
    id: 'connection',
    header: 'Connection',
    meta: { narrow: 'detail' },
    cell: ({ row }) => <span className="font-mono text-xs">{row.original.connection}</span>,
  },
  {
    id: 'client',
    header: 'Client',
    cell: ({ row }) => (
      <span className="grid">
        <bdi className="max-w-40 min-w-20 truncate">
          {inertText(row.original.client.application) || <span className="text-muted-foreground">unnamed</span>}
        </bdi>
        <span className="text-xs text-muted-foreground">{row.original.client.address}</span>
      </span>
    ),
  },
  {
    id: 'state',
    header: 'State',
    meta: { narrow: 'badge' },
    cell: ({ row }) => <SessionStateBadge session={row.original} />,
  },
  {
    id: 'duration',
    header: 'Duration',
    meta: { align: 'right', narrow: 'detail', narrowLabel: 'for' },
    cell: ({ row }) => <Duration session={row.original} />,
  },
  {
    id: 'statements',
    header: 'Statements',
    meta: {
      align: 'right',
      narrow: 'detail',
      narrowUnit: ({ statements }) => (statements === 1 ? 'statement' : 'statements'),
    },
    cell: ({ row }) => formatCount(row.original.statements),
  },
  {
    id: 'decisions',
    header: 'Decisions',
    meta: { narrow: 'detail' },
    cell: ({ row }) => <Decisions session={row.original} />,
  },
  {
    id: 'rows',
    header: 'Rows out',
    meta: { align: 'right' },
    cell: ({ row }) => (
      <span className="grid whitespace-nowrap">
        {formatCount(row.original.rows)}
        {row.original.maskedCells > 0 ? (
          <span className="text-xs text-muted-foreground">{formatCount(row.original.maskedCells)} masked</span>
        ) : null}
      </span>
    ),
  },
];

export function SessionList({ search, isPolled }: { search: ReturnType<typeof useSessionFilter>; isPolled: boolean }) {
  const { filter, input } = search;
  const query = useInfiniteQuery({
    ...orpc.audit.sessions.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ ...input, cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
    // A proxy that goes silent sends no message about it.
    refetchInterval: ({ state }) => (isPolled ? lostMs : hasOpen(state.data?.pages) ? openMs : false),
  });
  return (
    <Card>
      <DataRegion
        query={query}
        isEmpty={data => data.pages.every(page => page.items.length === 0)}
        empty={
          filter.isFiltered ? (
            <NoMatch query={filter.text} onClear={filter.clear}>
              {filter.range.from ? (
                <Button onClick={() => filter.setRange({ from: null, to: null })}>Look at any time</Button>
              ) : null}
            </NoMatch>
          ) : (
            <EmptyState title="No session yet">
              <p>Whenever somebody connects through a proxy, the session and every statement in it appear here.</p>
            </EmptyState>
          )
        }
      >
        {data => (
          <DataTable
            label="Sessions"
            columns={columns}
            rows={data.pages.flatMap(page => page.items)}
            rowId={row => row.id}
            total={data.pages[0]?.about}
            isTotalAbout
            footer={<LoadMore query={query} />}
          />
        )}
      </DataRegion>
    </Card>
  );
}
