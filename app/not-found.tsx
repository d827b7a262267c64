/** An address that leads nowhere. */
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/states.tsx';

export const metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <main>
      <EmptyState title="There is nothing at this address" isPage className="py-24">
        <p>The link may be old, or what it led to is not for you to see.</p>
        <ButtonLink href="/start">Go to your start page</ButtonLink>
      </EmptyState>
    </main>
  );
}
