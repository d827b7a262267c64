'use client';
/** The two ways into the catalog: by connection, and by what waits to be decided. */
import { useQuery } from '@tanstack/react-query';
import { LinkTabs } from '#components/ui/tabs.tsx';
import { orpc } from '#lib/orpc/browser.ts';

export function CatalogTabs({ current }: { current: 'connections' | 'suggestions' }) {
  const { data } = useQuery(orpc.catalog.suggestions.list.queryOptions({ input: { limit: 1 } }));
  return (
    <LinkTabs
      label="Catalog"
      tabs={[
        { href: '/catalog', label: 'Connections', isCurrent: current === 'connections' },
        {
          href: '/catalog/suggestions',
          label: 'Suggestions',
          isCurrent: current === 'suggestions',
          ...(data ? { count: data.counts.open } : {}),
        },
      ]}
    />
  );
}
