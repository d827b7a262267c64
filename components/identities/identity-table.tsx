'use client';
/** The identities of one kind. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { IdentityName, IdentityShape } from '#components/shared/identity.tsx';
import { Badge } from '#components/ui/badge.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable, rowAction } from '#components/ui/data-table.tsx';
import { FilterBar } from '#components/ui/filter-bar.tsx';
import type { FilterField } from '#components/ui/filter-grammar.ts';
import { inertText } from '#components/ui/inert-text.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { EmptyState, NoMatch } from '#components/ui/states.tsx';
import { TimeHeading, TimeText } from '#components/ui/time.tsx';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import type { IdentityKind } from '#core/identity/principal.ts';
import { type Role, roles } from '#core/identity/role.ts';
import type { IdentityView } from '#lib/identity/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

const fields: readonly FilterField[] = [
  { key: 'role', label: 'Role', values: roles.map(value => ({ value })) },
  { key: 'group', label: 'Group' },
  { key: 'enabled', label: 'Enabled', values: [{ value: 'true' }, { value: 'false' }] },
];

const listShownMax = 2;

function Names({ names }: { names: readonly string[] }) {
  if (names.length === 0) return <span className="text-muted-foreground">none</span>;
  return (
    <span className="flex flex-wrap gap-1">
      {names.slice(0, listShownMax).map(name => (
        <Badge key={name}>{name}</Badge>
      ))}
      {names.length > listShownMax ? (
        <Badge title={names.slice(listShownMax).join(', ')}>+{names.length - listShownMax}</Badge>
      ) : null}
    </span>
  );
}

function columnsOf(kind: IdentityKind): Column<IdentityView>[] {
  const owner: Column<IdentityView> = {
    id: 'owner',
    header: 'Owner',
    meta: { narrow: 'detail' },
    cell: ({ row }) =>
      row.original.owner ? <IdentityName identity={row.original.owner} /> : <Badge tone="fault">Nobody</Badge>,
  };
  const purpose: Column<IdentityView> = {
    id: 'purpose',
    header: 'Purpose',
    meta: { className: 'max-w-0 w-1/4 min-w-40' },
    cell: ({ row }) => (
      <span className="block truncate" title={inertText(row.original.purpose)}>
        {inertText(row.original.purpose) || <span className="text-muted-foreground">not said</span>}
      </span>
    ),
  };
  return [
    {
      id: 'login',
      header: 'Login',
      meta: { narrow: 'title' },
      cell: ({ row }) => (
        <span className="grid">
          <Link
            {...rowAction}
            href={`/identities/${row.original.id}`}
            className="inline-flex items-center gap-1.5 font-medium outline-none hover:underline"
          >
            <IdentityShape kind={row.original.kind} />
            {inertText(row.original.login)}
          </Link>
          <span className="ps-5.5 text-xs text-muted-foreground">{inertText(row.original.displayName)}</span>
        </span>
      ),
    },
    {
      id: 'enabled',
      header: 'State',
      meta: { narrow: 'badge' },
      cell: ({ row }) =>
        row.original.enabled ? (
          <span className="text-muted-foreground max-sm:hidden">enabled</span>
        ) : (
          <Badge tone="deny">Disabled</Badge>
        ),
    },
    ...(kind === 'user' ? [] : [owner, purpose]),
    {
      id: 'roles',
      header: 'Roles',
      meta: { narrow: 'detail' },
      cell: ({ row }) => <Names names={row.original.roles} />,
    },
    { id: 'groups', header: 'Groups', cell: ({ row }) => <Names names={row.original.groups} /> },
    {
      id: 'seen',
      header: () => <TimeHeading label="Last seen" />,
      meta: { narrow: 'detail', narrowLabel: 'last seen' },
      cell: ({ row }) => <TimeText value={row.original.lastSeenAt} precision="minute" />,
    },
  ];
}

const nothing: Readonly<Record<IdentityKind, [string, string]>> = {
  user: ['Nobody is here yet', 'People sign in to the console and to proxies.'],
  agent: ['No AI agent yet', 'An AI agent has an owner, acts for people, and is bound by policies of its own.'],
  service: ['No service account yet', 'A service account has an owner and signs in with tokens.'],
};

export function IdentityTable({ kind }: { kind: IdentityKind }) {
  const filter = useUrlFilter(fields);
  const enabled = filter.one('enabled');
  const query = useInfiniteQuery({
    ...orpc.identity.identities.list.infiniteOptions({
      input: (cursor: string | undefined) => ({
        kind,
        q: filter.q,
        role: filter.one('role') as Role | undefined,
        group: filter.one('group'),
        enabled: enabled === undefined ? undefined : enabled === 'true',
        cursor,
      }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
  });
  const [title, sentence] = nothing[kind];
  return (
    <>
      <FilterBar
        value={filter.text}
        onChange={filter.setText}
        fields={fields}
        placeholder="Search logins and names, or type role:reviewer"
      />
      <Card>
        <DataRegion
          query={query}
          isEmpty={data => data.pages.every(page => page.items.length === 0)}
          empty={
            filter.isFiltered ? (
              <NoMatch query={filter.text} onClear={filter.clear} />
            ) : (
              <EmptyState title={title}>
                <p>{sentence}</p>
              </EmptyState>
            )
          }
        >
          {data => (
            <DataTable
              label="Identities"
              columns={columnsOf(kind)}
              rows={data.pages.flatMap(page => page.items)}
              rowId={row => row.id}
              total={data.pages[0]?.about}
              isTotalAbout
              footer={<LoadMore query={query} label="Load more" />}
            />
          )}
        </DataRegion>
      </Card>
    </>
  );
}
