/** The pages there are, for the sidebar, the command menu and the keyboard. An item the reader may not use is absent. Pure. */
import {
  Activity,
  BookOpen,
  Cable,
  Database,
  FileClock,
  Hourglass,
  KeyRound,
  LayoutDashboard,
  type LucideIcon,
  ScrollText,
  Server,
  Users,
} from 'lucide-react';
import type { ShortcutId } from '#components/keyboard/shortcuts.ts';
import type { Permission, Role } from '#core/identity/role.ts';

export type NavigationItem = {
  href: string;
  label: string;
  icon: LucideIcon;
  permission: Permission;
  shortcut: ShortcutId;
};

export type NavigationGroup = { label: string; items: readonly NavigationItem[] };

export const navigation: readonly NavigationGroup[] = [
  {
    label: 'Work',
    items: [
      { href: '/', label: 'Overview', icon: LayoutDashboard, permission: 'overview:read', shortcut: 'go.overview' },
      {
        href: '/approvals',
        label: 'Approvals',
        icon: Hourglass,
        permission: 'approval:read',
        shortcut: 'go.approvals',
      },
      { href: '/access', label: 'Access', icon: KeyRound, permission: 'access:read', shortcut: 'go.access' },
    ],
  },
  {
    label: 'Data',
    items: [{ href: '/catalog', label: 'Catalog', icon: Database, permission: 'catalog:read', shortcut: 'go.catalog' }],
  },
  {
    label: 'Control',
    items: [
      { href: '/policies', label: 'Policies', icon: ScrollText, permission: 'policy:read', shortcut: 'go.policies' },
    ],
  },
  {
    label: 'Observe',
    items: [
      { href: '/sessions', label: 'Sessions', icon: Activity, permission: 'session:read', shortcut: 'go.sessions' },
      { href: '/audit', label: 'Audit log', icon: FileClock, permission: 'audit:read', shortcut: 'go.audit' },
    ],
  },
  {
    label: 'Run',
    items: [
      { href: '/proxies', label: 'Proxies', icon: Server, permission: 'proxy:read', shortcut: 'go.proxies' },
      { href: '/identities', label: 'Identities', icon: Users, permission: 'identity:read', shortcut: 'go.identities' },
    ],
  },
  {
    label: 'Use',
    items: [
      { href: '/connect', label: 'Connect', icon: Cable, permission: 'connection:use', shortcut: 'go.connect' },
      {
        href: '/api-reference',
        label: 'API reference',
        icon: BookOpen,
        permission: 'overview:read',
        shortcut: 'go.reference',
      },
    ],
  },
];

export function permittedNavigation(permissions: ReadonlySet<Permission>): NavigationGroup[] {
  return navigation
    .map(group => ({ ...group, items: group.items.filter(item => permissions.has(item.permission)) }))
    .filter(group => group.items.length > 0);
}

export const isCurrentPage = (href: string, pathname: string): boolean =>
  href === '/' ? pathname === '/' : pathname === href || pathname.startsWith(`${href}/`);

const landings: readonly (readonly [Role, string])[] = [
  ['reviewer', '/approvals'],
  ['admin', '/'],
  ['operator', '/proxies'],
  ['auditor', '/audit'],
  ['developer', '/connect'],
];

/** Where somebody with these roles does most of their work. */
export const landingPage = (roles: readonly Role[]): string =>
  landings.find(([role]) => roles.includes(role))?.[1] ?? '/';

/** Only paths of this console: what comes in an address must not lead elsewhere. */
export const safeNextPath = (path: string | null | undefined): string | null =>
  path && /^\/(?![/\\])[\w\-./?=&%:,+~[\]]*$/.test(path) ? path : null;
