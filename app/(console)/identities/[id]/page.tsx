/** One identity. */
import { IdentityPage } from '#components/identities/identity-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Identity' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return (
    <Permitted permission="identity:read">
      <IdentityPage key={id} id={id} />
    </Permitted>
  );
}
