/** The catalog. */
import { CatalogPage } from '#components/catalog/catalog-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Catalog' };

export default function Page() {
  return (
    <Permitted permission="catalog:read">
      <CatalogPage />
    </Permitted>
  );
}
