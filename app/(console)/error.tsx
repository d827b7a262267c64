'use client';
/** A page of the console that failed while it was made; the frame around it stays. */
import { PageFailure } from '#components/shell/page-failure.tsx';

export default function PageError({ error }: { error: Error & { digest?: string } }) {
  return <PageFailure reference={error.digest} />;
}
