'use client';
/** What is known of a connection: where it is, who serves it, and its schemas with their owners. */
import { useQuery } from '@tanstack/react-query';
import { Pencil } from 'lucide-react';
import Link from 'next/link';
import { FactStrip, FactTile } from '#components/shared/fact-tile.tsx';
import { OwnerName } from '#components/shared/owner-name.tsx';
import { SensitivityTag } from '#components/shared/sensitivity-tag.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, CardBody, CardHeader } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable } from '#components/ui/data-table.tsx';
import { DefinitionList } from '#components/ui/definition-list.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { formatCount } from '#components/ui/number-format.ts';
import { Unknown } from '#components/ui/states.tsx';
import { type Level, levelRank } from '#core/catalog/classification.ts';
import type { ConnectionView, SchemaNode } from '#lib/catalog/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { EditConnection } from './edit-connection.tsx';
import { OwnerEditor } from './owner-editor.tsx';

/** 180004 → "18.4"; 90624 → "9.6.24". */
export function serverVersionWord(version: number): string {
  const [major, rest] = [Math.floor(version / 10_000), version % 10_000];
  return major >= 10 ? `${major}.${rest}` : `${major}.${Math.floor(rest / 100)}.${rest % 100}`;
}

const highestOf = (schema: SchemaNode): Level | null =>
  schema.relations.reduce<Level | null>(
    (top, { level }) => (level && (top === null || levelRank(level) > levelRank(top)) ? level : top),
    null,
  );

const sum = (schema: SchemaNode, of: 'columns' | 'classified'): number =>
  schema.relations.reduce((total, relation) => total + relation[of], 0);

function Served({ connection }: { connection: ConnectionView }) {
  if (connection.proxies.length === 0) return <Badge tone="fault">No proxy serves it</Badge>;
  return (
    <ul className="grid gap-1">
      {connection.proxies.map(proxy => (
        <li key={proxy.id} className="flex flex-wrap items-center gap-x-1.5">
          <Link href={`/proxies/${proxy.id}`} className="hover:underline">
            {proxy.name}
          </Link>
          <span className="font-mono text-xs text-muted-foreground">{proxy.listen}</span>
          {proxy.reachable ? null : <Badge tone="fault">{inertText(proxy.message ?? 'database not reachable')}</Badge>}
        </li>
      ))}
    </ul>
  );
}

function Facts({ connection }: { connection: ConnectionView }) {
  const { catalog } = connection;
  if (!catalog) return null;
  return (
    <FactStrip label="Facts of the connection">
      <FactTile label="Tables and views" value={formatCount(catalog.relations)} />
      <FactTile label="Columns" value={formatCount(catalog.columns)} />
      <FactTile label="Classified" value={formatCount(catalog.classified)} method="columns with a label" />
      <FactTile
        label="Suggestions"
        value={
          catalog.openSuggestions > 0 ? (
            <Link
              href={`/catalog/suggestions?connection=${connection.id}`}
              className="text-link underline-offset-2 hover:underline"
            >
              {formatCount(catalog.openSuggestions)}
            </Link>
          ) : (
            '0'
          )
        }
        method="to decide"
      />
    </FactStrip>
  );
}

function Particulars({ connection }: { connection: ConnectionView }) {
  const { catalog } = connection;
  const tags = Object.entries(connection.tags);
  return (
    <DefinitionList
      items={[
        ['Description', inertText(connection.description) || <Unknown key="description" why="nobody wrote one" />],
        ['Region', connection.region],
        [
          'Tags',
          tags.length === 0 ? (
            <span key="tags" className="text-muted-foreground">
              none
            </span>
          ) : (
            <span key="tags" className="flex flex-wrap gap-1">
              {tags.map(([key, value]) => (
                <Badge key={key}>
                  {inertText(key)}={inertText(value)}
                </Badge>
              ))}
            </span>
          ),
        ],
        [
          'Database',
          catalog ? (
            `${inertText(catalog.database)}, PostgreSQL ${serverVersionWord(catalog.serverVersion)}`
          ) : (
            <Unknown key="database" why="no proxy has looked into it" />
          ),
        ],
        ['Served by', <Served key="served" connection={connection} />],
      ]}
    />
  );
}

function schemaColumns(connectionId: string, canWrite: boolean): Column<SchemaNode>[] {
  return [
    {
      id: 'name',
      header: 'Schema',
      meta: { narrow: 'title' },
      cell: ({ row }) => <span className="font-mono text-xs font-medium">{inertText(row.original.name)}</span>,
    },
    {
      id: 'level',
      header: 'Most sensitive',
      meta: { narrow: 'badge' },
      cell: ({ row }) => {
        const level = highestOf(row.original);
        return level ? <SensitivityTag level={level} /> : <span className="text-muted-foreground">nothing</span>;
      },
    },
    {
      id: 'relations',
      header: 'Tables and views',
      meta: { align: 'right' },
      cell: ({ row }) => formatCount(row.original.relations.length),
    },
    {
      id: 'classified',
      header: 'Classified columns',
      meta: { align: 'right', narrow: 'detail' },
      cell: ({ row }) =>
        `${formatCount(sum(row.original, 'classified'))} of ${formatCount(sum(row.original, 'columns'))}`,
    },
    {
      id: 'owner',
      header: 'Owner',
      meta: { narrow: 'detail' },
      cell: ({ row: { original: schema } }) => (
        <span className="inline-flex items-center gap-1">
          <OwnerName owner={schema.owner} />
          {canWrite ? (
            <OwnerEditor
              connectionId={connectionId}
              schema={schema.name}
              relation={null}
              current={schema.owner}
              trigger={
                <Button
                  variant="ghost"
                  size="smallIcon"
                  aria-label={`Set the owner of schema ${inertText(schema.name)}`}
                >
                  <Pencil aria-hidden />
                </Button>
              }
            />
          ) : null}
        </span>
      ),
    },
  ];
}

function Schemas({ connectionId }: { connectionId: string }) {
  const canWrite = useCan('catalog:write');
  const query = useQuery(orpc.catalog.schemas.queryOptions({ input: { connectionId } }));
  if (!query.data || query.data.schemas.length === 0) return null;
  return (
    <Card>
      <CardHeader title="Schemas" hint="a table without an owner of its own is its schema’s owner’s" />
      <DataTable
        label="Schemas"
        columns={schemaColumns(connectionId, canWrite)}
        rows={query.data.schemas}
        rowId={row => row.name}
        total={query.data.schemas.length}
      />
    </Card>
  );
}

export function ConnectionOverview({ id }: { id: string }) {
  const canRead = useCan('connection:read');
  const canEdit = useCan('connection:write');
  const query = useQuery({ ...orpc.catalog.connections.get.queryOptions({ input: { id } }), enabled: canRead });
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      {canRead ? (
        <DataRegion query={query}>
          {connection => (
            <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
              <Facts connection={connection} />
              <Card>
                <CardHeader title="Connection">
                  {canEdit ? <EditConnection connection={connection} /> : null}
                </CardHeader>
                <CardBody>
                  <Particulars connection={connection} />
                </CardBody>
              </Card>
            </div>
          )}
        </DataRegion>
      ) : null}
      <Schemas connectionId={id} />
    </div>
  );
}
