'use client';
/** Oneself: name, roles, own sessions and tokens, the API, and the way out. */
import { BookOpen, LogOut, UserRound } from 'lucide-react';
import Link from 'next/link';
import { signOut } from 'next-auth/react';
import { Button } from '#components/ui/button.tsx';
import { Menu, MenuItem, MenuPanel, MenuSeparator, MenuTrigger } from '#components/ui/menu.tsx';
import { useCaller } from './caller.tsx';

export function ProfileMenu() {
  const caller = useCaller();
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button variant="ghost" size="icon" aria-label={`Signed in as ${caller.login}`}>
          <UserRound aria-hidden />
        </Button>
      </MenuTrigger>
      <MenuPanel className="max-w-72">
        <div className="grid px-2 py-1.5">
          <span className="truncate font-medium">{caller.displayName}</span>
          <span className="truncate text-muted-foreground">{caller.login}</span>
          <span className="text-xs text-muted-foreground">{caller.roles.join(', ') || 'no role'}</span>
        </div>
        <MenuSeparator />
        <MenuItem asChild>
          <Link href="/profile">
            <UserRound aria-hidden /> Profile, sessions and tokens
          </Link>
        </MenuItem>
        <MenuItem asChild>
          <Link href="/api-reference">
            <BookOpen aria-hidden /> API reference
          </Link>
        </MenuItem>
        <MenuSeparator />
        <MenuItem onSelect={() => void signOut({ callbackUrl: '/signin' })}>
          <LogOut aria-hidden /> Sign out
        </MenuItem>
      </MenuPanel>
    </Menu>
  );
}
