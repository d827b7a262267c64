/** One proxy. */
import { ProxyPage } from '#components/proxies/proxy-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Proxy' };

export default async function ProxyDetail({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return (
    <Permitted permission="proxy:read">
      <ProxyPage key={id} id={id} />
    </Permitted>
  );
}
