'use client';
/** What happened to the system of control, and the proof that the record of it is whole. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { useMemo } from 'react';
import { actionWords } from '#components/shared/action-words.ts';
import { useCan } from '#components/shell/caller.tsx';
import { Badge } from '#components/ui/badge.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable, rowAction } from '#components/ui/data-table.tsx';
import { ExportMenu } from '#components/ui/export-menu.tsx';
import { FilterBar } from '#components/ui/filter-bar.tsx';
import type { FilterField } from '#components/ui/filter-grammar.ts';
import { inertText } from '#components/ui/inert-text.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { formatCount } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { EmptyState, NoMatch } from '#components/ui/states.tsx';
import { TimeHeading, TimeText } from '#components/ui/time.tsx';
import { TimeRangePicker } from '#components/ui/time-range-picker.tsx';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import type { EventView, eventKinds } from '#lib/audit/schema.ts';
import { client, downloadUrl, orpc } from '#lib/orpc/browser.ts';
import { ChainCard } from './chain-card.tsx';
import { EventObject } from './event-object.tsx';
import { EventSheet } from './event-sheet.tsx';

type EventKind = (typeof eventKinds)[number];

const searchCharsMin = 3;

const ofLatest = (latest: number | null): string => (latest === null ? '' : ` of the latest ${formatCount(latest)}`);

const facetOf = (facet: 'actions' | 'actors' | 'targets') => async (prefix: string) => {
  const facets = await client.audit.events.facets({});
  return facets[facet]
    .filter(each => each.value.toLowerCase().includes(prefix.toLowerCase()))
    .map(each => ({ value: each.value, label: `${formatCount(each.count)}${ofLatest(facets.latest)}` }));
};

const fields: readonly FilterField[] = [
  {
    key: 'kind',
    label: 'What it is',
    values: [
      { value: 'change', label: 'something was done' },
      { value: 'read', label: 'the record was looked at' },
    ],
  },
  { key: 'action', label: 'Action; a prefix ends with a dot', suggest: facetOf('actions') },
  { key: 'actor', label: 'Actor', suggest: facetOf('actors') },
  { key: 'target', label: 'Kind or id of the object', suggest: facetOf('targets') },
  {
    key: 'source',
    label: 'Recorded by',
    values: [
      { value: 'control', label: 'the control plane' },
      { value: 'proxy', label: 'a proxy' },
    ],
  },
];

/** Views that auditors start from. */
const views: readonly { label: string; q: string }[] = [
  { label: 'Without reading', q: 'kind:change' },
  { label: 'Policies', q: 'action:policy.' },
  { label: 'Requests and decisions', q: 'action:request.' },
  { label: 'Identities', q: 'action:identity.' },
  { label: 'Labels and owners', q: 'action:catalog.' },
  { label: 'Reading', q: 'kind:read' },
  { label: 'Proxies', q: 'source:proxy' },
];

