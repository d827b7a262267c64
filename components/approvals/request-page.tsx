'use client';
/** One request: what will happen, who asked, why it was stopped, what it touches, and the decision, on one screen. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useQueryState } from 'nuqs';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { EnvironmentBadge } from '#components/shared/environment-badge.tsx';
import { cn } from '#components/ui/cn.ts';
import { DataRegion } from '#components/ui/data-region.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { isMissing, MissingPage } from '#components/ui/missing-page.tsx';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { TimeText } from '#components/ui/time.tsx';
import { narrowScreen, useMediaQuery } from '#components/ui/use-media-query.ts';
import type { RequestDetail } from '#lib/approvals/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { DecisionActions, DecisionRail, DecisionStand } from './decision-rail.tsx';
import { RequestFacts } from './request-facts.tsx';
import { requestTabParser } from './request-list.tsx';
import { RequestQueue } from './request-queue.tsx';
import {
  ImpactSection,
  LineageSection,
  PrecedentSection,
  StatementSection,
  TimelineSection,
  WhoSection,
  WhySection,
} from './request-sections.tsx';
import { RequestStateBadge } from './request-state.tsx';
import { useRequestChanges } from './use-request-changes.ts';

function Sections({ request }: { request: RequestDetail }) {
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4">
      <RequestFacts request={request} />
      <StatementSection request={request} />
      <WhoSection request={request} />
      <WhySection request={request} />
      <ImpactSection request={request} />
      <LineageSection request={request} />
      <PrecedentSection request={request} />
      <TimelineSection request={request} />
    </div>
  );
}

function Sentence({ request }: { request: RequestDetail }) {
  const version = request.statement ? ` (policy version ${request.statement.policyVersion})` : '';
  return (
    <>
      Stopped by <span className="font-mono text-xs text-foreground">{request.rule}</span>
      {version}, <TimeText value={request.createdAt} />.
    </>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading the request" className="grid gap-4">
      <Skeleton className="h-8 w-2/3" />
      <Skeleton className="h-20" />
      <Skeleton className="h-48" />
    </div>
  );
}

export function RequestPage({ id }: { id: string }) {
  const queries = useQueryClient();
  const isNarrow = useMediaQuery(narrowScreen);
  const [tab] = useQueryState('tab', requestTabParser);
  const query = useQuery(orpc.approvals.requests.get.queryOptions({ input: { id } }));
  useRequestChanges({
    onChange: change => {
      if (change && change.id !== id) return;
      void queries.invalidateQueries({ queryKey: orpc.approvals.requests.get.key({ input: { id } }) });
    },
  });
  useShortcut(
    'request.lineage',
    () => document.getElementById('lineage')?.scrollIntoView(),
    Boolean(query.data?.downstream),
  );
  if (isMissing(query)) return <MissingPage what="request" back={{ href: '/approvals', label: 'Approvals' }} />;
  return (
    <div className="flex min-w-0">
      <RequestQueue id={id} tab={tab} />
      <div className="min-w-0 flex-1">
        <PageBody>
          <DataRegion query={query} skeleton={<Loading />} isPage>
            {request => (
              <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4 pb-28 sm:pb-0">
                <div
                  className={cn(
                    'border-s-2 ps-3',
                    /^prod/i.test(request.connection.environment) ? 'border-foreground' : 'border-transparent ps-0',
                  )}
                >
                  <PageHeader
                    back={{ href: `/approvals?tab=${tab}`, label: 'Approvals' }}
                    title={inertText(request.summary)}
                    sentence={<Sentence request={request} />}
                    mark={
                      <>
                        <EnvironmentBadge
                          environment={`${request.connection.environment}: ${request.connection.name}`}
                        />
                        <RequestStateBadge state={request.state} />
                      </>
                    }
                  />
                </div>
                <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
                  <Sections request={request} />
                  <aside
                    aria-label="Decision"
                    className="h-fit rounded-lg border border-border bg-card p-4 lg:sticky lg:top-16 lg:max-h-[calc(100dvh-5rem)] lg:overflow-y-auto sm:max-lg:row-start-1"
                  >
                    <DecisionRail request={request} areActionsElsewhere={isNarrow} />
                  </aside>
                </div>
                {isNarrow ? (
                  <div className="fixed inset-x-0 bottom-0 z-20 border-t border-border bg-card p-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
                    {request.state === 'pending' ? <DecisionStand request={request} /> : null}
                    <DecisionActions request={request} />
                  </div>
                ) : null}
              </div>
            )}
          </DataRegion>
        </PageBody>
      </div>
    </div>
  );
}
