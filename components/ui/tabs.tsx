'use client';
/** Tabs: panels of one page, or links where each tab is an address of its own. */
import Link from 'next/link';
import { Tabs as Radix } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';
import { Count } from './badge.tsx';
import { cn } from './cn.ts';

/** On narrow screens all of them are seen, on two lines if need be: what is scrolled away is not found. */
const listStyle = 'flex gap-1 overflow-x-auto border-b border-border max-sm:flex-wrap';
const tabStyle =
  'relative inline-flex min-h-9 items-center gap-1.5 px-3 whitespace-nowrap text-muted-foreground hover:text-foreground -outline-offset-2 after:absolute after:inset-x-2 after:bottom-0 after:h-0.5 after:rounded-full pointer-coarse:min-h-11';
const chosenStyle = 'font-medium text-foreground after:bg-primary';

export const Tabs = Radix.Root;

export function TabList({ className, ...props }: ComponentProps<typeof Radix.List>) {
  return <Radix.List {...props} className={cn(listStyle, className)} />;
}

export function Tab({ className, ...props }: ComponentProps<typeof Radix.Trigger>) {
  return (
    <Radix.Trigger
      {...props}
      className={cn(
        tabStyle,
        'data-[state=active]:font-medium data-[state=active]:text-foreground data-[state=active]:after:bg-primary',
        className,
      )}
    />
  );
}

export function TabPanel({ className, ...props }: ComponentProps<typeof Radix.Content>) {
  return <Radix.Content {...props} className={cn('pt-4', className)} />;
}

export type LinkTab = { href: string; label: ReactNode; isCurrent: boolean; count?: number };

export function LinkTabs({ label, tabs, className }: { label: string; tabs: readonly LinkTab[]; className?: string }) {
  return (
    <nav aria-label={label} className={cn(listStyle, className)}>
      {tabs.map(tab => (
        <Link
          key={tab.href}
          href={tab.href}
          scroll={false}
          aria-current={tab.isCurrent ? 'page' : undefined}
          className={cn(tabStyle, tab.isCurrent && chosenStyle)}
        >
          {tab.label}
          {tab.count ? <Count value={tab.count} /> : null}
        </Link>
      ))}
    </nav>
  );
}
