'use client';
/** The inbox of suggested classifications: accept, reject with a reason, or accept a whole family. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import { useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { keyCaps } from '#components/keyboard/shortcuts.ts';
import { ReasonDialog } from '#components/shared/reason-dialog.tsx';
import { SensitivityTag } from '#components/shared/sensitivity-tag.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { DataTable } from '#components/ui/data-table.tsx';
import { FilterBar } from '#components/ui/filter-bar.tsx';
import type { FilterField } from '#components/ui/filter-grammar.ts';
import { inertText } from '#components/ui/inert-text.ts';
import { Kbd } from '#components/ui/kbd.tsx';
import { LoadMore } from '#components/ui/load-more.tsx';
import { formatCount, plural } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { EmptyState, NoMatch } from '#components/ui/states.tsx';
import { LinkTabs } from '#components/ui/tabs.tsx';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import { knownLabels } from '#core/catalog/classification.ts';
import { type SuggestionFilter, type SuggestionView, suggestionBases, suggestionStates } from '#lib/catalog/schema.ts';
import { client, orpc } from '#lib/orpc/browser.ts';
import { AcceptMatching } from './accept-matching.tsx';
import { CatalogTabs } from './catalog-tabs.tsx';
import { decidedColumns, openColumns } from './suggestion-columns.tsx';
import { focusedSuggestionId, useSuggestionDecisions } from './use-suggestion-decisions.ts';

const stateWords = { open: 'Open', accepted: 'Accepted', rejected: 'Rejected' } as const;
type State = (typeof suggestionStates)[number];

const suggestLabels = async (prefix: string) => {
  const { labels } = await client.catalog.suggestions.list({ limit: 1 });
  return labels
    .filter(each => each.label.includes(prefix.toLowerCase()))
    .map(each => ({ value: each.label, label: plural(each.count, 'suggestion') }));
};
const fields: readonly FilterField[] = [
  { key: 'label', label: 'Classification', suggest: suggestLabels },
  { key: 'basis', label: 'Because of', values: suggestionBases.map(value => ({ value })) },
];

function useSuggestions() {
  const [{ state, connection }] = useQueryStates({
    state: parseAsStringLiteral(suggestionStates).withDefault('open'),
    connection: parseAsString,
  });
  const filter = useUrlFilter(fields);
  const asked: SuggestionFilter = {
    q: filter.q,
    label: filter.one('label'),
    basis: suggestionBases.find(basis => basis === filter.one('basis')),
    connectionId: connection ?? undefined,
  };
  const query = useInfiniteQuery({
    ...orpc.catalog.suggestions.list.infiniteOptions({
      input: (cursor: string | undefined) => ({
        ...asked,
        state,
        order: state === 'open' ? ('label' as const) : ('newest' as const),
        cursor,
      }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
  });
  return { state, connection, filter, asked, query };
}

/** How many there are of each classification, each a filter. */
function LabelChips({ labels, chosen, onChoose }: LabelChipsProps) {
  if (labels.length < 2) return null;
  return (
    <fieldset className="flex flex-wrap gap-1.5" aria-label="Classifications">
      {labels.map(({ label, count }) => (
        <button
          key={label}
          type="button"
          aria-pressed={chosen === label}
          title={knownLabels[label]?.title}
          onClick={() => onChoose(chosen === label ? null : label)}
          className="h-6 rounded-full border border-input px-2.5 text-xs hover:bg-muted aria-pressed:border-primary aria-pressed:bg-accent pointer-coarse:h-9"
        >
          {label} <span className="text-muted-foreground tabular-nums">{formatCount(count)}</span>
        </button>
      ))}
    </fieldset>
  );
}
type LabelChipsProps = {
  labels: readonly { label: string; count: number }[];
  chosen: string | undefined;
  onChoose: (label: string | null) => void;
};

type Decisions = ReturnType<typeof useSuggestionDecisions>;

type BulkBarProps = { decisions: Decisions; asked: SuggestionFilter; total: number };

function BulkBar({ decisions, asked, total }: BulkBarProps) {
  const { chosen, shown, acceptMany } = decisions;
  const areAllChosen = chosen.size === shown.length;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button size="small" onClick={() => decisions.choose(areAllChosen ? [] : shown.map(item => item.id))}>
        {areAllChosen ? 'Choose none' : `Choose all ${formatCount(shown.length)} loaded`}
      </Button>
      <Button
        size="small"
        variant="primary"
        disabled={chosen.size === 0}
        pending={acceptMany.isPending}
        onClick={() => acceptMany.mutate({ ids: [...chosen] })}
      >
        {chosen.size === 0 ? 'Accept chosen' : `Accept ${plural(chosen.size, 'chosen suggestion')}`}
      </Button>
      {total > 1 ? <AcceptMatching filter={asked} total={total} /> : null}
      <span className="ms-auto inline-flex items-center gap-1.5 text-xs text-muted-foreground max-md:hidden">
        On a row: <Kbd keys={keyCaps('suggestion.accept')} /> accept, <Kbd keys={keyCaps('suggestion.reject')} />{' '}
        reject, <Kbd keys={keyCaps('list.next')} /> next
      </span>
    </div>
  );
}

