/** How sensitive something is: four pips and the word, one hue that darkens with the level. */

import { cn } from '#components/ui/cn.ts';
import { type Level, levelRank, levels } from '#core/catalog/classification.ts';

const styles: readonly string[] = [
  'bg-sens-0-bg text-sens-0-fg',
  'bg-sens-1-bg text-sens-1-fg',
  'bg-sens-2-bg text-sens-2-fg',
  'bg-sens-3-bg text-sens-3-fg',
];

const words: Readonly<Record<Level, string>> = {
  public: 'Public',
  internal: 'Internal',
  confidential: 'Confidential',
  restricted: 'Restricted',
};

export const levelWord = (level: Level): string => words[level];

type Props = {
  level: Level;
  label?: string;
  /** Where names need the room: the pips alone, the word for who points at them or has them read out. */
  isPipsOnly?: boolean;
  className?: string;
};

export function SensitivityTag({ level, label, isPipsOnly = false, className }: Props) {
  const rank = levelRank(level);
  return (
    <span
      title={isPipsOnly ? words[level] : undefined}
      className={cn(
        'inline-flex h-5 items-center gap-1.5 rounded-sm px-1.5 text-xs font-medium whitespace-nowrap',
        styles[rank],
        className,
      )}
    >
      <span aria-hidden className="inline-flex gap-0.5">
        {levels.map((each, index) => (
          <span
            key={each}
            data-shape
            className={cn('size-1.5 rounded-full border border-current', index <= rank && 'bg-current')}
          />
        ))}
      </span>
      {label ? (
        <span className="font-mono">{label}</span>
      ) : (
        <span className={cn(isPipsOnly && 'sr-only')}>{words[level]}</span>
      )}
      {label ? <span className="sr-only">, {words[level]}</span> : null}
    </span>
  );
}
