/** One group. */
import { GroupPage } from '#components/identities/group-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Group' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return (
    <Permitted permission="identity:read">
      <GroupPage key={id} id={id} />
    </Permitted>
  );
}
