/** One policy. */
import { PolicyPage } from '#components/policies/policy-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Policy' };

export default async function Page({ params }: { params: Promise<{ name: string }> }) {
  const { name } = await params;
  return (
    <Permitted permission="policy:read">
      <PolicyPage key={name} name={decodeURIComponent(name)} />
    </Permitted>
  );
}
