'use client';
/** One group: who is in it, putting people in and taking them out, and deleting it. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { IdentityName, IdentityShape, kindWord } from '#components/shared/identity.tsx';
import { IdentityPicker, type PickedIdentity } from '#components/shared/identity-picker.tsx';
import { useCaller, useCan } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, CardBody, CardHeader } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable, rowAction } from '#components/ui/data-table.tsx';
import { Dialog, DialogClose, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { isMissing, MissingPage } from '#components/ui/missing-page.tsx';
import { plural } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { EmptyState } from '#components/ui/states.tsx';
import type { GroupView, IdentityView } from '#lib/identity/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

const changes = [orpc.identity.groups.key(), orpc.identity.identities.key()];

function DeleteGroup({ group }: { group: GroupView }) {
  const router = useRouter();
  const remove = useCommand(orpc.identity.groups.delete.mutationOptions(), {
    doing: 'delete the group',
    done: `Group ${group.name} deleted`,
    changes,
    onDone: () => router.push('/identities?tab=groups'),
  });
  return (
    <Dialog>
      <DialogTrigger asChild>
        <Button pending={remove.isPending}>Delete…</Button>
      </DialogTrigger>
      <DialogPanel
        title={`Delete ${group.name}`}
        footer={
          <DialogClose asChild>
            <Button variant="destructive" onClick={() => remove.mutate({ id: group.id })}>
              Delete {group.name}
            </Button>
          </DialogClose>
        }
      >
        <p>
          {plural(group.members, 'member')} lose what policies give to this group, and what it owns has no owner any
          more.
        </p>
      </DialogPanel>
    </Dialog>
  );
}

function RemoveMember({ group, member }: { group: GroupView; member: IdentityView }) {
  const isSelf = useCaller().id === member.id;
  const remove = useCommand(orpc.identity.groups.update.mutationOptions(), {
    doing: `take ${member.login} out`,
    done: `${member.login} is no longer in ${group.name}`,
    changes,
  });
  if (isSelf) return <span className="text-xs text-muted-foreground">you; somebody else has to</span>;
  return (
    <Button
      size="small"
      pending={remove.isPending}
      onClick={() => remove.mutate({ id: group.id, remove: [member.id], expectedVersion: group.version })}
    >
      Take out
    </Button>
  );
}

function AddMember({ group }: { group: GroupView }) {
  const [picked, setPicked] = useState<PickedIdentity | null>(null);
  const isSelf = useCaller().id === picked?.id;
  const add = useCommand(orpc.identity.groups.update.mutationOptions(), {
    doing: 'add to the group',
    done: `${picked?.login ?? ''} is in ${group.name} now`,
    changes,
    onDone: () => setPicked(null),
  });
  return (
    <div className="grid max-w-md gap-2">
      <IdentityPicker label="Add a member" value={picked} onChange={setPicked} />
      {isSelf ? <p className="text-muted-foreground">Somebody else has to change your groups.</p> : null}
      {picked && !isSelf ? (
        <Button
          variant="primary"
          className="justify-self-start"
          pending={add.isPending}
          onClick={() => add.mutate({ id: group.id, add: [picked.id], expectedVersion: group.version })}
        >
          Add {inertText(picked.login)}
        </Button>
      ) : null}
    </div>
  );
}

function memberColumns(group: GroupView, canChange: boolean): Column<IdentityView>[] {
  const columns: Column<IdentityView>[] = [
    {
      id: 'login',
      header: 'Member',
      meta: { narrow: 'title' },
      cell: ({ row }) => (
        <Link {...rowAction} href={`/identities/${row.original.id}`} className="outline-none hover:underline">
          <IdentityName identity={row.original} />
        </Link>
      ),
    },
    { id: 'kind', header: 'Kind', meta: { narrow: 'detail' }, cell: ({ row }) => kindWord(row.original.kind) },
    {
      id: 'state',
      header: 'State',
      meta: { narrow: 'badge' },
      cell: ({ row }) =>
        row.original.enabled ? (
          <span className="text-muted-foreground max-sm:hidden">enabled</span>
        ) : (
          <Badge tone="deny">Disabled</Badge>
        ),
    },
  ];
  const remove: Column<IdentityView> = {
    id: 'actions',
    header: () => <span className="sr-only">Actions</span>,
    meta: { align: 'right', narrow: 'detail' },
    cell: ({ row }) => <RemoveMember group={group} member={row.original} />,
  };
  return canChange ? [...columns, remove] : columns;
}

function Members({ group, canChange }: { group: GroupView; canChange: boolean }) {
  const query = useInfiniteQuery({
    ...orpc.identity.identities.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ group: group.name, cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
  });
  return (
    <Card>
      <CardHeader title="Members" hint={plural(group.members, 'member')} />
      {canChange ? (
        <CardBody>
          <AddMember group={group} />
        </CardBody>
      ) : null}
      <DataRegion
        query={query}
        isEmpty={data => data.pages.every(page => page.items.length === 0)}
        empty={<EmptyState title="Nobody is in this group" />}
      >
        {data => (
          <DataTable
            label="Members"
            columns={memberColumns(group, canChange)}
            rows={data.pages.flatMap(page => page.items)}
            rowId={row => row.id}
            total={group.members}
            isTotalAbout
            footer={<LoadMore query={query} label="Load more" />}
          />
        )}
      </DataRegion>
    </Card>
  );
}

export function GroupPage({ id }: { id: string }) {
  const canWrite = useCan('identity:write');
  const query = useQuery(orpc.identity.groups.get.queryOptions({ input: { id } }));
  const group = query.data;
  const canChange = canWrite && group?.source === 'local';
  if (isMissing(query)) return <MissingPage what="group" back={{ href: '/identities?tab=groups', label: 'Groups' }} />;
  return (
    <PageBody>
      <PageHeader
        back={{ href: '/identities?tab=groups', label: 'Groups' }}
        title={
          <span className="inline-flex items-center gap-2">
            <IdentityShape kind="group" className="size-5" />
            {group?.name ?? 'Group'}
          </span>
        }
        sentence={
          group?.source === 'oidc'
            ? 'Follows the identity provider; its members are changed there.'
            : inertText(group?.description ?? '') || undefined
        }
      >
        {group && canChange ? <DeleteGroup group={group} /> : null}
      </PageHeader>
      <DataRegion query={query}>{found => <Members group={found} canChange={canChange} />}</DataRegion>
    </PageBody>
  );
}
