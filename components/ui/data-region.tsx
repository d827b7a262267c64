'use client';
/** One region of data in exactly one of its states: loading, refreshing, empty, stale, failed, or there. */
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { cn } from './cn.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { describeFailure } from './failure.ts';
import { SkeletonRows } from './skeleton.tsx';
import { ErrorState, PartialStrip } from './states.tsx';
import { TimeText } from './time.tsx';

/** What this needs of a TanStack query. */
export type RegionQuery<T> = {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  isFetching: boolean;
  dataUpdatedAt: number;
  refetch: () => unknown;
};

type Props<T> = {
  query: RegionQuery<T>;
  /** Shown in place of the data when there is none. */
  empty?: ReactNode;
  isEmpty?: (data: T) => boolean;
  skeleton?: ReactNode;
  className?: string;
  /** It is all there is on the page: when it fails, that is the page's heading. */
  isPage?: boolean;
  children: (data: T) => ReactNode;
};

export function ProgressLine() {
  return (
    <div aria-hidden className="absolute inset-x-0 top-0 z-20 h-0.5 overflow-hidden rounded-t-lg">
      <div className="h-full w-1/4 bg-primary motion-safe:animate-progress" />
    </div>
  );
}

function StaleStrip({ query }: { query: RegionQuery<unknown> }) {
  return (
    <PartialStrip tone="neutral">
      <div className="flex flex-wrap items-center gap-2">
        <span>
          Could not refresh: {describeFailure(query.error).message} Shown as of{' '}
          <TimeText value={query.dataUpdatedAt} isRelativeShown={false} />.
        </span>
        <Button size="small" onClick={() => query.refetch()}>
          Retry
        </Button>
      </div>
    </PartialStrip>
  );
}

export function DataRegion<T>({ query, empty, isEmpty, skeleton, className, isPage = false, children }: Props<T>) {
  const { data } = query;
  if (data === undefined) {
    return (
      <div className={className} aria-busy={query.isPending}>
        {query.isPending ? (
          (skeleton ?? <SkeletonRows />)
        ) : (
          <ErrorState error={query.error} onRetry={() => query.refetch()} isPage={isPage} />
        )}
      </div>
    );
  }
  return (
    <div className={cn('relative min-w-0', className)} aria-busy={query.isFetching}>
      {query.isFetching ? <ProgressLine /> : null}
      {query.error ? <StaleStrip query={query} /> : null}
      <ErrorBoundary>{isEmpty?.(data) ? empty : children(data)}</ErrorBoundary>
    </div>
  );
}
