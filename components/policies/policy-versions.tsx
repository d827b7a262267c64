'use client';
/** The history of a policy: who changed what and why, each version against the one before. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { IdentityName } from '#components/shared/identity.tsx';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { DiffView } from '#components/ui/diff-view.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { TimeText } from '#components/ui/time.tsx';
import { orpc } from '#lib/orpc/browser.ts';

export function PolicyVersions({ name }: { name: string }) {
  const [open, setOpen] = useState<number | null>(null);
  const query = useInfiniteQuery(
    orpc.policy.policies.versions.infiniteOptions({
      input: (cursor: string | undefined) => ({ name, cursor }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
  );
  return (
    <Card>
      <DataRegion query={query}>
        {data => {
          const items = data.pages.flatMap(page => page.items);
          return (
            <ol>
              {items.map((item, index) => {
                const before = items[index + 1];
                const isOpen = open === item.version;
                return (
                  <li
                    key={item.version}
                    className="grid grid-cols-[minmax(0,1fr)] gap-2 border-b border-border px-4 py-3 last:border-b-0"
                  >
                    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
                      <span className="font-medium">Version {item.version}</span>
                      {item.removed ? <Badge tone="deny">Removed</Badge> : null}
                      <TimeText value={item.at} precision="minute" className="text-muted-foreground" />
                      {item.by ? (
                        <IdentityName identity={item.by} />
                      ) : (
                        <span className="text-muted-foreground">the system</span>
                      )}
                      <span className="text-xs text-muted-foreground">set version {item.setVersion}</span>
                      <Button
                        size="small"
                        aria-expanded={isOpen}
                        className="ms-auto"
                        onClick={() => setOpen(isOpen ? null : item.version)}
                      >
                        {isOpen ? 'Hide changes' : 'Show changes'}
                      </Button>
                    </div>
                    {item.comment ? <p>“{inertText(item.comment)}”</p> : null}
                    {isOpen ? (
                      <DiffView
                        before={before?.yaml ?? ''}
                        after={item.removed ? '' : item.yaml}
                        label={`Changes of version ${item.version}`}
                      />
                    ) : null}
                  </li>
                );
              })}
            </ol>
          );
        }}
      </DataRegion>
      <div className="p-2 empty:hidden">
        <LoadMore query={query} />
      </div>
    </Card>
  );
}
