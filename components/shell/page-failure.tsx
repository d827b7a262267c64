'use client';
/** A page that failed while the server made it: why, as far as that can be known here, and the page itself once it can be made. */
import { ErrorState } from '#components/ui/states.tsx';
import { type Reach, useReach } from './use-reach.ts';

const sentences: Readonly<Record<Reach, string>> = {
  ok: 'the page could not be shown',
  database: 'the console cannot reach its database; the page comes by itself when it can',
  console: 'the console does not answer; the page comes by itself when it does',
};

/** The server has to make it anew: rendering again in the browser would show the same failure. */
const reload = () => window.location.reload();

export function PageFailure({ reference }: { reference: string | undefined }) {
  const { reach } = useReach(reload);
  const status = reach === 'ok' ? 500 : 503;
  return (
    <ErrorState
      error={Object.assign(new Error(sentences[reach]), { status, data: { requestId: reference } })}
      onRetry={reload}
      isPage
      className="py-24"
    />
  );
}
