'use client';
/** Enrolment tokens: who made them, what became of them, and taking back those that are open. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { IdentityName } from '#components/shared/identity.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable } from '#components/ui/data-table.tsx';
import { FilterBar } from '#components/ui/filter-bar.tsx';
import type { FilterField } from '#components/ui/filter-grammar.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { EmptyState, NoMatch } from '#components/ui/states.tsx';
import { Countdown, TimeHeading, TimeText } from '#components/ui/time.tsx';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { type EnrolmentItem, enrolmentStates } from '#lib/proxies/schema.ts';

type State = EnrolmentItem['state'];

const words: Readonly<Record<State, string>> = { open: 'Open', used: 'Used', expired: 'Expired', revoked: 'Revoked' };

const fields: readonly FilterField[] = [
  { key: 'state', label: 'State', values: enrolmentStates.map(value => ({ value })) },
];

function RevokeToken({ enrolment }: { enrolment: EnrolmentItem }) {
  const canEnrol = useCan('proxy:enrol');
  const revoke = useCommand(orpc.proxies.enrolments.revoke.mutationOptions(), {
    doing: 'revoke the token',
    done: 'Enrolment token revoked; no proxy can enrol with it',
    changes: [orpc.proxies.enrolments.key()],
  });
  if (!canEnrol || enrolment.state !== 'open') return null;
  return (
    <Button size="small" pending={revoke.isPending} onClick={() => revoke.mutate({ id: enrolment.id })}>
      Revoke token
    </Button>
  );
}

const columns: readonly Column<EnrolmentItem>[] = [
  {
    id: 'name',
    header: 'For',
    meta: { narrow: 'title' },
    cell: ({ row }) => row.original.name ?? <span className="text-muted-foreground">a proxy of any name</span>,
  },
  {
    id: 'state',
    header: 'State',
    meta: { narrow: 'badge' },
    cell: ({ row }) => (
      <Badge tone={row.original.state === 'open' ? 'approve' : 'neutral'}>{words[row.original.state]}</Badge>
    ),
  },
  {
    id: 'by',
    header: 'Made by',
    meta: { narrow: 'detail' },
    cell: ({ row }) =>
      row.original.createdBy ? (
        <IdentityName identity={row.original.createdBy} />
      ) : (
        <span className="text-muted-foreground">the installation</span>
      ),
  },
  {
    id: 'at',
    header: () => <TimeHeading label="Made" />,
    cell: ({ row }) => <TimeText value={row.original.createdAt} precision="minute" isRelativeShown={false} />,
  },
  {
    id: 'until',
    header: () => <TimeHeading label="Good until" />,
    meta: { narrow: 'detail' },
    cell: ({ row }) => (
      <span className="grid">
        <TimeText value={row.original.expiresAt} precision="minute" isRelativeShown={false} />
        {row.original.state === 'open' ? (
          <Countdown until={row.original.expiresAt} className="text-xs text-muted-foreground" />
        ) : null}
      </span>
    ),
  },
  {
    id: 'used',
    header: () => <TimeHeading label="Used" />,
    cell: ({ row }) =>
      row.original.usedAt === null ? (
        <span className="text-muted-foreground">no</span>
      ) : (
        <span className="inline-flex flex-wrap gap-x-2">
          <TimeText value={row.original.usedAt} precision="minute" isRelativeShown={false} />
          {row.original.proxyId ? (
            <Link href={`/proxies/${row.original.proxyId}`} className="text-link hover:underline">
              The proxy
            </Link>
          ) : null}
        </span>
      ),
  },
  {
    id: 'actions',
    header: () => <span className="sr-only">Actions</span>,
    meta: { align: 'right', narrow: 'detail' },
    cell: ({ row }) => <RevokeToken enrolment={row.original} />,
  },
];

export function EnrolmentList() {
  const filter = useUrlFilter(fields);
  const query = useInfiniteQuery({
    ...orpc.proxies.enrolments.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ q: filter.q, state: filter.one('state') as State | undefined, cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <FilterBar
        value={filter.text}
        onChange={filter.setText}
        fields={fields}
        placeholder="Search names, or type state:open"
      />
      <Card>
        <DataRegion
          query={query}
          isEmpty={data => data.pages.every(page => page.items.length === 0)}
          empty={
            filter.isFiltered ? (
              <NoMatch query={filter.text} onClear={filter.clear} />
            ) : (
              <EmptyState title="No enrolment token was made">
                <p>Enrolling a proxy makes one. It is shown once, and only its hash is kept.</p>
              </EmptyState>
            )
          }
        >
          {data => (
            <DataTable
              label="Enrolment tokens"
              columns={columns}
              rows={data.pages.flatMap(page => page.items)}
              rowId={row => row.id}
              footer={<LoadMore query={query} />}
            />
          )}
        </DataRegion>
      </Card>
    </>
  );
}
