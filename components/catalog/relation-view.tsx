'use client';
/** One table or view: its columns with type and classification, its owner, and its references. */
import { useQuery } from '@tanstack/react-query';
import { Check, Pencil, X } from 'lucide-react';
import Link from 'next/link';
import type { z } from 'zod';
import { LineageMini } from '#components/shared/lineage-mini.tsx';
import { OwnerName } from '#components/shared/owner-name.tsx';
import { ReasonDialog } from '#components/shared/reason-dialog.tsx';
import { SensitivityTag } from '#components/shared/sensitivity-tag.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, CardBody, CardHeader } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { formatBytes, formatCount, plural } from '#components/ui/number-format.ts';
import { TableCell, TableFrame, TableHead } from '#components/ui/table.tsx';
import { relationKindTitle, type relationOutputSchema } from '#lib/catalog/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { LabelEditor } from './label-editor.tsx';
import { OwnerEditor } from './owner-editor.tsx';

type Relation = z.infer<typeof relationOutputSchema>;
type ColumnView = Relation['columns'][number];

const sourceWords = { human: 'set by', suggestion: 'suggested, accepted by', inherited: 'follows the data' } as const;

function Suggestion({ column }: { column: ColumnView }) {
  const changes = [orpc.catalog.key()];
  const accept = useCommand(orpc.catalog.suggestions.accept.mutationOptions(), {
    doing: 'accept the suggestion',
    done: `${column.name} classified`,
    changes,
  });
  const reject = useCommand(orpc.catalog.suggestions.reject.mutationOptions(), {
    doing: 'reject the suggestion',
    done: 'Suggestion rejected; it stays rejected',
    changes,
  });
  const { suggestion } = column;
  if (suggestion?.state !== 'open') return null;
  return (
    <span className="inline-flex flex-wrap items-center gap-1" title={suggestion.evidence.join('; ')}>
      <Badge tone="observe">{suggestion.label}?</Badge>
      <Button
        size="smallIcon"
        variant="ghost"
        aria-label={`Accept ${suggestion.label} for ${column.name}`}
        pending={accept.isPending}
        onClick={() => accept.mutate({ id: suggestion.id })}
      >
        <Check aria-hidden />
      </Button>
      <ReasonDialog
        trigger={
          <Button
            size="smallIcon"
            variant="ghost"
            aria-label={`Reject ${suggestion.label} for ${column.name}`}
            pending={reject.isPending}
          >
            <X aria-hidden />
          </Button>
        }
        title={`Reject ${suggestion.label} for ${column.name}`}
        effect={<p>It is not suggested again unless the evidence changes.</p>}
        action="Reject suggestion"
        pending={reject.isPending}
        onConfirm={reason => reject.mutate({ id: suggestion.id, reason })}
      />
    </span>
  );
}

function ColumnRow({ column, relation, canWrite }: { column: ColumnView; relation: Relation; canWrite: boolean }) {
  const { label } = column;
  return (
    <tr className="group/row">
      <TableCell className="font-mono text-xs">{inertText(column.name)}</TableCell>
      <TableCell className="font-mono text-xs text-muted-foreground">
        {inertText(column.type)}
        {column.notNull ? ' not null' : ''}
      </TableCell>
      <TableCell>
        <span className="flex flex-wrap items-center gap-2">
          {label ? <SensitivityTag level={label.level} label={label.label} /> : null}
          {canWrite ? <Suggestion column={column} /> : null}
          {!label && column.suggestion?.state !== 'open' ? <span className="text-muted-foreground">none</span> : null}
        </span>
      </TableCell>
      <TableCell className="text-xs text-muted-foreground">
        {label
          ? `${sourceWords[label.source]}${label.by ? ` ${label.by.login}` : ''}${label.evidence ? `: ${label.evidence}` : ''}`
          : ''}
      </TableCell>
      {canWrite ? (
        <TableCell className="text-right">
          <LabelEditor
            connectionId={relation.connection.id}
            oid={relation.oid}
            column={column}
            current={label ? { label: label.label, level: label.level } : null}
          />
        </TableCell>
      ) : null}
    </tr>
  );
}

