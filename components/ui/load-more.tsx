'use client';
/** The next page of a list under the rows that are there. */
import { Button } from './button.tsx';

/** What this needs of a TanStack infinite query. */
export type PagedQuery = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };

export function LoadMore({ query, label = 'Load older' }: { query: PagedQuery; label?: string }) {
  if (!query.hasNextPage) return null;
  return (
    <Button size="small" pending={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
      {query.isFetchingNextPage ? 'Loading…' : label}
    </Button>
  );
}
