/** A new policy. */
import { NewPolicyPage } from '#components/policies/policy-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'New policy' };

export default function Page() {
  return (
    <Permitted permission="policy:write">
      <NewPolicyPage />
    </Permitted>
  );
}
