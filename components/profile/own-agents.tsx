'use client';
/** AI agents and service accounts that answer to the reader, and tokens for them. */
import { useQuery } from '@tanstack/react-query';
import { IssueToken } from '#components/identities/issue-token.tsx';
import { IdentityName, kindWord } from '#components/shared/identity.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { Badge } from '#components/ui/badge.tsx';
import { Card, CardBody, CardHeader } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { orpc } from '#lib/orpc/browser.ts';

export function OwnAgents() {
  const canIssue = useCan('token:issue');
  const query = useQuery(orpc.identity.me.owns.queryOptions());
  return (
    <Card>
      <CardHeader title="You answer for" hint="AI agents and service accounts" />
      <CardBody>
        <DataRegion
          query={query}
          isEmpty={data => data.items.length === 0}
          empty={<p className="text-muted-foreground">None. An administrator makes them, and names their owner.</p>}
        >
          {data => (
            <ul className="grid gap-2">
              {data.items.map(item => (
                <li key={item.id} className="flex flex-wrap items-center gap-x-3 gap-y-1">
                  <IdentityName identity={item} />
                  <span className="text-muted-foreground">{kindWord(item.kind)}</span>
                  {item.enabled ? null : <Badge tone="deny">Disabled</Badge>}
                  {item.enabled && canIssue ? (
                    <span className="ms-auto">
                      <IssueToken holder={item} size="small" />
                    </span>
                  ) : null}
                </li>
              ))}
            </ul>
          )}
        </DataRegion>
      </CardBody>
    </Card>
  );
}
