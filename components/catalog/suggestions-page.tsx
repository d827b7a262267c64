'use client';
/** The inbox of suggested classifications: accept, reject with a reason, or accept many at once. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useMemo, useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { IdentityName } from '#components/shared/identity.tsx';
import { ReasonDialog } from '#components/shared/reason-dialog.tsx';
import { SensitivityTag } from '#components/shared/sensitivity-tag.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Checkbox } from '#components/ui/checkbox.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable, rowAction } from '#components/ui/data-table.tsx';
import { FilterBar } from '#components/ui/filter-bar.tsx';
import type { FilterField } from '#components/ui/filter-grammar.ts';
import { inertText } from '#components/ui/inert-text.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { plural } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { EmptyState, NoMatch } from '#components/ui/states.tsx';
import { LinkTabs } from '#components/ui/tabs.tsx';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import { type SuggestionView, suggestionAcceptManyMax, suggestionStates } from '#lib/catalog/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

const stateWords = { open: 'Open', accepted: 'Accepted', rejected: 'Rejected' } as const;
const fields: readonly FilterField[] = [{ key: 'label', label: 'Classification, e.g. pii.email' }];

function Confidence({ value }: { value: number }) {
  const percent = Math.round(value * 100);
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <span aria-hidden className="h-1 w-10 overflow-hidden rounded-full bg-muted">
        <span data-shape className="block h-full bg-chart-1" style={{ width: `${percent}%` }} />
      </span>
      {percent} %
    </span>
  );
}

type Actions = {
  chosen: ReadonlySet<string>;
  toggle: (id: string) => void;
  accept: (suggestion: SuggestionView) => void;
  reject: (suggestion: SuggestionView) => void;
};

function suggestionColumns(
  state: (typeof suggestionStates)[number],
  actions: Actions | null,
): Column<SuggestionView>[] {
  const choose: Column<SuggestionView> = {
    id: 'choose',
    header: () => <span className="sr-only">Choose</span>,
    meta: { className: 'w-8' },
    cell: ({ row }) => (
      <Checkbox
        aria-label={`Choose ${row.original.relation.name}.${row.original.column.name}`}
        checked={actions?.chosen.has(row.original.id) ?? false}
        onCheckedChange={() => actions?.toggle(row.original.id)}
      />
    ),
  };
  const decide: Column<SuggestionView> = {
    id: 'actions',
    header: () => <span className="sr-only">Actions</span>,
    meta: { align: 'right', narrow: 'detail' },
    cell: ({ row }) => (
      <span className="inline-flex gap-1">
        <Button size="small" onClick={() => actions?.accept(row.original)}>
          Accept
        </Button>
        <Button size="small" variant="ghost" onClick={() => actions?.reject(row.original)}>
          Reject…
        </Button>
      </span>
    ),
  };
  const decided: Column<SuggestionView> = {
    id: 'decided',
    header: 'Decided by',
    meta: { narrow: 'detail' },
    cell: ({ row }) => (
      <span className="grid">
        {row.original.decidedBy ? <IdentityName identity={row.original.decidedBy} /> : null}
        {row.original.reason ? <span className="text-muted-foreground">“{inertText(row.original.reason)}”</span> : null}
      </span>
    ),
  };
  return [
    ...(actions ? [choose] : []),
    {
      id: 'column',
      header: 'Column',
      meta: { narrow: 'title' },
      cell: ({ row }) => (
        <span className="grid">
          <Link
            {...rowAction}
            data-suggestion={row.original.id}
            href={`/catalog/${row.original.connection.id}/${row.original.relation.oid}`}
            className="font-mono text-xs outline-none hover:underline"
          >
            {row.original.relation.schema}.{row.original.relation.name}.{row.original.column.name}
          </Link>
          <span className="text-xs text-muted-foreground">
            {row.original.column.type}, {row.original.connection.name}
          </span>
        </span>
      ),
    },
    {
      id: 'label',
      header: 'Suggested',
      meta: { narrow: 'badge' },
      cell: ({ row }) => <SensitivityTag level={row.original.level} label={row.original.label} />,
    },
    {
      id: 'evidence',
      header: 'Because',
      meta: { narrow: 'detail' },
      cell: ({ row }) => (
        <span className="grid">
          {row.original.evidence.join('; ')}
          {row.original.reopened ? (
            <Badge tone="outline">Was rejected: “{inertText(row.original.reason ?? '')}”; the evidence changed</Badge>
          ) : null}
        </span>
      ),
    },
    { id: 'confidence', header: 'Confidence', cell: ({ row }) => <Confidence value={row.original.confidence} /> },
    ...(state === 'open' ? (actions ? [decide] : []) : [decided]),
  ];
}

/** The suggestion whose row has the focus, for the keys. */
const focusedId = (): string | null => document.activeElement?.getAttribute('data-suggestion') ?? null;

