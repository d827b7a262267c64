'use client';
/** Where the reader is signed in to the console, and signing out elsewhere. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCommand } from '#components/shell/use-command.ts';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, CardHeader } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable } from '#components/ui/data-table.tsx';
import { oneLine } from '#components/ui/inert-text.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { TimeHeading, TimeText } from '#components/ui/time.tsx';
import type { WebSessionView } from '#lib/identity/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

function EndSession({ session }: { session: WebSessionView }) {
  const revoke = useCommand(orpc.identity.webSessions.revoke.mutationOptions(), {
    doing: 'end the session',
    done: 'Signed out there',
    changes: [orpc.identity.webSessions.key()],
  });
  if (session.isCurrent) return null;
  return (
    <Button size="small" pending={revoke.isPending} onClick={() => revoke.mutate({ id: session.id })}>
      Sign out there
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
        {oneLine(row.original.userAgent ?? 'unknown browser')}
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
    meta: { narrow: 'detail' },
    cell: ({ row }) => <TimeText value={row.original.lastSeenAt} precision="minute" />,
  },
  {
    id: 'actions',
    header: () => <span className="sr-only">Actions</span>,
    meta: { align: 'right', narrow: 'detail' },
    cell: ({ row }) => <EndSession session={row.original} />,
  },
];

export function WebSessions() {
  const query = useInfiniteQuery(
    orpc.identity.webSessions.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
  );
  return (
    <Card>
      <CardHeader title="Signed in to the console" />
      <DataRegion query={query}>
        {data => (
          <DataTable
            label="Sessions of the console"
            columns={columns}
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
