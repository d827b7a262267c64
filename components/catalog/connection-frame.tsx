'use client';
/** The frame around one connection: its schemas stay at the side while one relation, or the connection itself, is read. */
import { useQuery } from '@tanstack/react-query';
import { useRouter, useSelectedLayoutSegment } from 'next/navigation';
import type { ReactNode } from 'react';
import { EnvironmentBadge } from '#components/shared/environment-badge.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import { DataRegion } from '#components/ui/data-region.tsx';
import { Select } from '#components/ui/input.tsx';
import { isMissing, MissingPage } from '#components/ui/missing-page.tsx';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { EmptyState } from '#components/ui/states.tsx';
import { TimeText } from '#components/ui/time.tsx';
import { orpc } from '#lib/orpc/browser.ts';
import { CatalogTree } from './catalog-tree.tsx';

const choicesMax = 200;

function ConnectionSwitch({ id }: { id: string }) {
  const router = useRouter();
  const query = useQuery(orpc.catalog.connections.list.queryOptions({ input: { limit: choicesMax } }));
  if (!query.data || query.data.items.length < 2) return null;
  return (
    <Select
      aria-label="Connection"
      value={id}
      onChange={event => router.push(`/catalog/${event.target.value}`)}
      className="w-48 max-sm:hidden"
    >
      {query.data.items.map(connection => (
        <option key={connection.id} value={connection.id}>
          {connection.name}
        </option>
      ))}
    </Select>
  );
}

export function ConnectionFrame({ id, children }: { id: string; children: ReactNode }) {
  const query = useQuery(orpc.catalog.schemas.queryOptions({ input: { connectionId: id } }));
  const chosen = useSelectedLayoutSegment();
  const connection = query.data?.connection;
  const hasRelations = query.data === undefined || query.data.schemas.length > 0;
  if (isMissing(query)) return <MissingPage what="connection" back={{ href: '/catalog', label: 'Catalog' }} />;
  return (
    <PageBody>
      <PageHeader
        back={{ href: '/catalog', label: 'Catalog' }}
        title={connection?.name ?? 'Connection'}
        sentence={
          query.data?.pushedAt ? (
            <>
              As a proxy found it on <TimeText value={query.data.pushedAt} precision="minute" />
            </>
          ) : undefined
        }
        mark={connection ? <EnvironmentBadge environment={connection.environment} /> : null}
      >
        <ConnectionSwitch id={id} />
      </PageHeader>
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[16rem_minmax(0,1fr)] 2xl:grid-cols-[20rem_minmax(0,1fr)]">
        <Card className={cn('lg:sticky lg:top-16', chosen !== null && 'max-lg:hidden')}>
          <DataRegion
            query={query}
            isEmpty={data => data.schemas.length === 0}
            empty={
              <EmptyState title="Nothing is known of this database yet">
                <p>A proxy that serves the connection introspects it and reports what it finds.</p>
              </EmptyState>
            }
          >
            {tree => <CatalogTree tree={tree} chosen={chosen === null ? null : Number(chosen)} />}
          </DataRegion>
        </Card>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
          {chosen !== null && hasRelations ? (
            <ButtonLink href={`/catalog/${id}`} className="w-fit lg:hidden">
              All tables
            </ButtonLink>
          ) : null}
          {children}
        </div>
      </div>
    </PageBody>
  );
}
