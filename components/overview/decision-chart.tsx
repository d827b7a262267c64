'use client';
/** Decisions over time as stacked bars. Heavy: load it with next/dynamic. */
import {
  Bar,
  BarChart,
  CartesianGrid,
  ResponsiveContainer,
  Tooltip,
  type TooltipContentProps,
  XAxis,
  YAxis,
} from 'recharts';
import { decisionWord } from '#components/shared/decision-badge.tsx';
import { formatCount } from '#components/ui/number-format.ts';
import { useTimeZone } from '#components/ui/time.tsx';
import { formatAbsolute, zoneLabel } from '#components/ui/time-format.ts';
import { type Tally, tallies } from '#core/event/tally.ts';
import type { Overview } from '#lib/overview/schema.ts';

const fills: Readonly<Record<Tally, string>> = {
  allow: 'var(--allow-solid)',
  mask: 'var(--mask-solid)',
  approve: 'var(--approve-solid)',
  deny: 'var(--deny-solid)',
  mistake: 'var(--chart-other)',
};

type Bucket = { at: string } & Record<Tally, number>;

function BucketTip({ active, payload }: TooltipContentProps) {
  const zone = useTimeZone();
  const bucket = payload?.[0]?.payload as Bucket | undefined;
  if (!active || !bucket) return null;
  const sorted = [...tallies].sort((a, b) => bucket[b] - bucket[a]);
  const total = tallies.reduce((sum, tally) => sum + bucket[tally], 0);
  return (
    <div
      role="status"
      aria-live="polite"
      className="rounded-md bg-popover px-2.5 py-1.5 text-xs text-popover-foreground shadow-popover"
    >
      <p className="pb-1 font-medium">
        {formatAbsolute(bucket.at, zone, 'minute')} {zoneLabel(bucket.at, zone)}
      </p>
      <ul className="grid gap-0.5">
        {sorted.map(tally => (
          <li key={tally} className="flex items-center gap-2 tabular-nums">
            <span aria-hidden data-shape className="size-2 rounded-xs" style={{ background: fills[tally] }} />
            {decisionWord(tally)}
            <span className="ms-auto ps-4">{formatCount(bucket[tally])}</span>
          </li>
        ))}
      </ul>
      <p className="mt-1 flex justify-between border-t border-border pt-1">
        Total <span className="tabular-nums">{formatCount(total)}</span>
      </p>
    </div>
  );
}

const axis = { fontSize: 11, fill: 'var(--chart-axis)' };

type Props = {
  decisions: Overview['decisions'];
  bucketMs: number;
  shown: readonly Tally[];
  onOpen: (from: string, to: string) => void;
};

export function DecisionChart({ decisions, bucketMs, shown, onOpen }: Props) {
  const zone = useTimeZone();
  const rows: Bucket[] = decisions.map(({ at, counts }) => ({
    at,
    allow: counts.allow,
    mask: counts.mask,
    approve: counts.approve,
    deny: counts.deny,
    mistake: counts.mistake,
  }));
  const tick = (at: string) =>
    bucketMs >= 6 * 3_600_000
      ? formatAbsolute(at, zone, 'date').replace(/ \d{4}$/, '')
      : (formatAbsolute(at, zone, 'minute').split(', ')[1] ?? '');
  const open = (bucket: { payload?: Bucket }) => {
    const from = bucket.payload?.at;
    if (from) onOpen(from, new Date(Date.parse(from) + bucketMs).toISOString());
  };
  return (
    <ResponsiveContainer width="100%" height={220}>
      <BarChart data={rows} margin={{ top: 4, right: 4, bottom: 0, left: -12 }} barCategoryGap={1}>
        <CartesianGrid vertical={false} stroke="var(--chart-grid)" />
        <XAxis
          dataKey="at"
          tickFormatter={tick}
          tick={axis}
          tickLine={false}
          axisLine={{ stroke: 'var(--chart-grid)' }}
          minTickGap={40}
        />
        <YAxis allowDecimals={false} tick={axis} tickLine={false} axisLine={false} width={48} />
        <Tooltip content={BucketTip} cursor={{ fill: 'var(--muted)' }} isAnimationActive={false} />
        {shown.map(tally => (
          <Bar
            key={tally}
            dataKey={tally}
            stackId="decisions"
            fill={fills[tally]}
            stroke="var(--card)"
            strokeWidth={1}
            isAnimationActive={false}
            onClick={open}
            className="cursor-pointer"
          />
        ))}
      </BarChart>
    </ResponsiveContainer>
  );
}
