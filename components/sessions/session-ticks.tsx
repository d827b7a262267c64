'use client';
/** The statements of a session along time, one tick each, coloured by decision. The table below says the same in words. */
import { decisionWord, talliedAs } from '#components/shared/decision-badge.tsx';
import { cn } from '#components/ui/cn.ts';
import { oneLine } from '#components/ui/inert-text.ts';
import { formatDuration } from '#components/ui/number-format.ts';
import type { Tally } from '#core/event/tally.ts';
import type { StatementView } from '#lib/audit/schema.ts';

const fills: Readonly<Record<Tally, string>> = {
  allow: 'bg-allow-solid h-1/2',
  mask: 'bg-mask-solid h-2/3',
  approve: 'bg-approve-solid h-5/6',
  deny: 'bg-deny-solid h-full',
  mistake: 'bg-chart-other h-1/3',
};

type Props = {
  statements: readonly StatementView[];
  startedAt: string;
  chosen: number | null;
  onChoose: (number: number) => void;
};

export function SessionTicks({ statements, startedAt, chosen, onChoose }: Props) {
  const start = Date.parse(startedAt);
  const last = Math.max(...statements.map(statement => Date.parse(statement.time)), start + 1);
  return (
    <figure className="grid gap-1 px-4 pt-3 pb-2">
      <div className="relative h-8 border-b border-border" role="presentation">
        {statements.map(statement => (
          <button
            key={statement.id}
            type="button"
            tabIndex={-1}
            aria-hidden
            title={`${decisionWord(talliedAs(statement))}: ${oneLine(statement.text, 120)}`}
            onClick={() => onChoose(statement.number)}
            className="absolute bottom-0 flex h-8 w-2 -translate-x-1/2 items-end justify-center"
            style={{ left: `${Math.max(0, (Date.parse(statement.time) - start) / (last - start)) * 100}%` }}
          >
            <span
              data-shape
              className={cn(
                'w-0.5 rounded-t-xs',
                fills[talliedAs(statement)],
                statement.number === chosen && 'w-1.5 outline-2 outline-ring',
              )}
            />
          </button>
        ))}
      </div>
      <figcaption className="flex justify-between text-xs text-muted-foreground">
        <span>Start; what policy denied stands tallest</span>
        <span>+{formatDuration(last - start)}</span>
      </figcaption>
    </figure>
  );
}
