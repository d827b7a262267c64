'use client';
/** How to get in, now, with the usual tool: a token, the line to paste, and what one may do there. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { useState } from 'react';
import type { z } from 'zod';
import { AccessRequestForm } from '#components/access/access-request-form.tsx';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { EnvironmentBadge } from '#components/shared/environment-badge.tsx';
import { useCaller } from '#components/shell/caller.tsx';
import { announce } from '#components/ui/announce.ts';
import { Badge } from '#components/ui/badge.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { Card, CardBody, CardHeader } from '#components/ui/card.tsx';
import { Clause } from '#components/ui/clause.tsx';
import { cn } from '#components/ui/cn.ts';
import { CopyButton, copyText } from '#components/ui/copy-button.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { EmptyState, PartialStrip } from '#components/ui/states.tsx';
import { Tab, TabList, TabPanel, Tabs } from '#components/ui/tabs.tsx';
import { Countdown } from '#components/ui/time.tsx';
import type { accessMineOutputSchema } from '#lib/approvals/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { type ClientLine, clientLines } from './client-lines.ts';
import { RecentDenials } from './recent-denials.tsx';
import { type IssuedToken, TokenPanel } from './token-panel.tsx';

type Access = z.infer<typeof accessMineOutputSchema>['items'][number];

const accessWords: Readonly<Record<Access['access'], string>> = {
  standing: 'Open to you',
  granted: 'Granted',
  requested: 'Requested',
  none: 'No access',
};

function ConnectionChoice({ access, isChosen, onChoose }: { access: Access; isChosen: boolean; onChoose: () => void }) {
  return (
    <li>
      <button
        type="button"
        aria-pressed={isChosen}
        onClick={onChoose}
        className={cn(
          'grid w-full gap-1 border-b border-border px-4 py-2.5 text-start -outline-offset-2 hover:bg-muted',
          isChosen && 'bg-accent shadow-[inset_2px_0_var(--primary)] hover:bg-accent',
        )}
      >
        <span className="flex flex-wrap items-center gap-1.5">
          <span className="font-mono text-xs font-medium">{access.connection.name}</span>
          <EnvironmentBadge environment={access.connection.environment} />
        </span>
        <span className="text-xs text-muted-foreground">
          {accessWords[access.access]}
          {access.connection.description ? ` · ${inertText(access.connection.description)}` : ''}
        </span>
      </button>
    </li>
  );
}

function Rights({ access }: { access: Access }) {
  return (
    <Card>
      <CardHeader title="What you may do">
        {access.access === 'granted' && access.grant ? (
          <Badge tone="allow">
            Grant, <Countdown until={access.grant.expiresAt} />
          </Badge>
        ) : null}
      </CardHeader>
      <CardBody>
        {access.rights.length > 0 ? (
          <ul className="grid list-outside list-disc gap-1 ps-4">
            {access.rights.map(right => (
              <li key={right}>
                <Clause text={right} />
              </li>
            ))}
          </ul>
        ) : (
          <p className="text-muted-foreground">No policy gives you anything here.</p>
        )}
      </CardBody>
    </Card>
  );
}

function Lines({ line }: { line: ClientLine }) {
  return (
    <div className="grid gap-2">
      <div className="flex items-start gap-2 rounded-lg border border-border bg-sql-bg p-2">
        <pre dir="ltr" className="min-w-0 flex-1 font-mono text-xs leading-5 break-all whitespace-pre-wrap">
          {line.lines}
        </pre>
        <CopyButton value={line.lines} what={`${line.label} lines`} />
      </div>
      {line.note ? <p className="text-xs text-muted-foreground">{line.note}</p> : null}
    </div>
  );
}

function ClientTabs({ access, login }: { access: Access; login: string }) {
  const [endpoint] = access.endpoints;
  const [chosen, setChosen] = useState('psql');
  const lines = endpoint
    ? clientLines({ login, connection: access.connection.name, endpoint, consoleUrl: window.location.origin })
    : [];
  const current = lines.find(line => line.id === chosen);
  useShortcut(
    'connect.copy',
    () => {
      if (current)
        void copyText(current.lines).then(isCopied =>
          announce(isCopied ? `Copied ${current.label} lines` : 'Could not copy'),
        );
    },
    current !== undefined,
  );
  if (!endpoint)
    return (
      <PartialStrip>
        No proxy that serves this connection is online. An operator can see why under Proxies.
      </PartialStrip>
    );
  return (
    <Tabs value={chosen} onValueChange={setChosen}>
      <TabList aria-label="Client">
        {lines.map(line => (
          <Tab key={line.id} value={line.id}>
            {line.label}
          </Tab>
        ))}
      </TabList>
      {lines.map(line => (
        <TabPanel key={line.id} value={line.id}>
          <Lines line={line} />
        </TabPanel>
      ))}
      {access.endpoints.length > 1 ? (
        <p className="pt-2 text-xs text-muted-foreground">
          Also served at{' '}
          {access.endpoints
            .slice(1)
            .map(other => other.listen)
            .join(', ')}
          .
        </p>
      ) : null}
    </Tabs>
  );
}

/** Getting in comes first: what one may do there is long where there are many rules. */
function Opened({ access }: { access: Access }) {
  const caller = useCaller();
  const [issued, setIssued] = useState<IssuedToken | null>(null);
  return (
    <>
      <Card>
        <CardHeader title="1. Get a token" hint="it is your password, and expires" />
        <CardBody>
          <TokenPanel connection={access.connection.name} issued={issued} onIssued={setIssued} />
        </CardBody>
      </Card>
      <Card>
        <CardHeader title="2. Connect" />
        <CardBody>
          <ClientTabs access={access} login={issued?.login ?? caller.login} />
        </CardBody>
      </Card>
      <RecentDenials />
      <Rights access={access} />
    </>
  );
}