function References({ relation }: { relation: Relation }) {
  if (relation.foreignKeys.length === 0) return null;
  return (
    <Card>
      <CardHeader title="References" />
      <CardBody>
        <ul className="grid gap-1">
          {relation.foreignKeys.map(key => (
            <li key={`${key.direction} ${key.name}`}>
              {key.direction === 'out' ? 'Refers to ' : 'Referred to by '}
              <Link
                href={`/catalog/${relation.connection.id}/${key.relation.oid}`}
                className="font-mono text-xs text-link hover:underline"
              >
                {key.relation.schema}.{key.relation.name}
              </Link>
              <span className="text-muted-foreground">
                {' '}
                ({key.columns.join(', ')} → {key.referencedColumns.join(', ')}; on delete {key.onDelete})
              </span>
            </li>
          ))}
        </ul>
      </CardBody>
    </Card>
  );
}

function Downstream({ relation }: { relation: Relation }) {
  const query = useQuery(
    orpc.lineage.downstream.queryOptions({
      input: { connectionId: relation.connection.id, relations: [`${relation.schema}.${relation.name}`] },
    }),
  );
  return (
    <Card>
      <CardHeader title="Downstream" hint="what reads from here" />
      <CardBody>
        <DataRegion query={query}>{graph => <LineageMini graph={graph} />}</DataRegion>
      </CardBody>
    </Card>
  );
}

function Detail({ relation }: { relation: Relation }) {
  const canWrite = useCan('catalog:write');
  const rows = relation.rowsEstimate < 0 ? 'never analysed' : `≈ ${plural(Math.round(relation.rowsEstimate), 'row')}`;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <header className="grid gap-1">
        <div className="flex flex-wrap items-center gap-2">
          <h2 className="font-mono text-lg font-semibold">
            {inertText(relation.schema)}.{inertText(relation.name)}
          </h2>
          {relation.level ? <SensitivityTag level={relation.level} /> : null}
        </div>
        <p className="flex flex-wrap items-center gap-x-2 text-muted-foreground">
          {relationKindTitle[relation.kind]}, {rows}, {formatBytes(relation.bytesEstimate)}
        </p>
        <p className="flex flex-wrap items-center gap-1.5">
          <span className="text-muted-foreground">Owner</span>
          <OwnerName owner={relation.owner?.owner ?? null} />
          {relation.owner?.inherited ? <span className="text-muted-foreground">(of the schema)</span> : null}
          {canWrite ? (
            <OwnerEditor
              connectionId={relation.connection.id}
              schema={relation.schema}
              relation={relation.name}
              current={relation.owner && !relation.owner.inherited ? relation.owner.owner : null}
              trigger={
                <Button variant="ghost" size="smallIcon" aria-label="Set the owner">
                  <Pencil aria-hidden />
                </Button>
              }
            />
          ) : null}
        </p>
      </header>
      <TableFrame label={`Columns of ${relation.name}`} className="bg-card">
        <thead>
          <tr>
            <TableHead>Column ({formatCount(relation.columns.length)})</TableHead>
            <TableHead>Type</TableHead>
            <TableHead>Classification</TableHead>
            <TableHead>Because</TableHead>
            {canWrite ? (
              <TableHead className="text-right">
                <span className="sr-only">Actions</span>
              </TableHead>
            ) : null}
          </tr>
        </thead>
        <tbody>
          {relation.columns.map(column => (
            <ColumnRow key={column.attnum} column={column} relation={relation} canWrite={canWrite} />
          ))}
        </tbody>
      </TableFrame>
      <References relation={relation} />
      <Downstream relation={relation} />
    </div>
  );
}

export function RelationView({ connectionId, oid }: { connectionId: string; oid: number }) {
  const query = useQuery(orpc.catalog.relation.queryOptions({ input: { connectionId, oid } }));
  return <DataRegion query={query}>{relation => <Detail relation={relation} />}</DataRegion>;
}
