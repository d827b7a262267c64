'use client';
/** Is anything unsafe, stuck or blind right now, and what changed lately. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { actionWords } from '#components/shared/action-words.ts';
import { useCan } from '#components/shell/caller.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { Card, CardBody, CardHeader } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import { DataRegion } from '#components/ui/data-region.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { formatCount } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { EmptyState } from '#components/ui/states.tsx';
import { TimeText } from '#components/ui/time.tsx';
import { TimeRangePicker } from '#components/ui/time-range-picker.tsx';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import { orpc } from '#lib/orpc/browser.ts';
import type { Overview } from '#lib/overview/schema.ts';
import { AttentionTiles } from './attention-tiles.tsx';
import { DecisionCard } from './decision-card.tsx';

const renewMs = 30_000;

function Changes({ overview }: { overview: Overview }) {
  const canReadAudit = useCan('audit:read');
  return (
    <Card>
      <CardHeader title="Changed lately">
        {canReadAudit ? (
          <Link href="/audit" className="text-link hover:underline">
            Audit log
          </Link>
        ) : null}
      </CardHeader>
      <CardBody>
        {overview.changes.length === 0 ? <p className="text-muted-foreground">Nothing changed.</p> : null}
        <ul className="grid gap-2">
          {overview.changes.map(change => (
            <li key={change.id} className="grid">
              <span className="flex min-w-0 gap-1.5">
                {canReadAudit ? (
                  <Link
                    href={`/audit?event=${change.id}`}
                    className="shrink-0 text-link hover:underline"
                    title={change.action}
                  >
                    {actionWords(change.action) ?? change.action}
                  </Link>
                ) : (
                  <span className="shrink-0" title={change.action}>
                    {actionWords(change.action) ?? change.action}
                  </span>
                )}
                <span className="truncate">{change.target ? inertText(change.target.label) : ''}</span>
              </span>
              <span className="text-xs text-muted-foreground">
                {change.actor ? inertText(change.actor) : 'the system'},{' '}
                <TimeText value={change.time} precision="minute" />
              </span>
            </li>
          ))}
        </ul>
      </CardBody>
    </Card>
  );
}

type TopProps = { title: string; items: Overview['topTables']; href: (label: string) => string };

function Top({ title, items, href }: TopProps) {
  const canReadSessions = useCan('session:read');
  const most = Math.max(...items.map(item => item.statements), 1);
  return (
    <Card>
      <CardHeader title={title} hint="by statements" />
      <CardBody>
        {items.length === 0 ? <p className="text-muted-foreground">None in this time.</p> : null}
        <ol className="grid gap-2">
          {items.map(item => (
            <li key={item.id} className="grid gap-1">
              <span className="flex justify-between gap-3">
                {canReadSessions ? (
                  <Link href={href(item.label)} className="truncate hover:underline">
                    {inertText(item.label)}
                  </Link>
                ) : (
                  <span className="truncate">{inertText(item.label)}</span>
                )}
                <span className="shrink-0 tabular-nums">
                  {formatCount(item.statements)}
                  <span className="text-muted-foreground"> · {formatCount(item.rows)} rows</span>
                </span>
              </span>
              <span aria-hidden className="h-1 overflow-hidden rounded-full bg-muted">
                <span
                  data-shape
                  className="block h-full bg-chart-1"
                  style={{ width: `${(item.statements / most) * 100}%` }}
                />
              </span>
            </li>
          ))}
        </ol>
      </CardBody>
    </Card>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading the overview" className="grid gap-4">
      <Skeleton className="h-24" />
      <Skeleton className="h-72" />
    </div>
  );
}

export function OverviewPage() {
  const filter = useUrlFilter([]);
  const canEnrol = useCan('proxy:enrol');
  const query = useQuery({
    ...orpc.overview.get.queryOptions({ input: filter.times }),
    placeholderData: keepPreviousData,
    refetchInterval: renewMs,
  });
  return (
    <PageBody>
      <PageHeader
        title="Overview"
        sentence={
          query.data?.isOwn
            ? 'What the proxies decided about your statements and your agents’, and what waits for you.'
            : 'What the proxies decided, and what waits for somebody.'
        }
      >
        <TimeRangePicker range={filter.range} onChange={filter.setRange} emptyLabel="Last 24 hours" />
      </PageHeader>
      <DataRegion query={query} skeleton={<Loading />}>
        {overview => (
          <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
            <AttentionTiles overview={overview} />
            {overview.tiles.proxiesTotal === 0 ? (
              <Card>
                <EmptyState title="No traffic yet">
                  <p>A proxy stands in front of your databases. Enrol one, and what goes through it appears here.</p>
                  {canEnrol ? <ButtonLink href="/proxies">Enrol a proxy</ButtonLink> : null}
                </EmptyState>
              </Card>
            ) : (
              <DecisionCard overview={overview} />
            )}
            <div
              className={cn(
                'grid grid-cols-[minmax(0,1fr)] items-start gap-4',
                overview.isOwn
                  ? 'lg:grid-cols-2'
                  : 'lg:grid-cols-3 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)_minmax(0,1fr)]',
              )}
            >
              {overview.isOwn ? null : <Changes overview={overview} />}
              <Top
                title="Most active identities"
                items={overview.topIdentities}
                href={label => `/sessions?q=${encodeURIComponent(`identity:${label}`)}`}
              />
              <Top
                title="Most used tables"
                items={overview.topTables}
                href={label => `/sessions?q=${encodeURIComponent(`table:${label}`)}`}
              />
            </div>
          </div>
        )}
      </DataRegion>
    </PageBody>
  );
}
