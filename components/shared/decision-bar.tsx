'use client';
/** How a session's statements were decided, as a small stacked bar with the numbers in words. */
import { formatCount } from '#components/ui/number-format.ts';
import { type Effect, effects } from '#core/policy/schema.ts';
import { decisionWord } from './decision-badge.tsx';

const fills: Readonly<Record<Effect, string>> = {
  allow: 'bg-allow-solid',
  mask: 'bg-mask-solid',
  approve: 'bg-approve-solid',
  deny: 'bg-deny-solid',
};

export function decisionSentence(counts: Readonly<Record<Effect, number>>): string {
  const parts = effects
    .filter(effect => counts[effect] > 0)
    .map(effect => `${formatCount(counts[effect])} ${decisionWord(effect).toLowerCase()}`);
  return parts.join(', ') || 'no statements';
}

export function DecisionBar({ counts }: { counts: Readonly<Record<Effect, number>> }) {
  const sentence = decisionSentence(counts);
  return (
    <span
      role="img"
      aria-label={sentence}
      title={sentence}
      className="flex h-2 w-24 gap-px overflow-hidden rounded-xs bg-muted"
    >
      {effects
        .filter(effect => counts[effect] > 0)
        .map(effect => (
          <span key={effect} data-shape className={fills[effect]} style={{ flexGrow: counts[effect], minWidth: 2 }} />
        ))}
    </span>
  );
}
