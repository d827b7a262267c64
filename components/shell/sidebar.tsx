'use client';
/** The pages the reader may use, in groups, with counts of what waits there. */
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { keyCaps } from '#components/keyboard/shortcuts.ts';
import { Count } from '#components/ui/badge.tsx';
import { cn } from '#components/ui/cn.ts';
import { Kbd } from '#components/ui/kbd.tsx';
import { Tooltip } from '#components/ui/tooltip.tsx';
import { useCaller } from './caller.tsx';
import { Mark } from './mark.tsx';
import { isCurrentPage, type NavigationItem, permittedNavigation } from './navigation.ts';
import { useNavigationCounts } from './use-navigation-counts.ts';

type LinkProps = {
  item: NavigationItem;
  isOpen: boolean;
  count: { value: number; what: string } | undefined;
  onNavigate?: (() => void) | undefined;
};

function PageLink({ item, isOpen, count, onNavigate }: LinkProps) {
  const isCurrent = isCurrentPage(item.href, usePathname());
  const link = (
    <Link
      href={item.href}
      onClick={onNavigate}
      aria-current={isCurrent ? 'page' : undefined}
      aria-label={isOpen ? undefined : item.label}
      className={cn(
        'relative flex h-8 items-center gap-2.5 rounded-md px-2 text-sidebar-foreground hover:bg-muted pointer-coarse:h-11',
        'before:absolute before:inset-y-1.5 before:-start-2 before:w-0.5 before:rounded-full',
        isCurrent && 'bg-accent font-medium text-accent-foreground before:bg-primary hover:bg-accent',
        !isOpen && 'justify-center px-0',
      )}
    >
      <item.icon aria-hidden className="size-4 shrink-0" />
      {isOpen ? <span className="truncate">{item.label}</span> : null}
      {count && isOpen ? (
        <span className="ms-auto">
          <Count value={count.value} aria-hidden className="bg-card" />
          <span className="sr-only">, {count.what}</span>
        </span>
      ) : null}
      {count && !isOpen ? <span aria-hidden className="absolute top-1 end-1 size-1.5 rounded-full bg-primary" /> : null}
    </Link>
  );
  if (isOpen) return link;
  return (
    <Tooltip
      side="right"
      label={
        <span className="flex items-center gap-2">
          {item.label} <Kbd keys={keyCaps(item.shortcut)} />
        </span>
      }
    >
      {link}
    </Tooltip>
  );
}

export function PageNavigation({ isOpen, onNavigate }: { isOpen: boolean; onNavigate?: () => void }) {
  const { permissions } = useCaller();
  const counts = useNavigationCounts();
  return (
    <nav aria-label="Pages" className="grid content-start gap-4 px-3 pb-4">
      {permittedNavigation(permissions).map(group => (
        <div key={group.label} className="grid gap-0.5">
          <h2 className={cn('px-2 pb-0.5 text-2xs font-medium text-muted-foreground', !isOpen && 'sr-only')}>
            {group.label}
          </h2>
          {group.items.map(item => (
            <PageLink key={item.href} item={item} isOpen={isOpen} count={counts[item.href]} onNavigate={onNavigate} />
          ))}
        </div>
      ))}
    </nav>
  );
}

export function Sidebar({ isOpen }: { isOpen: boolean }) {
  return (
    <aside
      className={cn(
        'sticky top-0 hidden h-dvh shrink-0 overflow-y-auto border-e border-border bg-sidebar lg:block print:hidden',
        isOpen ? 'w-60' : 'w-14',
      )}
    >
      <Link
        href="/"
        className={cn('mb-2 flex h-12 items-center gap-2 px-4 text-lg font-semibold', !isOpen && 'justify-center px-0')}
      >
        <Mark />
        {isOpen ? 'Weir' : <span className="sr-only">Weir</span>}
      </Link>
      <PageNavigation isOpen={isOpen} />
    </aside>
  );
}
