/** The audit log. */
import { AuditPage } from '#components/audit/audit-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Audit log' };

export default function Audit() {
  return (
    <Permitted permission="audit:read">
      <AuditPage />
    </Permitted>
  );
}
