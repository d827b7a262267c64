/** Access. */
import { AccessPage } from '#components/access/access-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Access' };

export default function Access() {
  return (
    <Permitted permission="access:read">
      <AccessPage />
    </Permitted>
  );
}
