/** Two texts compared: removed and added lines with their signs, equal ones folded. */
import { cn } from './cn.ts';
import { inertText } from './inert-text.ts';
import { diffLines, foldDiff } from './line-diff.ts';

const signs = { same: ' ', added: '+', removed: '−' } as const;
const spoken = { same: '', added: 'added: ', removed: 'removed: ' } as const;

export function DiffView({ before, after, label }: { before: string; after: string; label: string }) {
  const lines = diffLines(before, after);
  if (lines.every(line => line.kind === 'same')) return <p className="text-muted-foreground">The texts are equal.</p>;
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      className="max-h-[28rem] overflow-auto rounded-lg border border-border bg-sql-bg py-2 font-mono text-xs leading-5"
    >
      {foldDiff(lines).map((line, index) =>
        line === null ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a fold is its place
          <div key={`fold ${index}`} className="px-3 text-muted-foreground">
            ⋯
          </div>
        ) : (
          <div
            key={`${line.before} ${line.after}`}
            className={cn(
              'grid grid-cols-[2.5rem_2.5rem_1rem_minmax(0,1fr)] px-2',
              line.kind === 'added' && 'bg-diff-add',
              line.kind === 'removed' && 'bg-diff-del',
            )}
          >
            <span aria-hidden className="pe-2 text-end text-muted-foreground">
              {line.before}
            </span>
            <span aria-hidden className="pe-2 text-end text-muted-foreground">
              {line.after}
            </span>
            <span aria-hidden>{signs[line.kind]}</span>
            <span className="break-words whitespace-pre-wrap">
              <span className="sr-only">{spoken[line.kind]}</span>
              {inertText(line.text)}
            </span>
          </div>
        ),
      )}
    </section>
  );
}
