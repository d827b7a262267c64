/** One table or view. */
import { notFound } from 'next/navigation';
import { ConnectionCatalogPage } from '#components/catalog/catalog-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Table' };

export default async function Page({ params }: { params: Promise<{ connection: string; oid: string }> }) {
  const { connection, oid } = await params;
  if (!/^\d{1,10}$/.test(oid)) notFound();
  return (
    <Permitted permission="catalog:read">
      <ConnectionCatalogPage id={connection} oid={Number(oid)} />
    </Permitted>
  );
}
