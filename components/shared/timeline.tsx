'use client';
/** What happened, oldest first. Entries are records: they are never edited. */
import type { ReactNode } from 'react';
import { TimeText } from '#components/ui/time.tsx';

export type TimelineEntry = {
  id: string;
  at: string;
  icon: ReactNode;
  title: ReactNode;
  /** Words of the actor, shown as a quotation. */
  quote?: string | null;
};

export function Timeline({ entries }: { entries: readonly TimelineEntry[] }) {
  return (
    <ol className="grid">
      {entries.map(entry => (
        <li key={entry.id} className="group/entry relative grid grid-cols-[1.5rem_minmax(0,1fr)] gap-2 pb-4 last:pb-0">
          <span
            aria-hidden
            className="absolute top-6 bottom-0 start-[0.71875rem] w-px bg-border group-last/entry:hidden"
          />
          <span className="grid size-6 place-items-center rounded-full border border-border bg-card text-muted-foreground [&_svg]:size-3.5">
            {entry.icon}
          </span>
          <div className="grid gap-0.5 pt-0.5">
            <p>{entry.title}</p>
            {entry.quote ? (
              <blockquote className="border-s-2 border-border ps-2 whitespace-pre-wrap">{entry.quote}</blockquote>
            ) : null}
            <TimeText value={entry.at} className="text-xs text-muted-foreground" />
          </div>
        </li>
      ))}
    </ol>
  );
}
