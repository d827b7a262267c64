/** The catalog of one connection. */
import { ConnectionCatalogPage } from '#components/catalog/catalog-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Catalog' };

export default async function Page({ params }: { params: Promise<{ connection: string }> }) {
  const { connection } = await params;
  return (
    <Permitted permission="catalog:read">
      <ConnectionCatalogPage id={connection} oid={null} />
    </Permitted>
  );
}
