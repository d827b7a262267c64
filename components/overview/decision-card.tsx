'use client';
/** Decisions over time: the chart, its sentence, its legend, and the same as a table. */
import dynamic from 'next/dynamic';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { decisionWord } from '#components/shared/decision-badge.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, CardBody, CardHeader } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import { formatCount, formatDuration, plural } from '#components/ui/number-format.ts';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { TableCell, TableFrame, TableHead } from '#components/ui/table.tsx';
import { TimeHeading, TimeText } from '#components/ui/time.tsx';
import { type Tally, tallies } from '#core/event/tally.ts';
import type { Overview } from '#lib/overview/schema.ts';

const DecisionChart = dynamic(() => import('./decision-chart.tsx').then(module => module.DecisionChart), {
  ssr: false,
  loading: () => <Skeleton className="h-[220px]" />,
});

const swatches: Readonly<Record<Tally, string>> = {
  allow: 'bg-allow-solid',
  mask: 'bg-mask-solid',
  approve: 'bg-approve-solid',
  deny: 'bg-deny-solid',
  mistake: 'bg-chart-other',
};

function totals(overview: Overview): Record<Tally, number> {
  const sums: Record<Tally, number> = { allow: 0, mask: 0, approve: 0, deny: 0, mistake: 0 };
  for (const { counts } of overview.decisions) {
    for (const tally of tallies) sums[tally] += counts[tally];
  }
  return sums;
}

function DecisionTable({ overview }: { overview: Overview }) {
  return (
    <TableFrame label="Decisions over time" className="max-h-72 overflow-y-auto">
      <thead>
        <tr>
          <TableHead>
            <TimeHeading label="From" />
          </TableHead>
          {tallies.map(tally => (
            <TableHead key={tally} className="text-end">
              {decisionWord(tally)}
            </TableHead>
          ))}
        </tr>
      </thead>
      <tbody>
        {overview.decisions.map(({ at, counts }) => (
          <tr key={at} className="group/row">
            <TableCell>
              <TimeText value={at} precision="minute" isRelativeShown={false} />
            </TableCell>
            {tallies.map(tally => (
              <TableCell key={tally} className="text-end">
                {formatCount(counts[tally])}
              </TableCell>
            ))}
          </tr>
        ))}
      </tbody>
    </TableFrame>
  );
}

export function DecisionCard({ overview }: { overview: Overview }) {
  const router = useRouter();
  const canReadSessions = useCan('session:read');
  const [hidden, setHidden] = useState<ReadonlySet<Tally>>(new Set());
  const [isTable, setTable] = useState(false);
  const sums = totals(overview);
  const all = tallies.reduce((sum, tally) => sum + sums[tally], 0);
  const toggle = (tally: Tally) =>
    setHidden(before => {
      const next = new Set(before);
      if (!next.delete(tally)) next.add(tally);
      return next;
    });
  return (
    <Card>
      <CardHeader title="Decisions" hint={`per ${formatDuration(overview.bucketMs)}`}>
        <Button size="small" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          {isTable ? 'View as chart' : 'View as table'}
        </Button>
      </CardHeader>
      <CardBody className="grid grid-cols-[minmax(0,1fr)] gap-3">
        <p>
          {plural(all, 'statement')}: {formatCount(sums.allow)} allowed, {formatCount(sums.mask)} masked,{' '}
          {formatCount(sums.approve)} held for approval, {formatCount(sums.deny)} denied by policy,{' '}
          {plural(sums.mistake, 'mistake')} that the database would have refused as well.
        </p>
        <fieldset aria-label="Shown decisions" className="flex flex-wrap gap-1.5">
          {tallies.map(tally => (
            <button
              key={tally}
              type="button"
              aria-pressed={!hidden.has(tally)}
              onClick={() => toggle(tally)}
              className="inline-flex h-6 items-center gap-1.5 rounded-sm border border-input px-2 text-xs hover:bg-muted aria-[pressed=false]:text-muted-foreground aria-[pressed=false]:line-through pointer-coarse:h-9"
            >
              <span aria-hidden data-shape className={cn('size-2 rounded-xs', swatches[tally])} />
              {decisionWord(tally)}
            </button>
          ))}
        </fieldset>
        {isTable ? (
          <DecisionTable overview={overview} />
        ) : (
          <DecisionChart
            decisions={overview.decisions}
            bucketMs={overview.bucketMs}
            shown={tallies.filter(tally => !hidden.has(tally))}
            onOpen={(from, to) => {
              if (canReadSessions)
                router.push(`/sessions?view=statements&from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`);
            }}
          />
        )}
      </CardBody>
    </Card>
  );
}
