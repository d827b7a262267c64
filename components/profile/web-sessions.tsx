'use client';
/** Where people are signed in to the console: oneself, one other, or everybody; and signing them out. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { IdentityName } from '#components/shared/identity.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, CardHeader } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable, rowAction } from '#components/ui/data-table.tsx';
import { oneLine } from '#components/ui/inert-text.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { EmptyState } from '#components/ui/states.tsx';
import { TimeHeading, TimeText } from '#components/ui/time.tsx';
import type { WebSessionView } from '#lib/identity/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { browserName } from './browser-name.ts';

function EndSession({ session }: { session: WebSessionView }) {
  const revoke = useCommand(orpc.identity.webSessions.revoke.mutationOptions(), {
    doing: 'end the session',
    done: `${session.identity.login} is signed out there`,
    changes: [orpc.identity.webSessions.key()],
  });
  if (session.isCurrent) return null;
  return (
    <Button
      size="small"
      aria-label={`Sign out ${session.identity.login} from ${session.address ?? 'there'}`}
      pending={revoke.isPending}
      onClick={() => revoke.mutate({ id: session.id })}
    >
      Sign out
    </Button>
  );
}

const columns: readonly Column<WebSessionView>[] = [
  {
    id: 'client',
    header: 'Browser',
    meta: { narrow: 'title', className: 'max-w-0 w-2/5 min-w-48' },
    cell: ({ row }) => (
      <span className="block truncate" title={oneLine(row.original.userAgent ?? '')}>
        {browserName(row.original.userAgent ?? '') ?? oneLine(row.original.userAgent ?? 'unknown browser')}
      </span>
    ),
  },
  {
    id: 'current',
    header: 'State',
    meta: { narrow: 'badge' },
    cell: ({ row }) =>
      row.original.isCurrent ? (
        <Badge tone="allow">This one</Badge>
      ) : (
        <span className="text-muted-foreground max-sm:hidden">signed in</span>
      ),
  },
  {
    id: 'address',
    header: 'Address',
    meta: { narrow: 'detail' },
    cell: ({ row }) => row.original.address ?? 'unknown',
  },
  {
    id: 'since',
    header: () => <TimeHeading label="Since" />,
    cell: ({ row }) => <TimeText value={row.original.createdAt} precision="minute" isRelativeShown={false} />,
  },
  {
    id: 'seen',
    header: () => <TimeHeading label="Last used" />,
    meta: { narrow: 'detail', narrowLabel: 'last used' },
    cell: ({ row }) => <TimeText value={row.original.lastSeenAt} precision="minute" />,
  },
  {
    id: 'actions',
    header: () => <span className="sr-only">Actions</span>,
    meta: { align: 'right', narrow: 'detail' },
    cell: ({ row }) => <EndSession session={row.original} />,
  },
];

const who: Column<WebSessionView> = {
  id: 'identity',
  header: 'Identity',
  meta: { narrow: 'title' },
  cell: ({ row }) => (
    <Link {...rowAction} href={`/identities/${row.original.identity.id}`} className="outline-none hover:underline">
      <IdentityName identity={row.original.identity} />
    </Link>
  ),
};

/** Where the identity is the title of a row, the browser is a detail of it. */
const amongColumns: readonly Column<WebSessionView>[] = [
  who,
  ...columns.map(column =>
    column.id === 'client' ? { ...column, meta: { ...column.meta, narrow: 'detail' as const } } : column,
  ),
];

type Props = {
  /** Somebody else's, for those who may change identities. */
  identityId?: string;
  /** Searched for in everybody's; absent: not everybody's. */
  among?: { q: string | undefined };
};

export function WebSessions({ identityId, among }: Props) {
  const query = useInfiniteQuery({
    ...orpc.identity.webSessions.list.infiniteOptions({
      input: (cursor: string | undefined) => ({
        cursor,
        q: among?.q,
        identityId,
        ...(identityId || among ? { all: true } : {}),
      }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
  });
  return (
    <Card>
      {among ? null : <CardHeader title="Signed in to the console" />}
      <DataRegion
        query={query}
        isEmpty={data => data.pages.every(page => page.items.length === 0)}
        empty={<EmptyState title={among?.q ? `Nobody like ${among.q} is signed in` : 'Not signed in anywhere'} />}
      >
        {data => (
          <DataTable
            label="Sessions of the console"
            columns={among ? amongColumns : columns}
            rows={data.pages.flatMap(page => page.items)}
            rowId={row => row.id}
            total={data.pages[0]?.about}
            footer={<LoadMore query={query} />}
          />
        )}
      </DataRegion>
    </Card>
  );
}
