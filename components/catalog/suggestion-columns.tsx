'use client';
/** How a suggestion is shown in the inbox. */
import { ScanSearch } from 'lucide-react';
import Link from 'next/link';
import { IdentityName } from '#components/shared/identity.tsx';
import { SensitivityTag } from '#components/shared/sensitivity-tag.tsx';
import { Button } from '#components/ui/button.tsx';
import { Checkbox } from '#components/ui/checkbox.tsx';
import { Clause } from '#components/ui/clause.tsx';
import { type Column, rowAction } from '#components/ui/data-table.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { ObjectName } from '#components/ui/object-name.tsx';
import { TimeHeading, TimeText } from '#components/ui/time.tsx';
import type { SuggestionView } from '#lib/catalog/schema.ts';
import { AcceptAs } from './accept-as.tsx';

export type SuggestionActions = {
  chosen: ReadonlySet<string>;
  toggle: (id: string) => void;
  accept: (suggestion: SuggestionView) => void;
  reject: (suggestion: SuggestionView) => void;
};

const nameOf = ({ relation, column }: SuggestionView): string => inertText(`${relation.name}.${column.name}`);

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

const place: Column<SuggestionView> = {
  id: 'column',
  header: 'Column',
  meta: { narrow: 'title', className: 'min-w-60' },
  cell: ({ row: { original: suggestion } }) => (
    <span className="grid">
      <Link
        {...rowAction}
        data-suggestion={suggestion.id}
        href={`/catalog/${suggestion.connection.id}/${suggestion.relation.oid}`}
        className="outline-none hover:underline"
      >
        <ObjectName
          parts={[suggestion.relation.schema, suggestion.relation.name, suggestion.column.name]}
          partClassName={at => (at < 2 ? 'text-muted-foreground' : 'font-medium')}
        />
      </Link>
      <span className="text-xs text-muted-foreground">
        {inertText(suggestion.column.type)}, {suggestion.connection.name}
      </span>
    </span>
  ),
};

const evidence: Column<SuggestionView> = {
  id: 'evidence',
  header: 'Because',
  meta: { narrow: 'detail' },
  cell: ({ row: { original: suggestion } }) => (
    <span className="grid gap-1">
      <span>
        {suggestion.basis.includes('values') ? (
          <ScanSearch role="img" aria-label="Found in values" className="me-1 inline size-3.5 text-approve" />
        ) : null}
        <Clause text={suggestion.evidence.join('; ')} />
      </span>
      {suggestion.reopened ? (
        <span className="text-xs text-approve">
          Was rejected (“{inertText(suggestion.reason ?? '')}”); the evidence has changed since.
        </span>
      ) : null}
    </span>
  ),
};

const current: Column<SuggestionView> = {
  id: 'current',
  header: 'Now',
  meta: { narrow: 'detail' },
  cell: ({ row: { original: suggestion } }) =>
    suggestion.current ? (
      <SensitivityTag level={suggestion.current.level} label={suggestion.current.label} />
    ) : (
      <span className="text-muted-foreground max-sm:hidden">none</span>
    ),
};

const suggested: Column<SuggestionView> = {
  id: 'label',
  header: 'Suggested',
  meta: { narrow: 'badge' },
  cell: ({ row }) => <SensitivityTag level={row.original.level} label={row.original.label} />,
};

const confidence: Column<SuggestionView> = {
  id: 'confidence',
  header: 'Confidence',
  meta: { narrow: 'detail' },
  cell: ({ row }) => <Confidence value={row.original.confidence} />,
};

const decided: Column<SuggestionView> = {
  id: 'decided',
  header: () => <TimeHeading label="Decided" />,
  meta: { narrow: 'detail' },
  cell: ({ row: { original: suggestion } }) => (
    <span className="grid gap-0.5">
      <span className="inline-flex flex-wrap items-center gap-x-2">
        {suggestion.decidedBy ? <IdentityName identity={suggestion.decidedBy} /> : null}
        <TimeText value={suggestion.decidedAt} precision="minute" />
      </span>
      {suggestion.reason ? <span className="text-muted-foreground">“{inertText(suggestion.reason)}”</span> : null}
    </span>
  ),
};

/** Columns of those already decided, newest first. */
export const decidedColumns: readonly Column<SuggestionView>[] = [place, suggested, evidence, decided];

/** Columns of those that wait, grouped by what is suggested. Without actions for who may only read. */
export function openColumns(actions: SuggestionActions | null): Column<SuggestionView>[] {
  if (!actions) return [place, suggested, evidence, confidence, current];
  const choose: Column<SuggestionView> = {
    id: 'choose',
    header: () => <span className="sr-only">Choose</span>,
    meta: { className: 'w-8', narrow: 'badge' },
    cell: ({ row: { original: suggestion } }) => (
      <Checkbox
        aria-label={`Choose ${nameOf(suggestion)}`}
        checked={actions.chosen.has(suggestion.id)}
        onCheckedChange={() => actions.toggle(suggestion.id)}
        className="size-6 pointer-coarse:size-9"
      />
    ),
  };
  const decide: Column<SuggestionView> = {
    id: 'actions',
    header: () => <span className="sr-only">Actions</span>,
    meta: { align: 'right', narrow: 'detail' },
    cell: ({ row: { original: suggestion } }) => (
      <span className="inline-flex gap-1">
        <Button
          size="small"
          aria-label={`Accept ${suggestion.label} for ${nameOf(suggestion)}`}
          onClick={() => actions.accept(suggestion)}
        >
          Accept
        </Button>
        <Button
          size="small"
          variant="ghost"
          aria-label={`Reject ${suggestion.label} for ${nameOf(suggestion)}`}
          onClick={() => actions.reject(suggestion)}
        >
          Reject…
        </Button>
        <AcceptAs suggestion={suggestion} />
      </span>
    ),
  };
  return [choose, place, evidence, confidence, current, decide];
}
