/** Policies. */
import { PolicyList } from '#components/policies/policy-list.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Policies' };

export default function Page() {
  return (
    <Permitted permission="policy:read">
      <PolicyList />
    </Permitted>
  );
}
