'use client';
/** The statements of all sessions that match the filter. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { DataTable } from '#components/ui/data-table.tsx';
import { LoadMore } from '#components/ui/load-more.tsx';
import { EmptyState, NoMatch } from '#components/ui/states.tsx';
import { orpc } from '#lib/orpc/browser.ts';
import type { useStatementFilter } from './session-filter.ts';
import { statementColumns } from './statement-columns.tsx';

const columns = statementColumns({
  isAcrossSessions: true,
  href: statement => `/sessions/${statement.sessionId}?stmt=${statement.number}`,
});

export function StatementList({ search }: { search: ReturnType<typeof useStatementFilter> }) {
  const { filter, input } = search;
  const query = useInfiniteQuery({
    ...orpc.audit.statements.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ ...input, cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
  });
  return (
    <Card>
      <DataRegion
        query={query}
        isEmpty={data => data.pages.every(page => page.items.length === 0)}
        empty={
          filter.isFiltered ? (
            <NoMatch query={filter.text} onClear={filter.clear} />
          ) : (
            <EmptyState title="No statement yet">
              <p>Every statement through a proxy is recorded here before it has any effect.</p>
            </EmptyState>
          )
        }
      >
        {data => (
          <DataTable
            label="Statements"
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
