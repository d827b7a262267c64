'use client';
/** One table or view: its columns with type and classification, its owner, and its references. */
import { useQuery } from '@tanstack/react-query';
import { Pencil } from 'lucide-react';
import Link from 'next/link';
import { LineageMini } from '#components/shared/lineage-mini.tsx';
import { OwnerName } from '#components/shared/owner-name.tsx';
import { SensitivityTag } from '#components/shared/sensitivity-tag.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, CardBody, CardHeader } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { formatBytes, plural } from '#components/ui/number-format.ts';
import { ObjectName } from '#components/ui/object-name.tsx';
import { type RelationDetail, relationKindTitle } from '#lib/catalog/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { ColumnList } from './column-list.tsx';
import { OwnerEditor } from './owner-editor.tsx';

function References({ relation }: { relation: RelationDetail }) {
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
                className="text-link hover:underline"
              >
                <ObjectName parts={[key.relation.schema, key.relation.name]} />
              </Link>
              <span className="text-muted-foreground">
                {' '}
                ({inertText(key.columns.join(', '))} → {inertText(key.referencedColumns.join(', '))}; on delete{' '}
                {key.onDelete})
              </span>
            </li>
          ))}
        </ul>
      </CardBody>
    </Card>
  );
}

function Downstream({ relation }: { relation: RelationDetail }) {
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

function Detail({ relation }: { relation: RelationDetail }) {
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
      <ColumnList relation={relation} />
      <References relation={relation} />
      <Downstream relation={relation} />
    </div>
  );
}

export function RelationView({ connectionId, oid }: { connectionId: string; oid: number }) {
  const query = useQuery(orpc.catalog.relation.queryOptions({ input: { connectionId, oid } }));
  return <DataRegion query={query}>{relation => <Detail relation={relation} />}</DataRegion>;
}
