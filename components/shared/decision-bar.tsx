'use client';
/** How a session's statements were decided, as a small stacked bar with the numbers in words. */
import { formatCount, plural } from '#components/ui/number-format.ts';
import { type Tally, tallies } from '#core/event/tally.ts';
import { decisionWord } from './decision-badge.tsx';

const fills: Readonly<Record<Tally, string>> = {
  allow: 'bg-allow-solid',
  mask: 'bg-mask-solid',
  approve: 'bg-approve-solid',
  deny: 'bg-deny-solid',
  mistake: 'bg-chart-other',
};

export function decisionSentence(counts: Readonly<Record<Tally, number>>): string {
  const parts = tallies
    .filter(tally => counts[tally] > 0)
    .map(tally =>
      tally === 'mistake'
        ? plural(counts.mistake, 'mistake')
        : `${formatCount(counts[tally])} ${decisionWord(tally).toLowerCase()}`,
    );
  return parts.join(', ') || 'no statements';
}

export function DecisionBar({ counts }: { counts: Readonly<Record<Tally, number>> }) {
  const sentence = decisionSentence(counts);
  return (
    <span
      role="img"
      aria-label={sentence}
      title={sentence}
      className="flex h-2 w-24 gap-px overflow-hidden rounded-xs bg-muted"
    >
      {tallies
        .filter(tally => counts[tally] > 0)
        .map(tally => (
          <span key={tally} data-shape className={fills[tally]} style={{ flexGrow: counts[tally], minWidth: 2 }} />
        ))}
    </span>
  );
}
