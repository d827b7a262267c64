/** What is known of one connection. */
import { ConnectionOverview } from '#components/catalog/connection-overview.tsx';

export const metadata = { title: 'Catalog' };

export default async function Page({ params }: { params: Promise<{ connection: string }> }) {
  const { connection } = await params;
  return <ConnectionOverview id={connection} />;
}
