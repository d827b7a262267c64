/** Suggested classifications. */
import { SuggestionsPage } from '#components/catalog/suggestions-page.tsx';
import { Permitted } from '#components/shell/permitted.tsx';

export const metadata = { title: 'Suggested classifications' };

export default function Page() {
  return (
    <Permitted permission="catalog:read">
      <SuggestionsPage />
    </Permitted>
  );
}
