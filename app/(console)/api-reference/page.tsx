/** API reference: open to everybody who is signed in. */
import { ReferencePage } from '#components/reference/reference-page.tsx';

export const metadata = { title: 'API reference' };

export default function Page() {
  return <ReferencePage />;
}