type GroupProps = { items: readonly SuggestionView[]; label: string; total: number; decisions: Decisions | null };

function GroupHeading({ items, label, total, decisions }: GroupProps) {
  const own = items.filter(item => item.label === label);
  const level = own[0]?.level ?? 'confidential';
  return (
    <span className="flex flex-wrap items-center gap-2">
      <SensitivityTag level={level} label={label} />
      <span className="text-xs text-muted-foreground">
        {knownLabels[label]?.title ?? 'Your own classification'} · {plural(total, 'column')}
      </span>
      {decisions ? (
        <Button
          size="small"
          variant="ghost"
          onClick={() => decisions.choose([...decisions.chosen, ...own.map(item => item.id)])}
        >
          Choose {own.length < total ? `the ${formatCount(own.length)} loaded` : 'them'}
        </Button>
      ) : null}
    </span>
  );
}

function Inbox() {
  const { state, connection, filter, asked, query } = useSuggestions();
  const canWrite = useCan('catalog:write') && state === 'open';
  const all = query.data?.pages.flatMap(page => page.items) ?? [];
  const decisions = useSuggestionDecisions(all);
  const [rejecting, setRejecting] = useState<SuggestionView | null>(null);
  const first = query.data?.pages[0];
  const focused = () => decisions.shown.find(item => item.id === focusedSuggestionId());
  const acceptFocused = () => {
    const item = focused();
    if (item) decisions.accept(item);
  };
  useShortcut('suggestion.accept', acceptFocused, canWrite);
  useShortcut('suggestion.reject', () => setRejecting(focused() ?? null), canWrite);
  const { chosen, toggle, accept } = decisions;
  const columns =
    state === 'open' ? openColumns(canWrite ? { chosen, toggle, accept, reject: setRejecting } : null) : decidedColumns;
  const totals = new Map(first?.labels.map(each => [each.label, each.count]));
  return (
    <>
      <StateTabs current={state} counts={first?.counts} />
      <FilterBar
        value={filter.text}
        onChange={filter.setText}
        fields={fields}
        placeholder="Search columns and tables, or type label:pii.email"
      />
      <LabelChips
        labels={first?.labels ?? []}
        chosen={filter.one('label')}
        onChoose={label => filter.setText([filter.q, label && `label:${label}`].filter(Boolean).join(' '))}
      />
      {canWrite && decisions.shown.length > 0 ? (
        <BulkBar decisions={decisions} asked={asked} total={first?.about ?? 0} />
      ) : null}
      <Card>
        <DataRegion
          query={query}
          isEmpty={() => decisions.shown.length === 0 && !query.hasNextPage}
          empty={
            filter.isFiltered || connection ? (
              <NoMatch query={filter.text} onClear={filter.clear} />
            ) : (
              <EmptyState title={state === 'open' ? 'Nothing to decide' : 'Nothing here'}>
                <p>
                  Whenever a proxy finds a column whose name, type or values say what it holds, it is suggested here.
                </p>
              </EmptyState>
            )
          }
        >
          {() => (
            <DataTable
              label={`Suggestions: ${stateWords[state]}`}
              columns={columns}
              rows={decisions.shown}
              rowId={row => row.id}
              total={first?.counts[state]}
              isTotalAbout={decisions.shown.length < all.length}
              footer={<LoadMore query={query} label="Load more" />}
              {...(state === 'open'
                ? {
                    groups: {
                      keyOf: (row: SuggestionView) => row.label,
                      heading: (label: string) => (
                        <GroupHeading
                          items={decisions.shown}
                          label={label}
                          total={totals.get(label) ?? 0}
                          decisions={canWrite ? decisions : null}
                        />
                      ),
                    },
                  }
                : {})}
            />
          )}
        </DataRegion>
      </Card>
      <ReasonDialog
        isOpen={rejecting !== null}
        onOpenChange={isOpen => isOpen || setRejecting(null)}
        title={`Reject ${rejecting?.label ?? ''} for ${inertText(rejecting?.column.name ?? '')}`}
        effect={<p>The column stays as it is. It is not suggested again unless the evidence changes.</p>}
        action="Reject suggestion"
        pending={false}
        onConfirm={async reason => {
          if (rejecting) decisions.reject(rejecting, reason);
          setRejecting(null);
        }}
      />
    </>
  );
}

function StateTabs({ current, counts }: { current: State; counts: Readonly<Record<State, number>> | undefined }) {
  return (
    <LinkTabs
      label="State"
      tabs={suggestionStates.map(state => ({
        href: `/catalog/suggestions?state=${state}`,
        label: stateWords[state],
        isCurrent: state === current,
        ...(counts ? { count: counts[state] } : {}),
      }))}
    />
  );
}

export function SuggestionsPage() {
  return (
    <PageBody>
      <PageHeader
        title="Catalog"
        sentence="Suggested from names, types, and what detectors found in values; the values themselves stay with the proxy. What a person decided is not suggested again."
      />
      <CatalogTabs current="suggestions" />
      <Inbox />
    </PageBody>
  );
}
