'use client';
/** Whether all points of enforcement are alive, and on the policy that is in force. */
import { useQuery } from '@tanstack/react-query';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useCan } from '#components/shell/caller.tsx';
import { formatCount } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { LinkTabs } from '#components/ui/tabs.tsx';
import { orpc } from '#lib/orpc/browser.ts';
import { proxyStates } from '#lib/proxies/schema.ts';
import { EnrolDialog } from './enrol-dialog.tsx';
import { EnrolmentList } from './enrolment-list.tsx';
import { ProxyList, renewMs } from './proxy-list.tsx';
import { proxyStateWord } from './proxy-state.tsx';

const views = ['proxies', 'tokens'] as const;
const viewWords = { proxies: 'Proxies', tokens: 'Enrolment tokens' } as const;

export function ProxiesPage() {
  const [view] = useQueryState('view', parseAsStringLiteral(views).withDefault('proxies'));
  const canEnrol = useCan('proxy:enrol');
  const { data } = useQuery({
    ...orpc.proxies.list.queryOptions({ input: { limit: 1 } }),
    refetchInterval: renewMs,
  });
  const counted = proxyStates
    .filter(state => state !== 'revoked' && (data?.counts[state] ?? 0) > 0)
    .map(state => `${formatCount(data?.counts[state] ?? 0)} ${proxyStateWord(state).toLowerCase()}`);
  const policy = data?.items[0]?.policy.current;
  return (
    <PageBody>
      <PageHeader
        title="Proxies"
        sentence={
          counted.length > 0
            ? `${counted.join(' · ')}${policy === undefined ? '' : ` · policy v${policy} is the current one`}`
            : 'Where policy is enforced: in front of every database.'
        }
      >
        {canEnrol ? <EnrolDialog /> : null}
      </PageHeader>
      <LinkTabs
        label="View"
        tabs={views.map(each => ({
          href: each === 'proxies' ? '/proxies' : `/proxies?view=${each}`,
          label: viewWords[each],
          isCurrent: each === view,
        }))}
      />
      {view === 'proxies' ? <ProxyList /> : <EnrolmentList />}
    </PageBody>
  );
}
