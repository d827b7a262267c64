'use client';
/** Who or what can act, who answers for it, and with which tokens. */
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useCan } from '#components/shell/caller.tsx';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { LinkTabs } from '#components/ui/tabs.tsx';
import type { IdentityKind } from '#core/identity/principal.ts';
import { CreateGroup } from './create-group.tsx';
import { CreateIdentity } from './create-identity.tsx';
import { GroupTable } from './group-table.tsx';
import { IdentityTable } from './identity-table.tsx';
import { TokensTab } from './tokens-tab.tsx';

const tabs = ['people', 'agents', 'services', 'groups', 'tokens'] as const;
type Tab = (typeof tabs)[number];
const tabWords: Readonly<Record<Tab, string>> = {
  people: 'People',
  agents: 'AI agents',
  services: 'Service accounts',
  groups: 'Groups',
  tokens: 'Tokens',
};
const kinds: Partial<Record<Tab, IdentityKind>> = { people: 'user', agents: 'agent', services: 'service' };

export function IdentitiesPage() {
  const [tab] = useQueryState('tab', parseAsStringLiteral(tabs).withDefault('people'));
  const canWrite = useCan('identity:write');
  const canRevoke = useCan('token:revoke');
  const kind = kinds[tab];
  return (
    <PageBody>
      <PageHeader
        title="Identities"
        sentence="People, AI agents and service accounts; every agent and service answers to a person."
      >
        {canWrite && kind ? <CreateIdentity key={kind} kind={kind} /> : null}
        {canWrite && tab === 'groups' ? <CreateGroup /> : null}
      </PageHeader>
      <LinkTabs
        label="Identities"
        tabs={tabs
          .filter(each => each !== 'tokens' || canRevoke)
          .map(each => ({ href: `/identities?tab=${each}`, label: tabWords[each], isCurrent: each === tab }))}
      />
      {kind ? <IdentityTable key={kind} kind={kind} /> : null}
      {tab === 'groups' ? <GroupTable /> : null}
      {tab === 'tokens' && canRevoke ? <TokensTab /> : null}
    </PageBody>
  );
}
