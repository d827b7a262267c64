/** Connect. */
import { ConnectPage } from '#components/connect/connect-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Connect' };

export default function Connect() {
  return (
    <Permitted permission="connection:use">
      <ConnectPage />
    </Permitted>
  );
}
