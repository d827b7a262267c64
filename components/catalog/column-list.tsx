'use client';
/** The columns of a relation: what they are, how they are classified and why, and what policies hide of them. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { SensitivityTag } from '#components/shared/sensitivity-tag.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { Card, CardHeader } from '#components/ui/card.tsx';
import { Clause } from '#components/ui/clause.tsx';
import { type Column, DataTable } from '#components/ui/data-table.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { formatCount } from '#components/ui/number-format.ts';
import { Unknown } from '#components/ui/states.tsx';
import { TimeText } from '#components/ui/time.tsx';
import type { ColumnView, RelationDetail } from '#lib/catalog/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import type { ColumnMask } from '#lib/policy/schema.ts';
import { ColumnMasks } from './column-masks.tsx';
import { ColumnSuggestion, isSuggested } from './column-suggestion.tsx';
import { LabelEditor } from './label-editor.tsx';

const sourceWords = {
  human: 'set by a person',
  suggestion: 'suggested, and accepted',
  inherited: 'follows the data it is made from',
} as const;

/** Null while it is not known. */
type Masks = ReadonlyMap<number, readonly ColumnMask[]> | null;

function Because({ column }: { column: ColumnView }) {
  const { label, suggestion } = column;
  if (label) {
    return (
      <span className="grid text-xs">
        <span>
          {sourceWords[label.source]}
          {label.by ? <span className="text-muted-foreground"> · {inertText(label.by.login)}</span> : null}
        </span>
        {label.evidence ? (
          <span className="text-muted-foreground">
            <Clause text={label.evidence} />
          </span>
        ) : null}
        <TimeText value={label.at} precision="minute" isRelativeShown={false} className="text-muted-foreground" />
      </span>
    );
  }
  if (!isSuggested(column)) return null;
  return (
    <span className="text-xs text-muted-foreground">
      <Clause text={suggestion?.evidence.join('; ') ?? ''} />
    </span>
  );
}

function Classification({ column, canWrite }: { column: ColumnView; canWrite: boolean }) {
  if (!column.label && !isSuggested(column)) return <span className="text-muted-foreground max-sm:hidden">none</span>;
  return (
    <span className="flex flex-wrap items-center gap-2">
      {column.label ? <SensitivityTag level={column.label.level} label={column.label.label} /> : null}
      <ColumnSuggestion column={column} canDecide={canWrite} />
    </span>
  );
}

function columnsFor(relation: RelationDetail, masks: Masks, can: { write: boolean; readPolicies: boolean }) {
  const masked: Column<ColumnView> = {
    id: 'masks',
    header: 'What others see',
    meta: { narrow: 'detail', className: 'min-w-44' },
    cell: ({ row }) => {
      if (!row.original.label) return null;
      if (masks === null) return <Unknown />;
      return <ColumnMasks masks={masks.get(row.original.attnum) ?? []} />;
    },
  };
  const edit: Column<ColumnView> = {
    id: 'edit',
    header: () => <span className="sr-only">Actions</span>,
    meta: { align: 'right', narrow: 'badge' },
    cell: ({ row }) => (
      <LabelEditor
        connectionId={relation.connection.id}
        oid={relation.oid}
        column={row.original}
        current={row.original.label}
      />
    ),
  };
  const columns: Column<ColumnView>[] = [
    {
      id: 'name',
      header: 'Column',
      meta: { narrow: 'title', className: 'min-w-32' },
      cell: ({ row }) => (
        <span className="grid">
          <span className="font-mono text-xs font-medium break-all">{inertText(row.original.name)}</span>
          <span className="font-mono text-xs text-muted-foreground">
            {inertText(row.original.type)}
            {row.original.notNull ? ' not null' : ''}
          </span>
        </span>
      ),
    },
    {
      id: 'classification',
      header: 'Classification',
      meta: { narrow: 'badge' },
      cell: ({ row }) => <Classification column={row.original} canWrite={can.write} />,
    },
    {
      id: 'because',
      header: 'Because',
      meta: { narrow: 'detail', className: 'min-w-40' },
      cell: ({ row }) => <Because column={row.original} />,
    },
  ];
  return [...columns, ...(can.readPolicies ? [masked] : []), ...(can.write ? [edit] : [])];
}

export function ColumnList({ relation }: { relation: RelationDetail }) {
  const canWrite = useCan('catalog:write');
  const canReadPolicies = useCan('policy:read');
  const isAnyLabelled = relation.columns.some(column => column.label);
  const { data } = useQuery({
    ...orpc.policy.masking.queryOptions({ input: { connectionId: relation.connection.id, oid: relation.oid } }),
    enabled: canReadPolicies && isAnyLabelled,
  });
  const masks = useMemo<Masks>(
    () => (data ? new Map(data.columns.map(column => [column.attnum, column.masks])) : null),
    [data],
  );
  const columns = useMemo(
    () => columnsFor(relation, masks, { write: canWrite, readPolicies: canReadPolicies && isAnyLabelled }),
    [relation, masks, canWrite, canReadPolicies, isAnyLabelled],
  );
  const classified = relation.columns.filter(column => column.label).length;
  return (
    <Card>
      <CardHeader
        title="Columns"
        hint={`${formatCount(classified)} of ${formatCount(relation.columns.length)} classified`}
      />
      <DataTable
        label={`Columns of ${relation.name}`}
        columns={columns}
        rows={relation.columns}
        rowId={row => String(row.attnum)}
        total={relation.columns.length}
      />
    </Card>
  );
}
