'use client';
/** One identity: what it may do, who answers for it, what it holds, and switching it off. */
import { useMutation, useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { type FormEvent, useState } from 'react';
import type { z } from 'zod';
import { FactStrip, FactTile } from '#components/shared/fact-tile.tsx';
import { IdentityName, IdentityShape, kindWord } from '#components/shared/identity.tsx';
import { IdentityPicker, type PickedIdentity } from '#components/shared/identity-picker.tsx';
import { useCaller, useCan } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, CardBody, CardHeader } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { Dialog, DialogClose, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { Input, Textarea } from '#components/ui/input.tsx';
import { formatCount } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { PartialStrip } from '#components/ui/states.tsx';
import { TimeText } from '#components/ui/time.tsx';
import type { Role } from '#core/identity/role.ts';
import type { identityDetailSchema } from '#lib/identity/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { PasswordLink } from './create-identity.tsx';
import { RoleFields } from './role-fields.tsx';
import { TokenTable } from './token-table.tsx';

type Detail = z.infer<typeof identityDetailSchema>;

function Enablement({ identity }: { identity: Detail }) {
  const isSelf = useCaller().id === identity.id;
  const update = useCommand(orpc.identity.identities.update.mutationOptions(), {
    doing: identity.enabled ? 'disable the identity' : 'enable the identity',
    done: identity.enabled ? `${identity.login} is disabled everywhere` : `${identity.login} is enabled`,
    changes: [orpc.identity.key()],
  });
  const set = () => update.mutate({ id: identity.id, enabled: !identity.enabled, expectedVersion: identity.version });
  if (isSelf) return null;
  if (!identity.enabled) {
    return (
      <Button pending={update.isPending} onClick={set}>
        Enable {identity.login}
      </Button>
    );
  }
  return (
    <Dialog>
      <DialogTrigger asChild>
        <Button pending={update.isPending}>Disable…</Button>
      </DialogTrigger>
      <DialogPanel
        title={`Disable ${identity.login}`}
        footer={
          <DialogClose asChild>
            <Button variant="destructive" onClick={set}>
              Disable everywhere
            </Button>
          </DialogClose>
        }
      >
        <p>
          Signed out of the console, tokens refused, and live sessions cut within a second. Nothing is deleted; it can
          be enabled again.
        </p>
      </DialogPanel>
    </Dialog>
  );
}

function NewPasswordLink({ identity }: { identity: Detail }) {
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

function EditForm({ identity }: { identity: Detail }) {
  const [displayName, setDisplayName] = useState(identity.displayName);
  const [purpose, setPurpose] = useState(identity.purpose);
  const [chosenRoles, setRoles] = useState<Role[]>(identity.roles);
  const [chosenGroups, setGroups] = useState<string[]>(identity.groups);
  const [owner, setOwner] = useState<PickedIdentity | null>(identity.owner);
  const update = useCommand(orpc.identity.identities.update.mutationOptions(), {
    doing: 'save the identity',
    done: `${identity.login} saved`,
    changes: [orpc.identity.key()],
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    update.mutate({
      id: identity.id,
      displayName,
      roles: chosenRoles,
      groups: chosenGroups,
      expectedVersion: identity.version,
      ...(identity.kind === 'user' ? {} : { purpose, ...(owner ? { ownerId: owner.id } : {}) }),
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-3">
      <Field label="Name">
        {control => (
          <Input
            {...control}
            value={displayName}
            onChange={event => setDisplayName(event.target.value)}
            required
            maxLength={200}
          />
        )}
      </Field>
      {identity.kind === 'user' ? null : (
        <>
          <IdentityPicker label="Owner" kind="user" value={owner} onChange={setOwner} />
          <Field label="Purpose">
            {control => (
              <Textarea
                {...control}
                rows={2}
                value={purpose}
                onChange={event => setPurpose(event.target.value)}
                maxLength={500}
              />
            )}
          </Field>
        </>
      )}
      <RoleFields chosenRoles={chosenRoles} onRoles={setRoles} chosenGroups={chosenGroups} onGroups={setGroups} />
      <Button type="submit" variant="primary" pending={update.isPending} className="justify-self-end">
        Save {identity.login}
      </Button>
    </form>
  );
}

function Facts({ identity }: { identity: Detail }) {
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
            <TimeText value={identity.lastSeenAt} precision="minute" />
          </span>
        }
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

function Body({ identity }: { identity: Detail }) {
  const canWrite = useCan('identity:write');
  const canReadSessions = useCan('session:read');
  const canRevoke = useCan('token:revoke');
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <PageHeader
        back={{ href: '/identities', label: 'Identities' }}
        title={
          <span className="inline-flex items-center gap-2">
            <IdentityShape kind={identity.kind} className="size-5" />
            {inertText(identity.login)}
          </span>
        }
        sentence={[identity.displayName, identity.purpose].filter(Boolean).map(inertText).join(' · ')}
        mark={identity.enabled ? null : <Badge tone="deny">Disabled</Badge>}
      >
        {canWrite ? <Enablement identity={identity} /> : null}
      </PageHeader>
      <Facts identity={identity} />
      {identity.kind !== 'user' && !identity.owner ? (
        <PartialStrip>Nobody answers for this identity.</PartialStrip>
      ) : null}
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
        <Card>
          <CardHeader title="Roles and groups" />
          <CardBody>
            {canWrite ? (
              <EditForm key={identity.version} identity={identity} />
            ) : (
              <p>
                Roles: {identity.roles.join(', ') || 'none'}. Groups: {identity.groups.join(', ') || 'none'}.
              </p>
            )}
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
          {canReadSessions ? (
            <Card>
              <CardHeader title="What it did" />
              <CardBody>
                <Link
                  href={`/sessions?q=${encodeURIComponent(`identity:${identity.login}`)}`}
                  className="text-link hover:underline"
                >
                  Sessions of {identity.login}
                </Link>
              </CardBody>
            </Card>
          ) : null}
        </div>
      </div>
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
  const query = useQuery(orpc.identity.identities.get.queryOptions({ input: { id } }));
  return (
    <PageBody>
      <DataRegion query={query}>{identity => <Body identity={identity} />}</DataRegion>
    </PageBody>
  );
}