function useDecisions() {
  const changes = [orpc.catalog.key()];
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [rejecting, setRejecting] = useState<SuggestionView | null>(null);
  const accept = useCommand(orpc.catalog.suggestions.accept.mutationOptions(), {
    doing: 'accept the suggestion',
    done: 'Column classified',
    changes,
  });
  const reject = useCommand(orpc.catalog.suggestions.reject.mutationOptions(), {
    doing: 'reject the suggestion',
    done: 'Suggestion rejected; it stays rejected',
    changes,
  });
  const acceptMany = useCommand(orpc.catalog.suggestions.acceptMany.mutationOptions(), {
    doing: 'accept the suggestions',
    done: output =>
      `${plural(output.accepted, 'column')} classified${output.skipped.length > 0 ? `, ${output.skipped.length} skipped` : ''}`,
    changes,
    onDone: () => setChosen(new Set()),
  });
  const toggle = (id: string) =>
    setChosen(before => {
      const next = new Set(before);
      if (!next.delete(id) && next.size < suggestionAcceptManyMax) next.add(id);
      return next;
    });
  return { chosen, setChosen, rejecting, setRejecting, accept, reject, acceptMany, toggle };
}

export function SuggestionsPage() {
  const [state] = useQueryState('state', parseAsStringLiteral(suggestionStates).withDefault('open'));
  const filter = useUrlFilter(fields);
  const canWrite = useCan('catalog:write');
  const decisions = useDecisions();
  const query = useInfiniteQuery({
    ...orpc.catalog.suggestions.list.infiniteOptions({
      input: (cursor: string | undefined) => ({ state, q: filter.q, label: filter.one('label'), cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
  });
  const items = query.data?.pages.flatMap(page => page.items) ?? [];
  const counts = query.data?.pages[0]?.counts;
  const isDecidable = canWrite && state === 'open';
  const focused = () => items.find(item => item.id === focusedId());
  useShortcut(
    'suggestion.accept',
    () => {
      const item = focused();
      if (item) decisions.accept.mutate({ id: item.id });
    },
    isDecidable,
  );
  useShortcut('suggestion.reject', () => decisions.setRejecting(focused() ?? null), isDecidable);
  const { chosen, toggle } = decisions;
  const columns = useMemo(
    () =>
      suggestionColumns(
        state,
        isDecidable
          ? { chosen, toggle, accept: item => decisions.accept.mutate({ id: item.id }), reject: decisions.setRejecting }
          : null,
      ),
    [state, isDecidable, chosen, toggle, decisions.accept.mutate, decisions.setRejecting],
  );
  return (
    <PageBody>
      <PageHeader
        back={{ href: '/catalog', label: 'Catalog' }}
        title="Suggested classifications"
        sentence="From names and types, never from values. What a person decided is not suggested again."
      />
      <LinkTabs
        label="State"
        tabs={suggestionStates.map(each => ({
          href: `/catalog/suggestions?state=${each}`,
          label: stateWords[each],
          isCurrent: each === state,
          ...(counts ? { count: counts[each] } : {}),
        }))}
      />
      <FilterBar
        value={filter.text}
        onChange={filter.setText}
        fields={fields}
        placeholder="Search columns, or type label:pii.email"
      />
      {isDecidable && items.length > 0 ? (
        <div className="flex flex-wrap items-center gap-2">
          <Button
            size="small"
            onClick={() =>
              decisions.setChosen(
                new Set(
                  chosen.size === items.length ? [] : items.slice(0, suggestionAcceptManyMax).map(item => item.id),
                ),
              )
            }
          >
            {chosen.size === items.length ? 'Choose none' : `Choose all ${items.length} loaded`}
          </Button>
          <Button
            size="small"
            variant="primary"
            disabled={chosen.size === 0}
            pending={decisions.acceptMany.isPending}
            onClick={() => decisions.acceptMany.mutate({ ids: [...chosen] })}
          >
            Accept {plural(chosen.size, 'chosen suggestion')}
          </Button>
        </div>
      ) : null}
      <Card>
        <DataRegion
          query={query}
          isEmpty={() => items.length === 0}
          empty={
            filter.isFiltered ? (
              <NoMatch query={filter.text} onClear={filter.clear} />
            ) : (
              <EmptyState title={state === 'open' ? 'Nothing to decide' : 'Nothing here'} />
            )
          }
        >
          {() => (
            <DataTable
              label={`Suggestions: ${stateWords[state]}`}
              columns={columns}
              rows={items}
              rowId={row => row.id}
              total={counts?.[state]}
              footer={<LoadMore query={query} label="Load more" />}
            />
          )}
        </DataRegion>
      </Card>
      <ReasonDialog
        isOpen={decisions.rejecting !== null}
        onOpenChange={isOpen => isOpen || decisions.setRejecting(null)}
        title={`Reject ${decisions.rejecting?.label ?? ''} for ${decisions.rejecting?.column.name ?? ''}`}
        effect={<p>It is not suggested again unless the evidence changes.</p>}
        action="Reject suggestion"
        pending={decisions.reject.isPending}
        onConfirm={reason => decisions.rejecting && decisions.reject.mutate({ id: decisions.rejecting.id, reason })}
      />
    </PageBody>
  );
}
