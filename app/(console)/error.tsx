'use client';
/** A page of the console that failed while it was made; the frame around it stays. */
import { ErrorState } from '#components/ui/states.tsx';

export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <div>
      <ErrorState
        error={{ status: 500, message: 'the page could not be shown', data: { requestId: error.digest } }}
        onRetry={reset}
        isPage
        className="py-24"
      />
    </div>
  );
}
