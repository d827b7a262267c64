'use client';
/** The reader's own statements that policy refused lately, so that nobody has to guess why. */
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useCaller } from '#components/shell/caller.tsx';
import { Card, CardHeader } from '#components/ui/card.tsx';
import { SqlLine } from '#components/ui/sql-text.tsx';
import { TimeText } from '#components/ui/time.tsx';
import { orpc } from '#lib/orpc/browser.ts';

const shownMax = 5;

export function RecentDenials() {
  const caller = useCaller();
  const isAllowed = caller.permissions.has('session:read');
  const query = useQuery({
    ...orpc.audit.statements.list.queryOptions({ input: { identity: caller.id, decision: ['deny'], limit: shownMax } }),
    enabled: isAllowed,
  });
  const items = query.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Card>
      <CardHeader title="Lately refused" hint="open one to see the rule" />
      <ul className="pb-2">
        {items.map(statement => (
          <li key={statement.id}>
            <Link
              href={`/sessions/${statement.sessionId}?stmt=${statement.number}`}
              className="grid gap-0.5 px-4 py-1.5 -outline-offset-2 hover:bg-muted sm:grid-cols-[minmax(0,1fr)_auto] sm:items-center sm:gap-4"
            >
              <SqlLine sql={statement.text} />
              <span className="text-xs text-muted-foreground">
                {statement.connection} · <TimeText value={statement.time} precision="minute" />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}
