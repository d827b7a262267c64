'use client';
/** The policies there are: what each does, where, for whom, and in which mode. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import Link from 'next/link';
import { DecisionBadge } from '#components/shared/decision-badge.tsx';
import { IdentityName } from '#components/shared/identity.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable, rowAction } from '#components/ui/data-table.tsx';
import { FilterBar } from '#components/ui/filter-bar.tsx';
import type { FilterField } from '#components/ui/filter-grammar.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { formatCount, plural } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { EmptyState, NoMatch, PartialStrip } from '#components/ui/states.tsx';
import { TimeHeading, TimeText } from '#components/ui/time.tsx';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import { policyModes, type RuleEffect, ruleEffects } from '#core/policy/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import type { PolicyItem } from '#lib/policy/schema.ts';
import { type PolicyMode, PolicyModeBadge } from './policy-mode.tsx';

const fields: readonly FilterField[] = [
  { key: 'effect', label: 'Effect of a rule', values: ruleEffects.map(value => ({ value })) },
  { key: 'mode', label: 'Mode', values: policyModes.map(value => ({ value })) },
];

const columns: readonly Column<PolicyItem>[] = [
  {
    id: 'name',
    header: 'Policy',
    meta: { narrow: 'title', className: 'max-w-0 w-1/3 min-w-56' },
    cell: ({ row }) => (
      <span className="grid">
        <Link
          {...rowAction}
          href={`/policies/${row.original.name}`}
          className="font-medium outline-none hover:underline"
        >
          {row.original.name}
        </Link>
        <span className="truncate text-xs text-muted-foreground" title={row.original.description}>
          {row.original.description}
        </span>
      </span>
    ),
  },
  {
    id: 'effects',
    header: 'Effects',
    meta: { narrow: 'badge' },
    cell: ({ row }) => (
      <span className="flex flex-wrap gap-1">
        {row.original.effects.map(effect => (
          <DecisionBadge key={effect} kind={effect} word={effectWords[effect]} />
        ))}
      </span>
    ),
  },
  { id: 'where', header: 'Where', meta: { narrow: 'detail' }, cell: ({ row }) => row.original.where },
  { id: 'who', header: 'For whom', meta: { narrow: 'detail' }, cell: ({ row }) => row.original.who },
  { id: 'mode', header: 'Mode', cell: ({ row }) => <PolicyModeBadge mode={row.original.mode} /> },
  { id: 'rules', header: 'Rules', meta: { align: 'right' }, cell: ({ row }) => formatCount(row.original.rules) },
  { id: 'version', header: 'Version', meta: { align: 'right' }, cell: ({ row }) => row.original.version },
  {
    id: 'changed',
    header: () => <TimeHeading label="Changed" />,
    cell: ({ row }) => (
      <span className="grid">
        <TimeText value={row.original.updatedAt} precision="minute" isRelativeShown={false} />
        {row.original.updatedBy ? (
          <IdentityName identity={row.original.updatedBy} className="text-xs text-muted-foreground" />
        ) : null}
      </span>
    ),
  },
];

const effectWords = {
  allow: 'Allow',
  mask: 'Mask',
  approve: 'Approve',
  deny: 'Deny',
  limit: 'Limit',
  detect: 'Detect',
} as const;

export function PolicyList() {
  const filter = useUrlFilter(fields);
  const canWrite = useCan('policy:write');
  const set = useQuery(orpc.policy.policySet.get.queryOptions());
  const query = useInfiniteQuery({
    ...orpc.policy.policies.list.infiniteOptions({
      input: (cursor: string | undefined) => ({
        q: filter.q,
        mode: filter.one('mode') as PolicyMode | undefined,
        effect: filter.one('effect') as RuleEffect | undefined,
        cursor,
      }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
  });
  return (
    <PageBody>
      <PageHeader
        title="Policies"
        sentence={
          set.data
            ? `Version ${set.data.version} of the set: ${plural(set.data.policies, 'policy', 'policies')}, ${formatCount(set.data.enforced)} enforced. What no rule allows is denied.`
            : 'What no rule allows is denied.'
        }
      >
        {canWrite ? (
          <ButtonLink href="/policies/new" variant="primary">
            <Plus aria-hidden /> New policy
          </ButtonLink>
        ) : null}
      </PageHeader>
      {set.data?.warnings.map(warning => (
        <PartialStrip key={warning}>{warning}</PartialStrip>
      ))}
      <FilterBar
        value={filter.text}
        onChange={filter.setText}
        fields={fields}
        placeholder="Search policies, or type effect:deny"
      />
      <Card>
        <DataRegion
          query={query}
          isEmpty={data => data.pages.every(page => page.items.length === 0)}
          empty={
            filter.isFiltered ? (
              <NoMatch query={filter.text} onClear={filter.clear} />
            ) : (
              <EmptyState title="Everything is denied by default">
                <p>Without a policy that allows something, nobody gets through a proxy.</p>
                {canWrite ? <ButtonLink href="/policies/new">Write the first policy</ButtonLink> : null}
              </EmptyState>
            )
          }
        >
          {data => (
            <DataTable
              label="Policies"
              columns={columns}
              rows={data.pages.flatMap(page => page.items)}
              rowId={row => row.name}
              total={data.pages[0]?.about}
              footer={<LoadMore query={query} label="Load more" />}
            />
          )}
        </DataRegion>
      </Card>
    </PageBody>
  );
}
