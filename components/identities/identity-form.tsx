'use client';
/** Changes the name, roles and groups of an identity, and who answers for it and why it exists. */
import { type FormEvent, useState } from 'react';
import { IdentityPicker, type PickedIdentity } from '#components/shared/identity-picker.tsx';
import { useCaller } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Button } from '#components/ui/button.tsx';
import { Field } from '#components/ui/field.tsx';
import { Input, Textarea } from '#components/ui/input.tsx';
import type { Role } from '#core/identity/role.ts';
import type { IdentityDetail } from '#lib/identity/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { RoleFields } from './role-fields.tsx';

export function IdentityForm({ identity }: { identity: IdentityDetail }) {
  const isSelf = useCaller().id === identity.id;
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
      ...(isSelf ? {} : { roles: chosenRoles, groups: chosenGroups }),
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
          {owner !== null && owner.id !== identity.owner?.id ? (
            <p className="text-muted-foreground">Its tokens end: they are in the hands of the owner until now.</p>
          ) : null}
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
      {isSelf ? (
        <p className="text-muted-foreground">Somebody else has to change your roles and groups.</p>
      ) : (
        <RoleFields chosenRoles={chosenRoles} onRoles={setRoles} chosenGroups={chosenGroups} onGroups={setGroups} />
      )}
      <Button type="submit" variant="primary" pending={update.isPending} className="justify-self-end">
        Save {identity.login}
      </Button>
    </form>
  );
}
