'use client';
/** A page that failed while it was made. */
import { PageFailure } from '#components/shell/page-failure.tsx';

export default function PageError({ error }: { error: Error & { digest?: string } }) {
  return (
    <main>
      <PageFailure reference={error.digest} />
    </main>
  );
}
