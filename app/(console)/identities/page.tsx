/** Identities. */
import { IdentitiesPage } from '#components/identities/identities-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Identities' };

export default function Page() {
  return (
    <Permitted permission="identity:read">
      <IdentitiesPage />
    </Permitted>
  );
}
