'use client';
/** Chooses roles and groups of an identity. */
import { useQuery } from '@tanstack/react-query';
import { CheckboxField } from '#components/ui/checkbox.tsx';
import { plural } from '#components/ui/number-format.ts';
import { type Role, rolePermissions, roles } from '#core/identity/role.ts';
import { orpc } from '#lib/orpc/browser.ts';

const groupsMax = 200;

const roleHints: Readonly<Record<Role, string>> = {
  admin: 'policies, labels, owners, identities',
  reviewer: 'decides requests; may read their values',
  auditor: 'reads everything recorded, and exports it',
  operator: 'proxies and connections; ends sessions',
  developer: 'connects, and asks for access',
};

type Props = {
  chosenRoles: readonly Role[];
  onRoles: (roles: Role[]) => void;
  chosenGroups: readonly string[];
  onGroups: (groups: string[]) => void;
};

const toggled = <T,>(list: readonly T[], item: T, isOn: boolean): T[] =>
  isOn ? [...list.filter(each => each !== item), item] : list.filter(each => each !== item);

export function RoleFields({ chosenRoles, onRoles, chosenGroups, onGroups }: Props) {
  const groups = useQuery(orpc.identity.groups.list.queryOptions({ input: { limit: groupsMax } }));
  return (
    <>
      <fieldset className="grid gap-1.5">
        <legend className="pb-1 font-medium">Roles</legend>
        {roles.map(role => (
          <CheckboxField
            key={role}
            label={role}
            hint={`${roleHints[role]} (${plural(rolePermissions[role].length, 'permission')})`}
            checked={chosenRoles.includes(role)}
            onCheckedChange={checked => onRoles(toggled(chosenRoles, role, checked === true))}
          />
        ))}
      </fieldset>
      {groups.data && groups.data.items.length > 0 ? (
        <fieldset className="grid gap-1.5">
          <legend className="pb-1 font-medium">Groups</legend>
          {groups.data.items.map(group => (
            <CheckboxField
              key={group.id}
              label={group.name}
              hint={group.source === 'oidc' ? 'follows the identity provider' : group.description}
              disabled={group.source === 'oidc'}
              checked={chosenGroups.includes(group.name)}
              onCheckedChange={checked => onGroups(toggled(chosenGroups, group.name, checked === true))}
            />
          ))}
        </fieldset>
      ) : null}
    </>
  );
}
