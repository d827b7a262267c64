'use client';
/** Who can reach what right now, why, until when, and what can be taken away. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import Link from 'next/link';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useState } from 'react';
import { ConnectionName } from '#components/shared/environment-badge.tsx';
import { IdentityName } from '#components/shared/identity.tsx';
import { ReasonDialog } from '#components/shared/reason-dialog.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable, rowAction } from '#components/ui/data-table.tsx';
import { Dialog, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { FilterBar } from '#components/ui/filter-bar.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { EmptyState, NoMatch } from '#components/ui/states.tsx';
import { LinkTabs } from '#components/ui/tabs.tsx';
import { Countdown, TimeHeading, TimeText } from '#components/ui/time.tsx';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import { type GrantItem, grantTabs } from '#lib/approvals/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { RequestDialogBody } from './request-dialog-body.tsx';

const tabWords = { active: 'Active', upcoming: 'Upcoming', ended: 'Ended' } as const;
const stateTones = { active: 'allow', upcoming: 'observe', expired: 'neutral', revoked: 'deny' } as const;
const stateWords = { active: 'Active', upcoming: 'Upcoming', expired: 'Expired', revoked: 'Revoked' } as const;

function RevokeGrant({ grant }: { grant: GrantItem }) {
  const revoke = useCommand(orpc.approvals.grants.revoke.mutationOptions(), {
    doing: 'revoke the grant',
    isRefusalShown: true,
    done: `Grant of ${grant.identity.login} on ${grant.connection.name} revoked`,
    changes: [orpc.approvals.grants.key(), orpc.approvals.access.key(), orpc.audit.sessions.list.key()],
  });
  return (
    <ReasonDialog
      trigger={
        <Button size="small" pending={revoke.isPending}>
          Revoke…
        </Button>
      }
      title="Revoke this grant"
      effect={
        <p>
          {grant.identity.login} loses {grant.connection.name} at once; live sessions that rest on it are cut within a
          second.
        </p>
      }
      action="Revoke grant"
      pending={revoke.isPending}
      onConfirm={reason => revoke.mutateAsync({ id: grant.id, reason })}
    />
  );
}

const columns: readonly Column<GrantItem>[] = [
  {
    id: 'who',
    header: 'Identity',
    meta: { narrow: 'title' },
    cell: ({ row }) => (
      <Link {...rowAction} href={`/approvals/${row.original.requestId}`} className="outline-none hover:underline">
        <IdentityName identity={row.original.identity} />
      </Link>
    ),
  },
  {
    id: 'connection',
    header: 'Connection',
    meta: { narrow: 'detail' },
    cell: ({ row }) => <ConnectionName connection={row.original.connection} />,
  },
  {
    id: 'state',
    header: 'State',
    meta: { narrow: 'badge' },
    cell: ({ row }) => <Badge tone={stateTones[row.original.state]}>{stateWords[row.original.state]}</Badge>,
  },
  {
    id: 'reason',
    header: 'Reason',
    meta: { className: 'max-w-0 w-1/4 min-w-40' },
    cell: ({ row }) => (
      <span className="block truncate" title={inertText(row.original.revokeReason ?? row.original.reason)}>
        {inertText(row.original.revokeReason ?? row.original.reason)}
      </span>
    ),
  },
  {
    id: 'by',
    header: 'Approved by',
    cell: ({ row }) => (
      <span className="grid">
        {row.original.approvedBy.map(identity => (
          <IdentityName key={identity.id} identity={identity} />
        ))}
      </span>
    ),
  },
  {
    id: 'starts',
    header: () => <TimeHeading label="From" />,
    cell: ({ row }) => <TimeText value={row.original.startsAt} precision="minute" isRelativeShown={false} />,
  },
  {
    id: 'ends',
    header: () => <TimeHeading label="Until" />,
    meta: { narrow: 'detail', narrowLabel: 'until' },
    cell: ({ row }) => (
      <span className="grid">
        <TimeText value={row.original.revokedAt ?? row.original.expiresAt} precision="minute" isRelativeShown={false} />
        {row.original.state === 'active' ? (
          <Countdown until={row.original.expiresAt} className="text-xs text-muted-foreground" />
        ) : null}
      </span>
    ),
  },
  {
    id: 'actions',
    header: () => <span className="sr-only">Actions</span>,
    meta: { align: 'right', narrow: 'detail' },
    cell: ({ row }) => (row.original.canRevoke ? <RevokeGrant grant={row.original} /> : null),
  },
];

function RequestAccess() {
  const [isOpen, setOpen] = useState(false);
  return (
    <Dialog open={isOpen} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="primary">
          <Plus aria-hidden /> Request access
        </Button>
      </DialogTrigger>
      <DialogPanel title="Request access" description="Opens a connection for a time, once a reviewer agrees.">
        <RequestDialogBody onDone={() => setOpen(false)} />
      </DialogPanel>
    </Dialog>
  );
}

export function AccessPage() {
  const [tab] = useQueryState('tab', parseAsStringLiteral(grantTabs).withDefault('active'));
  const filter = useUrlFilter([]);
  const canRequest = useCan('access:request');
  const query = useInfiniteQuery({
    ...orpc.approvals.grants.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ tab, q: filter.q, cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
  });
  const counts = query.data?.pages[0]?.counts;
  return (
    <PageBody>
      <PageHeader
        title="Access"
        sentence="Grants that requests produced: for one connection, for a time, and revocable."
      >
        {canRequest ? <RequestAccess /> : null}
      </PageHeader>
      <LinkTabs
        label="Grants"
        tabs={grantTabs.map(each => ({
          href: `/access?tab=${each}`,
          label: tabWords[each],
          isCurrent: each === tab,
          ...(counts ? { count: counts[each] } : {}),
        }))}
      />
      <FilterBar
        value={filter.text}
        onChange={filter.setText}
        fields={[]}
        placeholder="Search people, connections, reasons"
      />
      <Card>
        <DataRegion
          query={query}
          isEmpty={data => data.pages.every(page => page.items.length === 0)}
          empty={
            filter.isFiltered ? (
              <NoMatch query={filter.text} onClear={filter.clear} />
            ) : (
              <EmptyState title={tab === 'active' ? 'No grant is active' : 'Nothing here'}>
                <p>What policies allow to everybody needs no grant and is not listed.</p>
              </EmptyState>
            )
          }
        >
          {data => (
            <DataTable
              label={`Grants: ${tabWords[tab]}`}
              columns={columns}
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
