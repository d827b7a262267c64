'use client';
/** One identity: what it may do, who answers for it, what it holds, and switching it off. */
import { useMutation, useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { WebSessions } from '#components/profile/web-sessions.tsx';
import { FactStrip, FactTile } from '#components/shared/fact-tile.tsx';
import { IdentityName, IdentityShape, kindWord } from '#components/shared/identity.tsx';
import { useCaller, useCan } from '#components/shell/caller.tsx';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, CardBody, CardHeader } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { inertText } from '#components/ui/inert-text.ts';
import { isMissing, MissingPage } from '#components/ui/missing-page.tsx';
import { formatCount } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { PartialStrip } from '#components/ui/states.tsx';
import { TimeText } from '#components/ui/time.tsx';
import type { IdentityDetail } from '#lib/identity/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { PasswordLink } from './create-identity.tsx';
import { Enablement } from './enablement.tsx';
import { IdentityForm } from './identity-form.tsx';
import { IdentityLimits } from './identity-limits.tsx';
import { IssueToken } from './issue-token.tsx';
import { TokenTable } from './token-table.tsx';

function NewPasswordLink({ identity }: { identity: IdentityDetail }) {
  const mutation = useMutation({ ...orpc.identity.passwords.makeLink.mutationOptions(), gcTime: 0 });
  if (mutation.data) return <PasswordLink {...mutation.data} />;
  return (
    <div className="grid justify-items-start gap-2">
      <p className="text-muted-foreground">A new link lets the person set a new password; older links stop working.</p>
      {mutation.error ? <p className="text-deny">{describeFailure(mutation.error).message}</p> : null}
      <Button pending={mutation.isPending} onClick={() => mutation.mutate({ id: identity.id })}>
        Make a password link
      </Button>
    </div>
  );
}

function Facts({ identity }: { identity: IdentityDetail }) {
  return (
    <FactStrip label="Facts of the identity">
      <FactTile label="Kind" value={<span className="text-sm">{kindWord(identity.kind)}</span>} />
      {identity.kind === 'user' ? (
        <FactTile
          label="Signs in with"
          value={<span className="text-sm">{identity.signIn.join(', ') || 'nothing yet'}</span>}
        />
      ) : (
        <FactTile
          label="Answered for by"
          value={
            <span className="text-sm">{identity.owner ? <IdentityName identity={identity.owner} /> : 'nobody'}</span>
          }
        />
      )}
      <FactTile
        label="Last seen"
        value={
          <span className="text-sm">
            <TimeText value={identity.lastSeenAt} precision="minute" isRelativeShown={false} />
          </span>
        }
        method="in the console or at a proxy"
      />
      <FactTile label="Active tokens" value={formatCount(identity.activeTokens)} />
      <FactTile label="Open sessions" value={formatCount(identity.openSessions)} method="of the console" />
      <FactTile
        label="Since"
        value={
          <span className="text-sm">
            <TimeText value={identity.createdAt} precision="date" isRelativeShown={false} />
          </span>
        }
      />
    </FactStrip>
  );
}

function Elsewhere({ identity }: { identity: IdentityDetail }) {
  const links = [
    {
      isShown: useCan('session:read'),
      href: `/sessions?q=${encodeURIComponent(`identity:${identity.login}`)}`,
      label: `Sessions of ${inertText(identity.login)}, and those on its behalf`,
    },
    {
      isShown: useCan('audit:read'),
      href: `/audit?q=${encodeURIComponent(`actor:${identity.login}`)}`,
      label: 'What it did in the console and the API',
    },
    {
      isShown: useCan('audit:read'),
      href: `/audit?q=${encodeURIComponent(`target:${identity.id}`)}`,
      label: 'What was done to it',
    },
  ].filter(link => link.isShown);
  if (links.length === 0) return null;
  return (
    <Card>
      <CardHeader title="On record" />
      <CardBody>
        <ul className="grid gap-1">
          {links.map(link => (
            <li key={link.href}>
              <Link href={link.href} className="text-link hover:underline">
                {link.label}
              </Link>
            </li>
          ))}
        </ul>
      </CardBody>
    </Card>
  );
}

