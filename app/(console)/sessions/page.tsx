/** Sessions. */
import { SessionsPage } from '#components/sessions/sessions-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Sessions' };

export default function Sessions() {
  return (
    <Permitted permission="session:read">
      <SessionsPage />
    </Permitted>
  );
}
