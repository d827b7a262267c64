'use client';
/** Tables, views and columns that match, in all connections or in one; the server searches. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { SensitivityTag } from '#components/shared/sensitivity-tag.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { type Column, DataTable, rowAction } from '#components/ui/data-table.tsx';
import { LoadMore } from '#components/ui/load-more.tsx';
import { ObjectName } from '#components/ui/object-name.tsx';
import { NoMatch } from '#components/ui/states.tsx';
import type { Level } from '#core/catalog/classification.ts';
import type { SearchHit } from '#lib/catalog/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

const columns: readonly Column<SearchHit>[] = [
  {
    id: 'name',
    header: 'Name',
    meta: { narrow: 'title' },
    cell: ({ row: { original: hit } }) => (
      <Link {...rowAction} href={`/catalog/${hit.connection.id}/${hit.oid}`} className="outline-none hover:underline">
        <ObjectName
          parts={[hit.schema, hit.relation, ...(hit.column === null ? [] : [hit.column])]}
          partClassName={at => ['text-muted-foreground', undefined, 'font-medium'][at]}
        />
      </Link>
    ),
  },
  {
    id: 'type',
    header: 'What',
    meta: { narrow: 'detail' },
    cell: ({ row }) => (row.original.type === 'column' ? 'column' : 'table or view'),
  },
  {
    id: 'classification',
    header: 'Classification',
    meta: { narrow: 'badge' },
    cell: ({ row: { original: hit } }) =>
      hit.level ? (
        <SensitivityTag level={hit.level} {...(hit.label ? { label: hit.label } : {})} />
      ) : (
        <span className="text-muted-foreground max-sm:hidden">none</span>
      ),
  },
  {
    id: 'connection',
    header: 'Connection',
    meta: { narrow: 'detail' },
    cell: ({ row }) => <span className="font-mono text-xs">{row.original.connection.name}</span>,
  },
];

type Props = { q: string | undefined; level: Level | undefined; shown: string; onClear: () => void };

export function SearchHits({ q, level, shown, onClear }: Props) {
  const query = useInfiniteQuery({
    ...orpc.catalog.search.infiniteOptions({
      input: (cursor: string | undefined) => ({ q, level, cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
  });
  return (
    <Card>
      <DataRegion
        query={query}
        isEmpty={data => data.pages.every(page => page.items.length === 0)}
        empty={<NoMatch query={shown} onClear={onClear} />}
      >
        {data => (
          <DataTable
            label="Found in the catalog"
            columns={columns}
            rows={data.pages.flatMap(page => page.items)}
            rowId={row => `${row.connection.id} ${row.oid} ${row.attnum ?? ''}`}
            footer={<LoadMore query={query} label="Load more" />}
          />
        )}
      </DataRegion>
    </Card>
  );
}
