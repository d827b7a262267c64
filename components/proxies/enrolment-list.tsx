'use client';
/** The enrolment tokens that were made, and taking back those nobody used. */
import { useInfiniteQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import { IdentityName } from '#components/shared/identity.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable } from '#components/ui/data-table.tsx';
import { LoadMore } from '#components/ui/load-more.tsx';
import { EmptyState } from '#components/ui/states.tsx';
import { TimeHeading, TimeText } from '#components/ui/time.tsx';
import { orpc } from '#lib/orpc/browser.ts';
import type { enrolmentItemSchema } from '#lib/proxies/schema.ts';

type Enrolment = z.infer<typeof enrolmentItemSchema>;

const stateTones = { open: 'approve', used: 'allow', expired: 'neutral', revoked: 'neutral' } as const;
const stateWords = { open: 'Open', used: 'Used', expired: 'Expired', revoked: 'Revoked' } as const;

function RevokeEnrolment({ enrolment }: { enrolment: Enrolment }) {
  const canEnrol = useCan('proxy:enrol');
  const revoke = useCommand(orpc.proxies.enrolments.revoke.mutationOptions(), {
    doing: 'revoke the token',
    done: 'Enrolment token revoked',
    changes: [orpc.proxies.enrolments.key()],
  });
  if (!canEnrol || enrolment.state !== 'open') return null;
  return (
    <Button size="small" pending={revoke.isPending} onClick={() => revoke.mutate({ id: enrolment.id })}>
      Revoke
    </Button>
  );
}

const columns: readonly Column<Enrolment>[] = [
  {
    id: 'name',
    header: 'For',
    meta: { narrow: 'title' },
    cell: ({ row }) => row.original.name ?? <span className="text-muted-foreground">any name</span>,
  },
  {
    id: 'state',
    header: 'State',
    meta: { narrow: 'badge' },
    cell: ({ row }) => <Badge tone={stateTones[row.original.state]}>{stateWords[row.original.state]}</Badge>,
  },
  {
    id: 'by',
    header: 'Made by',
    meta: { narrow: 'detail' },
    cell: ({ row }) =>
      row.original.createdBy ? <IdentityName identity={row.original.createdBy} /> : 'the installation',
  },
  {
    id: 'made',
    header: () => <TimeHeading label="Made" />,
    cell: ({ row }) => <TimeText value={row.original.createdAt} precision="minute" isRelativeShown={false} />,
  },
  {
    id: 'expires',
    header: () => <TimeHeading label="Expires" />,
    meta: { narrow: 'detail' },
    cell: ({ row }) => <TimeText value={row.original.expiresAt} precision="minute" />,
  },
  {
    id: 'actions',
    header: () => <span className="sr-only">Actions</span>,
    meta: { align: 'right', narrow: 'detail' },
    cell: ({ row }) => <RevokeEnrolment enrolment={row.original} />,
  },
];

export function EnrolmentList() {
  const query = useInfiniteQuery(
    orpc.proxies.enrolments.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
  );
  return (
    <Card>
      <DataRegion
        query={query}
        isEmpty={data => data.pages.every(page => page.items.length === 0)}
        empty={<EmptyState title="No enrolment token was made" />}
      >
        {data => (
          <DataTable
            label="Enrolment tokens"
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