function columnsFor(onOpen: (id: string) => void): Column<EventView>[] {
  return [
    {
      id: 'time',
      header: () => <TimeHeading />,
      meta: { narrow: 'detail' },
      cell: ({ row }) => <TimeText value={row.original.time} isRelativeShown={false} />,
    },
    {
      id: 'action',
      header: 'Action',
      meta: { narrow: 'title' },
      cell: ({ row }) => (
        <button
          {...rowAction}
          type="button"
          onClick={() => onOpen(row.original.id)}
          className="grid text-start outline-none hover:underline"
        >
          {actionWords(row.original.action)}
          <span className="font-mono text-xs text-muted-foreground">{row.original.action}</span>
        </button>
      ),
    },
    {
      id: 'actor',
      header: 'Actor',
      meta: { narrow: 'detail' },
      cell: ({ row }) =>
        row.original.actor.login ? (
          <bdi>{inertText(row.original.actor.login)}</bdi>
        ) : (
          <span className="text-muted-foreground">
            {row.original.sourceKind === 'proxy' ? 'the proxy' : 'the system'}
          </span>
        ),
    },
    {
      id: 'target',
      header: 'Object',
      meta: { narrow: 'detail', className: 'max-w-0 w-1/3 min-w-40' },
      cell: ({ row }) => (
        <span className="block truncate">
          <EventObject event={row.original} isLinked={false} />
        </span>
      ),
    },
    {
      id: 'outcome',
      header: 'Outcome',
      meta: { narrow: 'badge' },
      cell: ({ row }) =>
        row.original.outcome === 'refused' ? (
          <Badge tone="deny">Refused</Badge>
        ) : (
          <span className="text-muted-foreground max-sm:hidden">done</span>
        ),
    },
    {
      id: 'from',
      header: 'From',
      cell: ({ row }) => (
        <span className="whitespace-nowrap text-muted-foreground">
          {[row.original.address, row.original.via].filter(Boolean).join(' · ')}
        </span>
      ),
    },
    {
      id: 'seq',
      header: 'Sequence',
      meta: { align: 'right' },
      cell: ({ row }) => (
        <span className="whitespace-nowrap">
          <span className="text-muted-foreground">{row.original.sourceKind === 'proxy' ? 'proxy ' : ''}</span>
          {formatCount(row.original.seq)}
        </span>
      ),
    },
  ];
}

export function AuditPage() {
  const filter = useUrlFilter(fields, searchCharsMin);
  const [openId, setOpenId] = useQueryState('event', parseAsString.withOptions({ history: 'push' }));
  const canExport = useCan('audit:export');
  const input = {
    q: filter.q,
    kind: filter.one('kind') as EventKind | undefined,
    source: filter.one('source') as 'control' | 'proxy' | undefined,
    actor: filter.one('actor'),
    action: filter.one('action'),
    target: filter.one('target'),
    ...filter.times,
  };
  const query = useInfiniteQuery({
    ...orpc.audit.events.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ ...input, cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
  });
  const columns = useMemo(() => columnsFor(id => void setOpenId(id)), [setOpenId]);
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  return (
    <PageBody>
      <PageHeader
        title="Audit log"
        sentence="Every change of the system of control, and every look at what it recorded."
      />
      <ChainCard />
      <div className="flex flex-wrap items-start gap-2">
        <FilterBar
          value={filter.text}
          onChange={filter.setText}
          fields={fields}
          textCharsMin={searchCharsMin}
          placeholder="Search, or type action:policy."
        />
        <TimeRangePicker range={filter.range} onChange={filter.setRange} />
        {canExport ? (
          <ExportMenu href={format => downloadUrl(['audit', 'events', 'export'], { ...given, format })} />
        ) : null}
      </div>
      <fieldset className="flex flex-wrap gap-1.5" aria-label="Views">
        {views.map(view => (
          <button
            key={view.q}
            type="button"
            aria-pressed={filter.text === view.q}
            onClick={() => filter.setText(filter.text === view.q ? '' : view.q)}
            className="h-6 rounded-full border border-input px-2.5 text-xs hover:bg-muted aria-pressed:border-primary aria-pressed:bg-accent pointer-coarse:h-9"
          >
            {view.label}
          </button>
        ))}
      </fieldset>
      <Card>
        <DataRegion
          query={query}
          isEmpty={data => data.pages.every(page => page.items.length === 0)}
          empty={
            filter.isFiltered ? (
              <NoMatch query={filter.text} onClear={filter.clear} />
            ) : (
              <EmptyState title="No event yet">
                <p>Whatever anybody does here is recorded as it happens.</p>
              </EmptyState>
            )
          }
        >
          {data => (
            <DataTable
              label="Events"
              columns={columns}
              rows={data.pages.flatMap(page => page.items)}
              rowId={row => row.id}
              selectedId={openId}
              total={data.pages[0]?.about}
              isTotalAbout
              footer={<LoadMore query={query} />}
            />
          )}
        </DataRegion>
      </Card>
      <EventSheet id={openId} onClose={() => void setOpenId(null)} />
    </PageBody>
  );
}