function Closed({ access }: { access: Access }) {
  if (access.access === 'requested') {
    return (
      <Card>
        <EmptyState title="Your request waits for a decision">
          {access.requestId ? (
            <ButtonLink href={`/approvals/${access.requestId}?tab=mine`}>Open the request</ButtonLink>
          ) : null}
        </EmptyState>
      </Card>
    );
  }
  return (
    <Card>
      <CardHeader title="Request access" hint="opens the connection for a time, once a reviewer agrees" />
      <CardBody>
        <AccessRequestForm key={access.connection.id} connection={access.connection} />
      </CardBody>
    </Card>
  );
}

export function ConnectPage() {
  const [name, setName] = useQueryState('connection', parseAsString);
  const query = useInfiniteQuery(
    orpc.approvals.access.mine.infiniteOptions({
      input: (cursor: string | undefined) => ({ cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
  );
  return (
    <PageBody>
      <PageHeader title="Connect" sentence="Use your own tool. Every statement is decided by policy and recorded." />
      <DataRegion
        query={query}
        isEmpty={data => data.pages.every(page => page.items.length === 0)}
        empty={
          <Card>
            <EmptyState title="There is no connection yet">
              <p>Connections appear here once an operator has added them and a proxy serves them.</p>
            </EmptyState>
          </Card>
        }
      >
        {data => {
          const items = data.pages.flatMap(page => page.items);
          const chosen = items.find(item => item.connection.name === name) ?? items[0];
          return (
            <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[18rem_minmax(0,1fr)]">
              <Card>
                <ul aria-label="Connections">
                  {items.map(item => (
                    <ConnectionChoice
                      key={item.connection.id}
                      access={item}
                      isChosen={item === chosen}
                      onChoose={() => void setName(item.connection.name)}
                    />
                  ))}
                </ul>
                <div className="p-2 empty:hidden">
                  <LoadMore query={query} label="Load more" />
                </div>
              </Card>
              {chosen ? (
                <div key={chosen.connection.id} className="grid grid-cols-[minmax(0,1fr)] gap-4">
                  {chosen.access === 'standing' || chosen.access === 'granted' ? (
                    <Opened access={chosen} />
                  ) : (
                    <>
                      <Closed access={chosen} />
                      <RecentDenials />
                    </>
                  )}
                </div>
              ) : null}
            </div>
          );
        }}
      </DataRegion>
    </PageBody>
  );
}
