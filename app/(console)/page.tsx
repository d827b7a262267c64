/** Overview. */
import { OverviewPage } from '#components/overview/overview-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Overview' };

export default function Page() {
  return (
    <Permitted permission="overview:read">
      <OverviewPage />
    </Permitted>
  );
}
