/** Proxies. */
import { ProxiesPage } from '#components/proxies/proxies-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Proxies' };

export default function Page() {
  return (
    <Permitted permission="proxy:read">
      <ProxiesPage />
    </Permitted>
  );
}
