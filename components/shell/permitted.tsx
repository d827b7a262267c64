'use client';
/** A page for those who hold its permission; others are told which one it is. The server refuses the data in any case. */
import { Lock } from 'lucide-react';
import type { ReactNode } from 'react';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/states.tsx';
import type { Permission } from '#core/identity/role.ts';
import { useCaller } from './caller.tsx';
import { landingPage } from './navigation.ts';

export function Permitted({ permission, children }: { permission: Permission; children: ReactNode }) {
  const caller = useCaller();
  if (caller.permissions.has(permission)) return children;
  return (
    <EmptyState title="You may not open this page" icon={<Lock aria-hidden />} isPage className="py-24">
      <p>
        It needs the permission <code className="font-mono text-xs">{permission}</code>, which your roles (
        {caller.roles.join(', ') || 'none'}) do not have. An administrator can give you a role that has it.
      </p>
      <ButtonLink href={landingPage(caller.roles)}>Go to your start page</ButtonLink>
    </EmptyState>
  );
}
