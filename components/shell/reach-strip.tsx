'use client';
/** Across every page: that the console or its database is away, since when, and what that means for the reader. */
import { CloudOff } from 'lucide-react';
import { TimeText } from '#components/ui/time.tsx';
import { type Reach, useReach } from './use-reach.ts';

const sentences: Readonly<Record<Exclude<Reach, 'ok'>, { what: string; meaning: string }>> = {
  database: {
    what: 'The console cannot reach its database',
    meaning:
      'What you see may be out of date, and nothing can be changed. Proxies go on enforcing the policies they have. This page continues by itself.',
  },
  console: {
    what: 'No connection to the console',
    meaning:
      'What you see may be out of date. Proxies go on enforcing the policies they have. This page continues by itself.',
  },
};

export function ReachStrip() {
  const { reach, since } = useReach();
  if (reach === 'ok') return null;
  const { what, meaning } = sentences[reach];
  return (
    <div
      role="alert"
      className="sticky top-12 z-20 flex items-start gap-2 border-b border-approve-line bg-approve-bg px-4 py-2 text-approve"
    >
      <CloudOff aria-hidden className="mt-0.5 size-4 shrink-0" />
      <p>
        <strong className="font-medium">{what}</strong>
        {since === null ? null : (
          <>
            {' '}
            since <TimeText value={since} isRelativeShown={false} />
          </>
        )}
        . {meaning}
      </p>
    </div>
  );
}
