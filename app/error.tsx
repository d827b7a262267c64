'use client';
/** A page that failed while it was made. */
import { ErrorState } from '#components/ui/states.tsx';

export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main>
      <ErrorState
        error={{ status: 500, message: 'the page could not be shown', data: { requestId: error.digest } }}
        onRetry={reset}
        isPage
        className="py-24"
      />
    </main>
  );
}
