'use client';
/** Tokens for signing in to proxies: whose, for what, until when; and taking them back. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { IdentityPair } from '#components/shared/identity.tsx';
import { ReasonDialog } from '#components/shared/reason-dialog.tsx';
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
import { type TokenView, tokenStates } from '#lib/identity/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

export const tokenStateTones = { active: 'allow', expired: 'neutral', revoked: 'deny' } as const;
export const tokenStateWords = { active: 'Active', expired: 'Expired', revoked: 'Revoked' } as const;
const channelWords = { console: 'console', device: 'weir login', api: 'API' } as const;

const fields: readonly FilterField[] = [
  { key: 'state', label: 'State', values: tokenStates.map(value => ({ value })) },
];

function RevokeToken({ token }: { token: TokenView }) {
  const revoke = useCommand(orpc.identity.tokens.revoke.mutationOptions(), {
    doing: 'revoke the token',
    isRefusalShown: true,
    done: `Token of ${token.identity.login} revoked`,
    changes: [orpc.identity.tokens.key()],
  });
  if (token.state !== 'active') return null;
  return (
    <ReasonDialog
      trigger={
        <Button size="small" pending={revoke.isPending}>
          Revoke…
        </Button>
      }
      title="Revoke this token"
      effect={
        <p>
          {token.identity.login} cannot sign in with it any more, and sessions that it opened are cut within a second.
        </p>
      }
      action="Revoke token"
      pending={revoke.isPending}
      isReasonRequired={false}
      onConfirm={reason => revoke.mutateAsync({ id: token.jti, reason })}
    />
  );
}

const columns: readonly Column<TokenView>[] = [
  {
    id: 'identity',
    header: 'Identity',
    meta: { narrow: 'title' },
    cell: ({ row }) => <IdentityPair identity={row.original.identity} onBehalfOf={row.original.onBehalfOf} />,
  },
  {
    id: 'state',
    header: 'State',
    meta: { narrow: 'badge' },
    cell: ({ row }) => <Badge tone={tokenStateTones[row.original.state]}>{tokenStateWords[row.original.state]}</Badge>,
  },
  {
    id: 'connections',
    header: 'Connections',
    meta: { narrow: 'detail' },
    cell: ({ row }) =>
      row.original.connections?.join(', ') ?? <span className="text-muted-foreground">all that policy allows</span>,
  },
  {
    id: 'issued',
    header: () => <TimeHeading label="Issued" />,
    cell: ({ row }) => (
      <span className="grid">
        <TimeText value={row.original.issuedAt} precision="minute" isRelativeShown={false} />
        <span className="text-xs text-muted-foreground">
          by {row.original.issuedBy?.login ?? 'the system'}, {channelWords[row.original.channel]}
        </span>
      </span>
    ),
  },
  {
    id: 'expires',
    header: () => <TimeHeading label="Expires" />,
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
    cell: ({ row }) => <RevokeToken token={row.original} />,
  },
];

type Props = {
  /** Everybody's, where the reader may revoke them. */
  isAll?: boolean;
  identityId?: string;
};

export function TokenTable({ isAll = false, identityId }: Props) {
  const filter = useUrlFilter(fields);
  const isFilterable = isAll && identityId === undefined;
  const query = useInfiniteQuery({
    ...orpc.identity.tokens.list.infiniteOptions({
      input: (cursor: string | undefined) => ({
        q: filter.q,
        state: filter.one('state') as TokenView['state'] | undefined,
        ...(isAll ? { all: true } : {}),
        identityId,
        cursor,
      }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      {isFilterable ? (
        <FilterBar
          value={filter.text}
          onChange={filter.setText}
          fields={fields}
          placeholder="Search tokens by login, or type state:active"
        />
      ) : null}
      <Card>
        <DataRegion
          query={query}
          isEmpty={data => data.pages.every(page => page.items.length === 0)}
          empty={
            isFilterable && filter.isFiltered ? (
              <NoMatch query={filter.text} onClear={filter.clear} />
            ) : (
              <EmptyState title="No token">
                <p>Tokens are issued under Connect and by weir login; they are the passwords for proxies.</p>
              </EmptyState>
            )
          }
        >
          {data => (
            <DataTable
              label="Tokens"
              columns={columns}
              rows={data.pages.flatMap(page => page.items)}
              rowId={row => row.jti}
              total={data.pages[0]?.about}
              footer={<LoadMore query={query} />}
            />
          )}
        </DataRegion>
      </Card>
    </>
  );
}
