/** One request. */
import { RequestPage } from '#components/approvals/request-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Request' };

export default async function RequestDetailPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return (
    <Permitted permission="approval:read">
      <RequestPage key={id} id={id} />
    </Permitted>
  );
}
