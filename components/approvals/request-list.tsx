'use client';
/** The inbox of requests: what needs the reader, their team's, their own, and what was decided. */
import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useState } from 'react';
import { Button, ButtonLink } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { DataTable } from '#components/ui/data-table.tsx';
import { FilterBar } from '#components/ui/filter-bar.tsx';
import type { FilterField } from '#components/ui/filter-grammar.ts';
import { LivePill } from '#components/ui/live-pill.tsx';
import { LoadMore } from '#components/ui/load-more.tsx';
import { formatCount, plural } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { EmptyState, NoMatch } from '#components/ui/states.tsx';
import { LinkTabs } from '#components/ui/tabs.tsx';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import { type RequestItem, type RequestTab, requestKinds, requestStates, requestTabs } from '#lib/approvals/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { requestColumns } from './request-columns.tsx';
import { useRequestChanges } from './use-request-changes.ts';

const tabWords: Readonly<Record<RequestTab, string>> = {
  needs_me: 'Needs me',
  team: 'Team',
  mine: 'Mine',
  decided: 'Decided',
};

const fields: readonly FilterField[] = [
  { key: 'kind', label: 'Kind', values: requestKinds.map(value => ({ value })) },
  { key: 'state', label: 'State', values: requestStates.map(value => ({ value })) },
];

const pollMs = 10_000;

export const requestTabParser = parseAsStringLiteral(requestTabs).withDefault('needs_me');

function Nothing({ tab }: { tab: RequestTab }) {
  if (tab === 'needs_me') {
    return (
      <EmptyState title="Nothing needs you">
        <p>Statements and access requests that wait for your decision appear here by themselves.</p>
        <ButtonLink href="/approvals?tab=team">View the team’s requests</ButtonLink>
      </EmptyState>
    );
  }
  const sentences: Readonly<Record<Exclude<RequestTab, 'needs_me'>, [string, string]>> = {
    team: ['Nothing is waiting', 'Requests that anybody has to decide appear here.'],
    mine: ['You have made no request', 'A statement that needs approval, or asking for access, makes one.'],
    decided: ['Nothing was decided yet', 'Decided requests stay here with their reasons.'],
  };
  const [title, sentence] = sentences[tab];
  return (
    <EmptyState title={title}>
      <p>{sentence}</p>
    </EmptyState>
  );
}

export function useRequests(
  tab: RequestTab,
  filter: { q?: string | undefined; kind?: RequestItem['kind'] | undefined; state?: RequestItem['state'] | undefined },
  isPolled = false,
) {
  return useInfiniteQuery({
    ...orpc.approvals.requests.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ tab, cursor, ...filter }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
    refetchInterval: isPolled ? pollMs : false,
  });
}

/** New requests wait behind a button while the reader is at the list, so that nothing moves under the pointer. */
function useLiveList() {
  const queries = useQueryClient();
  const [isOn, setOn] = useState(true);
  const [news, setNews] = useState(0);
  const show = () => {
    setNews(0);
    void queries.invalidateQueries({ queryKey: orpc.approvals.requests.list.key() });
  };
  const state = useRequestChanges({
    isEnabled: isOn,
    onChange: change => {
      const isReading = window.scrollY > 0 || document.activeElement?.hasAttribute('data-row-action');
      if (isReading && change) setNews(count => count + 1);
      else show();
    },
  });
  return { isOn, setOn, news, show, state };
}

export function RequestList() {
  const [tab] = useQueryState('tab', requestTabParser);
  const filter = useUrlFilter(fields);
  const live = useLiveList();
  const query = useRequests(
    tab,
    {
      q: filter.q,
      kind: filter.one('kind') as RequestItem['kind'],
      state: filter.one('state') as RequestItem['state'],
    },
    live.isOn && live.state === 'lost',
  );
  const counts = query.data?.pages[0]?.counts;
  const search = filter.text ? `&q=${encodeURIComponent(filter.text)}` : '';
  return (
    <PageBody>
      <PageHeader
        title="Approvals"
        sentence={
          counts
            ? `${plural(counts.needs_me, 'request')} ${counts.needs_me === 1 ? 'needs' : 'need'} you, ${formatCount(counts.team)} waiting in all.`
            : undefined
        }
      >
        <LivePill state={live.state} isOn={live.isOn} onToggle={live.setOn} />
      </PageHeader>
      <LinkTabs
        label="Requests"
        tabs={requestTabs.map(each => ({
          href: `/approvals?tab=${each}${search}`,
          label: tabWords[each],
          isCurrent: each === tab,
          ...(counts ? { count: counts[each] } : {}),
        }))}
      />
      <FilterBar
        value={filter.text}
        onChange={filter.setText}
        fields={fields}
        placeholder="Search statements, people, tables"
      />
      <Card>
        {live.news > 0 ? (
          <div className="border-b border-border p-1.5 text-center">
            <Button size="small" onClick={live.show}>
              Show {plural(live.news, 'change')}
            </Button>
          </div>
        ) : null}
        <DataRegion
          query={query}
          isEmpty={data => data.pages.every(page => page.items.length === 0)}
          empty={filter.isFiltered ? <NoMatch query={filter.text} onClear={filter.clear} /> : <Nothing tab={tab} />}
        >
          {data => (
            <DataTable
              label={`Requests: ${tabWords[tab]}`}
              columns={requestColumns(tab)}
              rows={data.pages.flatMap(page => page.items)}
              rowId={row => row.id}
              total={data.pages[0]?.counts[tab]}
              footer={<LoadMore query={query} />}
            />
          )}
        </DataRegion>
      </Card>
    </PageBody>
  );
}
