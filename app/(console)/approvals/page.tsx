/** Approvals. */
import { RequestList } from '#components/approvals/request-list.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Approvals' };

export default function ApprovalsPage() {
  return (
    <Permitted permission="approval:read">
      <RequestList />
    </Permitted>
  );
}
