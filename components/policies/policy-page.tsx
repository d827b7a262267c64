'use client';
/** One policy: the document and its history. */
import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { ReasonDialog } from '#components/shared/reason-dialog.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Button } from '#components/ui/button.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { isMissing, MissingPage } from '#components/ui/missing-page.tsx';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { PartialStrip } from '#components/ui/states.tsx';
import { LinkTabs } from '#components/ui/tabs.tsx';
import { orpc } from '#lib/orpc/browser.ts';
import { PolicyEditor } from './policy-editor.tsx';
import { PolicyModeBadge } from './policy-mode.tsx';
import { PolicyVersions } from './policy-versions.tsx';

const tabs = ['document', 'versions'] as const;
const tabWords = { document: 'Document', versions: 'Versions' } as const;

const template = `name: my-policy
description: What it is for, in one sentence.
# draft: not used; observe: recorded without effect; enforce: decides.
mode: observe
connections: { environments: [production] }
rules:
  - id: read-catalog
    effect: allow
    actions: [read]
    objects: { schemas: [public] }
    reason: Shown to whoever is refused or held.
`;

function RemovePolicy({ name, version }: { name: string; version: number }) {
  const router = useRouter();
  const remove = useCommand(orpc.policy.policies.remove.mutationOptions(), {
    doing: 'remove the policy',
    isRefusalShown: true,
    done: `${name} removed from the set`,
    changes: [orpc.policy.key()],
    onDone: () => router.push('/policies'),
  });
  return (
    <ReasonDialog
      trigger={<Button pending={remove.isPending}>Remove…</Button>}
      title={`Remove ${name}`}
      effect={
        <p>
          Its rules stop deciding on every proxy. What only they allowed is denied from then on; its versions stay in
          the history.
        </p>
      }
      action="Remove policy"
      pending={remove.isPending}
      onConfirm={comment => remove.mutateAsync({ name, expectedVersion: version, comment })}
    />
  );
}

export function PolicyPage({ name }: { name: string }) {
  const [tab] = useQueryState('tab', parseAsStringLiteral(tabs).withDefault('document'));
  const canWrite = useCan('policy:write');
  const query = useQuery({
    ...orpc.policy.policies.get.queryOptions({ input: { name } }),
    refetchOnWindowFocus: false,
  });
  if (isMissing(query)) return <MissingPage what="policy" back={{ href: '/policies', label: 'Policies' }} />;
  return (
    <PageBody>
      <DataRegion query={query} isPage>
        {policy => (
          <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
            <PageHeader
              back={{ href: '/policies', label: 'Policies' }}
              title={policy.name}
              sentence={`${policy.description} In force: version ${policy.currentVersion}; ${policy.where}, ${policy.who}.`}
              mark={<PolicyModeBadge mode={policy.mode} />}
            >
              {canWrite && policy.currentVersion > 0 ? (
                <RemovePolicy name={policy.name} version={policy.currentVersion} />
              ) : null}
            </PageHeader>
            {policy.currentVersion === 0 ? (
              <PartialStrip>This policy was removed. Publishing it makes it decide again.</PartialStrip>
            ) : null}
            <LinkTabs
              label="Policy"
              tabs={tabs.map(each => ({
                href: each === 'document' ? `/policies/${name}` : `/policies/${name}?tab=${each}`,
                label: tabWords[each],
                isCurrent: each === tab,
              }))}
            />
            {tab === 'document' ? (
              <PolicyEditor
                name={policy.name}
                initialYaml={policy.yaml}
                version={policy.currentVersion || null}
                onPublished={() => undefined}
              />
            ) : (
              <PolicyVersions name={policy.name} />
            )}
          </div>
        )}
      </DataRegion>
    </PageBody>
  );
}

export function NewPolicyPage() {
  const router = useRouter();
  return (
    <PageBody>
      <PageHeader
        back={{ href: '/policies', label: 'Policies' }}
        title="New policy"
        sentence="The document names the policy. Start in observe mode to see what it would do."
      />
      <PolicyEditor
        name={null}
        initialYaml={template}
        version={null}
        onPublished={name => router.push(`/policies/${name}`)}
      />
    </PageBody>
  );
}
