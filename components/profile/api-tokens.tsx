'use client';
/** Tokens for the REST API: making one with no more than it needs, and taking it back. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { tokenStateTones, tokenStateWords } from '#components/identities/token-table.tsx';
import { IdentityName } from '#components/shared/identity.tsx';
import { useCaller } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, CardHeader } from '#components/ui/card.tsx';
import { CheckboxField } from '#components/ui/checkbox.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable } from '#components/ui/data-table.tsx';
import { Dialog, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Input, Select } from '#components/ui/input.tsx';
import { LoadMore } from '#components/ui/load-more.tsx';
import { plural } from '#components/ui/number-format.ts';
import { EmptyState } from '#components/ui/states.tsx';
import { TimeHeading, TimeText } from '#components/ui/time.tsx';
import { type Permission, permissions } from '#core/identity/role.ts';
import type { ApiTokenView } from '#lib/identity/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

const lifetimesDays = [7, 30, 90, 365] as const;

function CreateForm() {
  const caller = useCaller();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [expiresInDays, setDays] = useState<number>(30);
  const [chosen, setChosen] = useState<readonly Permission[]>([]);
  const [identityId, setIdentityId] = useState('');
  const owned = useQuery(orpc.identity.me.owns.queryOptions());
  const agents = (owned.data?.items ?? []).filter(item => item.enabled);
  const mutation = useMutation({
    ...orpc.identity.apiTokens.create.mutationOptions(),
    gcTime: 0,
    onSuccess: () => queries.invalidateQueries({ queryKey: orpc.identity.apiTokens.key() }),
  });
  if (mutation.data) {
    return (
      <div className="grid gap-3 pb-2">
        <p>The token is shown only now.</p>
        <div className="flex items-start gap-2 rounded-lg border border-border bg-sql-bg p-2">
          <code className="min-w-0 flex-1 font-mono text-xs break-all">{mutation.data.token}</code>
          <CopyButton value={mutation.data.token} what="token" />
        </div>
        <p className="text-muted-foreground">
          Send it as Authorization: Bearer. It never works in place of a password.
        </p>
      </div>
    );
  }
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutation.mutate({
      name: name.trim(),
      permissions: [...chosen],
      expiresInDays,
      ...(identityId ? { identityId } : {}),
    });
  };
  const toggle = (permission: Permission, isOn: boolean) =>
    setChosen(before => (isOn ? [...before, permission] : before.filter(each => each !== permission)));
  return (
    <form onSubmit={submit} className="grid gap-3 pb-4">
      <Field label="Name" hint="What will use it." error={failure?.issues.name}>
        {control => (
          <Input
            {...control}
            autoFocus
            value={name}
            onChange={event => setName(event.target.value)}
            required
            maxLength={100}
          />
        )}
      </Field>
      {agents.length > 0 ? (
        <Field label="For">
          {control => (
            <Select {...control} value={identityId} onChange={event => setIdentityId(event.target.value)}>
              <option value="">{caller.login} (you)</option>
              {agents.map(agent => (
                <option key={agent.id} value={agent.id}>
                  {agent.login} ({agent.kind === 'agent' ? 'your AI agent' : 'your service account'})
                </option>
              ))}
            </Select>
          )}
        </Field>
      ) : null}
      <Field label="Good for">
        {control => (
          <Select {...control} value={expiresInDays} onChange={event => setDays(Number(event.target.value))}>
            {lifetimesDays.map(days => (
              <option key={days} value={days}>
                {plural(days, 'day')}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <fieldset className="grid gap-1">
        <legend className="pb-1 font-medium">Permissions: as few as it needs, never more than its holder has</legend>
        <div className="grid gap-x-4 gap-y-1 sm:grid-cols-2">
          {permissions
            .filter(permission => caller.permissions.has(permission))
            .map(permission => (
              <CheckboxField
                key={permission}
                label={<span className="font-mono text-xs">{permission}</span>}
                checked={chosen.includes(permission)}
                onCheckedChange={checked => toggle(permission, checked === true)}
              />
            ))}
        </div>
      </fieldset>
      {failure && !failure.issues.name ? (
        <p role="alert" className="text-deny">
          {failure.message}
        </p>
      ) : null}
      <Button
        type="submit"
        variant="primary"
        pending={mutation.isPending}
        disabled={chosen.length === 0}
        className="justify-self-end"
      >
        Make API token
      </Button>
    </form>
  );
}

function CreateApiToken() {
  return (
    <Dialog>
      <DialogTrigger asChild>
        <Button size="small">
          <Plus aria-hidden /> API token
        </Button>
      </DialogTrigger>
      <DialogPanel kind="sheet" title="Make an API token">
        <CreateForm />
      </DialogPanel>
    </Dialog>
  );
}

function RevokeApiToken({ token }: { token: ApiTokenView }) {
  const revoke = useCommand(orpc.identity.apiTokens.revoke.mutationOptions(), {
    doing: 'revoke the token',
    done: `API token ${token.name} revoked`,
    changes: [orpc.identity.apiTokens.key()],
  });
  if (token.state !== 'active') return null;
  return (
    <Button size="small" pending={revoke.isPending} onClick={() => revoke.mutate({ id: token.id })}>
      Revoke
    </Button>
  );
}

const columns: readonly Column<ApiTokenView>[] = [
  {
    id: 'name',
    header: 'Name',
    meta: { narrow: 'title' },
    cell: ({ row }) => (
      <span className="grid">
        <span className="font-medium">{row.original.name}</span>
        <span className="font-mono text-xs text-muted-foreground">{row.original.prefix}…</span>
      </span>
    ),
  },
  {
    id: 'state',
    header: 'State',
    meta: { narrow: 'badge' },
    cell: ({ row }) => <Badge tone={tokenStateTones[row.original.state]}>{tokenStateWords[row.original.state]}</Badge>,
  },
  {
    id: 'permissions',
    header: 'Permissions',
    cell: ({ row }) => (
      <span title={row.original.permissions.join(', ')}>{plural(row.original.permissions.length, 'permission')}</span>
    ),
  },
  {
    id: 'used',
    header: () => <TimeHeading label="Last used" />,
    meta: { narrow: 'detail', narrowLabel: 'last used' },
    cell: ({ row }) => (
      <span className="grid">
        <TimeText value={row.original.lastUsedAt} precision="minute" />
        <span className="text-xs text-muted-foreground">{row.original.lastUsedAddress}</span>
      </span>
    ),
  },
  {
    id: 'expires',
    header: () => <TimeHeading label="Expires" />,
    meta: { narrow: 'detail', narrowLabel: 'expires' },
    cell: ({ row }) => <TimeText value={row.original.expiresAt} precision="minute" />,
  },
  {
    id: 'actions',
    header: () => <span className="sr-only">Actions</span>,
    meta: { align: 'right', narrow: 'detail' },
    cell: ({ row }) => <RevokeApiToken token={row.original} />,
  },
];

const who: Column<ApiTokenView> = {
  id: 'identity',
  header: 'Identity',
  meta: { narrow: 'detail' },
  cell: ({ row }) => <IdentityName identity={row.original.identity} />,
};

type Props = {
  /** Searched for in everybody's, for those who may revoke them; absent: one's own and one's agents'. */
  among?: { q: string | undefined };
};

export function ApiTokens({ among }: Props) {
  const query = useInfiniteQuery({
    ...orpc.identity.apiTokens.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ cursor, q: among?.q, ...(among ? { all: true } : {}) }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
  });
  const [name, ...rest] = columns;
  return (
    <Card>
      {among ? null : (
        <CardHeader title="API tokens" hint="for the REST API; yours and your agents’">
          <CreateApiToken />
        </CardHeader>
      )}
      <DataRegion
        query={query}
        isEmpty={data => data.pages.every(page => page.items.length === 0)}
        empty={
          <EmptyState title={among?.q ? `No API token like ${among.q}` : 'No API token'}>
            <p>People make them on their own page, with no more permissions than they have.</p>
          </EmptyState>
        }
      >
        {data => (
          <DataTable
            label="API tokens"
            columns={name ? [name, who, ...rest] : columns}
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
