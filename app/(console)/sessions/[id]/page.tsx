/** One session. */
import { SessionPage } from '#components/sessions/session-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Session' };

export default async function Session({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return (
    <Permitted permission="session:read">
      <SessionPage key={id} id={id} />
    </Permitted>
  );
}
