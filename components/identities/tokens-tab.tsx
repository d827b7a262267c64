'use client';
/** Everything that lets somebody in, of everybody: tokens for proxies, tokens for the API, and sessions of the console. */
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { ApiTokens } from '#components/profile/api-tokens.tsx';
import { WebSessions } from '#components/profile/web-sessions.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { FilterBar } from '#components/ui/filter-bar.tsx';
import { LinkTabs } from '#components/ui/tabs.tsx';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import { TokenTable } from './token-table.tsx';

const kinds = ['proxy', 'api', 'sign-in'] as const;
type Kind = (typeof kinds)[number];
const words: Readonly<Record<Kind, string>> = {
  proxy: 'For proxies',
  api: 'For the API',
  'sign-in': 'Signed in to the console',
};

function ApiView() {
  const filter = useUrlFilter([]);
  return (
    <>
      <FilterBar value={filter.text} onChange={filter.setText} fields={[]} placeholder="Search API tokens by name" />
      <ApiTokens among={{ q: filter.q }} />
    </>
  );
}

function SignInView() {
  const filter = useUrlFilter([]);
  return (
    <>
      <FilterBar value={filter.text} onChange={filter.setText} fields={[]} placeholder="Search logins" />
      <WebSessions among={{ q: filter.q }} />
    </>
  );
}

export function TokensTab() {
  const [kind] = useQueryState('kind', parseAsStringLiteral(kinds).withDefault('proxy'));
  const canChange = useCan('identity:write');
  return (
    <>
      <LinkTabs
        label="What lets somebody in"
        tabs={kinds
          .filter(each => each !== 'sign-in' || canChange)
          .map(each => ({ href: `/identities?tab=tokens&kind=${each}`, label: words[each], isCurrent: each === kind }))}
      />
      {kind === 'proxy' ? <TokenTable isAll /> : null}
      {kind === 'api' ? <ApiView /> : null}
      {kind === 'sign-in' && canChange ? <SignInView /> : null}
    </>
  );
}
