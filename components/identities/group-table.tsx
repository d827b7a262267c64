'use client';
/** Groups: their members, making and deleting them. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { IdentityShape } from '#components/shared/identity.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable } from '#components/ui/data-table.tsx';
import { Dialog, DialogClose, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Input } from '#components/ui/input.tsx';
import { LoadMore } from '#components/ui/load-more.tsx';
import { formatCount, plural } from '#components/ui/number-format.ts';
import { EmptyState } from '#components/ui/states.tsx';
import type { GroupView } from '#lib/identity/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

function DeleteGroup({ group }: { group: GroupView }) {
  const canWrite = useCan('identity:write');
  const remove = useCommand(orpc.identity.groups.delete.mutationOptions(), {
    doing: 'delete the group',
    done: `Group ${group.name} deleted`,
    changes: [orpc.identity.groups.key(), orpc.identity.identities.key()],
  });
  if (!canWrite || group.source === 'oidc') return null;
  return (
    <Dialog>
      <DialogTrigger asChild>
        <Button size="small" pending={remove.isPending}>
          Delete…
        </Button>
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

const columns: readonly Column<GroupView>[] = [
  {
    id: 'name',
    header: 'Group',
    meta: { narrow: 'title' },
    cell: ({ row }) => (
      <span className="grid">
        <span className="inline-flex items-center gap-1.5 font-medium">
          <IdentityShape kind="group" />
          {row.original.name}
        </span>
        <span className="pl-5.5 text-xs text-muted-foreground">{row.original.description}</span>
      </span>
    ),
  },
  {
    id: 'members',
    header: 'Members',
    meta: { align: 'right', narrow: 'detail' },
    cell: ({ row }) => formatCount(row.original.members),
  },
  {
    id: 'source',
    header: 'Kept by',
    meta: { narrow: 'badge' },
    cell: ({ row }) =>
      row.original.source === 'oidc' ? (
        <Badge>identity provider</Badge>
      ) : (
        <span className="text-muted-foreground">this console</span>
      ),
  },
  {
    id: 'actions',
    header: () => <span className="sr-only">Actions</span>,
    meta: { align: 'right', narrow: 'detail' },
    cell: ({ row }) => <DeleteGroup group={row.original} />,
  },
];

function GroupForm({ onDone }: { onDone: () => void }) {
  const queries = useQueryClient();
  const mutation = useMutation({
    ...orpc.identity.groups.create.mutationOptions(),
    onSuccess: async () => {
      onDone();
      await queries.invalidateQueries({ queryKey: orpc.identity.groups.key() });
    },
  });
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    mutation.mutate({
      name: String(form.get('name') ?? '').trim(),
      description: String(form.get('description') ?? '').trim(),
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-3 pb-2">
      <Field
        label="Name"
        hint="Lower case; policies refer to it."
        error={failure ? (failure.issues.name ?? failure.message) : undefined}
      >
        {control => <Input {...control} name="name" required maxLength={100} autoFocus autoComplete="off" />}
      </Field>
      <Field label="Description">
        {control => <Input {...control} name="description" maxLength={500} autoComplete="off" />}
      </Field>
      <Button type="submit" variant="primary" pending={mutation.isPending} className="justify-self-end">
        Add group
      </Button>
    </form>
  );
}

export function CreateGroup() {
  const [isOpen, setOpen] = useState(false);
  return (
    <Dialog open={isOpen} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="primary">
          <Plus aria-hidden /> Add group
        </Button>
      </DialogTrigger>
      <DialogPanel title="Add a group" description="Put people into it on their own page.">
        <GroupForm onDone={() => setOpen(false)} />
      </DialogPanel>
    </Dialog>
  );
}

export function GroupTable() {
  const query = useInfiniteQuery(
    orpc.identity.groups.list.infiniteOptions({
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
        empty={
          <EmptyState title="No group yet">
            <p>Policies and ownership can name a group instead of single people.</p>
          </EmptyState>
        }
      >
        {data => (
          <DataTable
            label="Groups"
            columns={columns}
            rows={data.pages.flatMap(page => page.items)}
            rowId={row => row.id}
            total={data.pages[0]?.about}
            footer={<LoadMore query={query} label="Load more" />}
          />
        )}
      </DataRegion>
    </Card>
  );
}
