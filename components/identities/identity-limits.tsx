'use client';
/** What policies limit for an identity, and what it has used of its budgets. */
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useCan } from '#components/shell/caller.tsx';
import { Badge } from '#components/ui/badge.tsx';
import { Card, CardBody, CardHeader } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { formatBytes, formatCount } from '#components/ui/number-format.ts';
import { TimeText } from '#components/ui/time.tsx';
import type { BudgetUnit } from '#core/policy/schema.ts';
import { windowWords } from '#core/policy/words.ts';
import { orpc } from '#lib/orpc/browser.ts';
import type { IdentityLimits as Limits } from '#lib/proxies/schema.ts';

type Limit = Limits['limits'][number];
type Budget = Limit['budgets'][number];

/** Proxies report what was used every few seconds. */
const refetchMs = 10_000;

const unitWords: Readonly<Record<BudgetUnit, string>> = {
  rows: 'Rows',
  bytes: 'Bytes',
  sensitiveRows: 'Rows of classified data',
  sensitiveCells: 'Classified values',
};

const amount = ({ unit }: Budget, value: number): string =>
  unit === 'bytes' ? formatBytes(value) : formatCount(value);

function BudgetBar({ budget }: { budget: Budget }) {
  const share = Math.min(1, budget.used / budget.max);
  const left = `${amount(budget, budget.used)} of ${amount(budget, budget.max)} ${windowWords(budget.windowMinutes)}`;
  return (
    <div className="grid gap-1">
      <div className="flex flex-wrap justify-between gap-x-3">
        <span>{unitWords[budget.unit]}</span>
        <span className="text-muted-foreground tabular-nums">
          {left}, anew <TimeText value={budget.resetsAt} precision="minute" isRelativeShown={false} />
        </span>
      </div>
      <span role="img" aria-label={left} className="flex h-1.5 overflow-hidden rounded-full bg-muted">
        <span data-shape className={share >= 1 ? 'bg-deny' : 'bg-primary'} style={{ flexGrow: share }} />
        <span style={{ flexGrow: 1 - share }} />
      </span>
    </div>
  );
}

function Rule({ limit }: { limit: Limit }) {
  const canRead = useCan('policy:read');
  const name = `${limit.policy}/${limit.rule}`;
  return (
    <li className="grid gap-2 py-2">
      <div className="grid gap-0.5">
        <span className="flex flex-wrap items-center gap-2">
          {canRead ? (
            <Link href={`/policies/${limit.policy}`} className="font-mono text-link text-xs hover:underline">
              {name}
            </Link>
          ) : (
            <span className="font-mono text-xs">{name}</span>
          )}
          {limit.enforced ? null : <Badge tone="observe">Observed only</Badge>}
        </span>
        <span>
          {limit.what} <span className="text-muted-foreground">on {limit.where}</span>
        </span>
      </div>
      {limit.enforced ? limit.budgets.map(budget => <BudgetBar key={budget.unit} budget={budget} />) : null}
    </li>
  );
}

export function IdentityLimits({ id }: { id: string }) {
  const query = useQuery({
    ...orpc.proxies.identityLimits.queryOptions({ input: { id } }),
    refetchInterval: refetchMs,
  });
  return (
    <Card>
      <CardHeader title="Limits and budgets" />
      <CardBody>
        <DataRegion query={query}>
          {({ limits }) =>
            limits.length === 0 ? (
              <p className="text-muted-foreground">No policy limits how much it may take.</p>
            ) : (
              <ul className="grid divide-y divide-border">
                {limits.map(limit => (
                  <Rule key={`${limit.policy}/${limit.rule}`} limit={limit} />
                ))}
              </ul>
            )
          }
        </DataRegion>
      </CardBody>
    </Card>
  );
}