function Held({ identity }: { identity: IdentityDetail }) {
  return (
    <dl className="grid gap-1">
      {(
        [
          ['Roles', identity.roles],
          ['Groups', identity.groups],
        ] as const
      ).map(([name, values]) => (
        <div key={name} className="flex gap-2">
          <dt className="w-16 text-muted-foreground">{name}</dt>
          <dd>{values.join(', ') || 'none'}</dd>
        </div>
      ))}
    </dl>
  );
}

function Body({ identity }: { identity: IdentityDetail }) {
  const canWrite = useCan('identity:write');
  const canRevoke = useCan('token:revoke');
  const canSeeLimits = useCan('session:read');
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <Facts identity={identity} />
      {identity.kind !== 'user' && !identity.owner ? (
        <PartialStrip>Nobody answers for this identity.</PartialStrip>
      ) : null}
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
        <Card>
          <CardHeader title="Roles and groups" />
          <CardBody>
            {canWrite ? <IdentityForm key={identity.version} identity={identity} /> : <Held identity={identity} />}
          </CardBody>
        </Card>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          {identity.owns.length > 0 ? (
            <Card>
              <CardHeader title="Answers for" />
              <CardBody>
                <ul className="grid gap-1">
                  {identity.owns.map(owned => (
                    <li key={owned.id}>
                      <Link href={`/identities/${owned.id}`} className="hover:underline">
                        <IdentityName identity={owned} />
                      </Link>
                    </li>
                  ))}
                </ul>
              </CardBody>
            </Card>
          ) : null}
          {identity.kind === 'user' && canWrite ? (
            <Card>
              <CardHeader title="Password" />
              <CardBody>
                <NewPasswordLink identity={identity} />
              </CardBody>
            </Card>
          ) : null}
          {canSeeLimits ? <IdentityLimits id={identity.id} /> : null}
          <Elsewhere identity={identity} />
        </div>
      </div>
      {identity.kind === 'user' && canWrite ? <WebSessions identityId={identity.id} /> : null}
      {canRevoke ? (
        <section className="grid grid-cols-[minmax(0,1fr)] gap-2" aria-label="Tokens">
          <h2 className="text-base font-semibold">Tokens for proxies</h2>
          <TokenTable isAll identityId={identity.id} />
        </section>
      ) : null}
    </div>
  );
}

export function IdentityPage({ id }: { id: string }) {
  const caller = useCaller();
  const query = useQuery(orpc.identity.identities.get.queryOptions({ input: { id } }));
  const identity = query.data;
  const isOwn = identity?.owner?.id === caller.id && caller.permissions.has('token:issue');
  if (isMissing(query)) return <MissingPage what="identity" back={{ href: '/identities', label: 'Identities' }} />;
  return (
    <PageBody>
      <PageHeader
        back={{ href: '/identities', label: 'Identities' }}
        title={
          identity ? (
            <span className="inline-flex min-w-0 items-center gap-2">
              <IdentityShape kind={identity.kind} className="size-5" />
              <bdi className="break-all">{inertText(identity.login)}</bdi>
            </span>
          ) : (
            'Identity'
          )
        }
        sentence={identity && [identity.displayName, identity.purpose].filter(Boolean).map(inertText).join(' · ')}
        mark={identity && !identity.enabled ? <Badge tone="deny">Disabled</Badge> : null}
      >
        {identity && isOwn && identity.enabled ? <IssueToken holder={identity} /> : null}
        {identity && caller.permissions.has('identity:write') ? <Enablement identity={identity} /> : null}
      </PageHeader>
      <DataRegion query={query}>{found => <Body identity={found} />}</DataRegion>
    </PageBody>
  );
}
