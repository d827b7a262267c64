'use client';
/** The frame around every page of the console. */
import { useQueryClient } from '@tanstack/react-query';
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { type ReactNode, Suspense, useEffect, useRef } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { copyText } from '#components/ui/copy-button.tsx';
import { freezeRange } from '#components/ui/time-range.ts';
import { toast } from '#components/ui/toast.tsx';
import type { Me } from '#lib/identity/schema.ts';
import { CallerProvider, useCaller } from './caller.tsx';
import { CommandMenu } from './command-menu.tsx';
import { navigation } from './navigation.ts';
import { usePreferences } from './preferences-provider.tsx';
import { ReachStrip } from './reach-strip.tsx';
import { ShortcutSheet } from './shortcut-sheet.tsx';
import { Sidebar } from './sidebar.tsx';
import { TopBar } from './top-bar.tsx';

/** The address of this view with its times made absolute. */
export function frozenAddress(): string {
  const url = new URL(window.location.href);
  const range = freezeRange({ from: url.searchParams.get('from'), to: url.searchParams.get('to') }, Date.now());
  for (const [key, value] of Object.entries(range)) {
    if (value !== null) url.searchParams.set(key, value);
  }
  return url.toString();
}

async function copyLink(): Promise<void> {
  const isCopied = await copyText(frozenAddress());
  toast(
    isCopied
      ? { tone: 'success', title: 'Copied a link to this view', detail: 'Relative times in it are fixed.' }
      : { tone: 'error', title: 'Could not copy the link' },
  );
}

function GoShortcut({
  href,
  shortcut,
}: {
  href: string;
  shortcut: (typeof navigation)[number]['items'][number]['shortcut'];
}) {
  const router = useRouter();
  useShortcut(shortcut, () => router.push(href));
  return null;
}

function ShellShortcuts({ onToggleSidebar }: { onToggleSidebar: () => void }) {
  const queries = useQueryClient();
  const { permissions } = useCaller();
  useShortcut('sidebar.toggle', onToggleSidebar);
  useShortcut('link.copy', () => void copyLink());
  useShortcut('page.refresh', () => void queries.invalidateQueries());
  return navigation
    .flatMap(group => group.items)
    .filter(item => permissions.has(item.permission))
    .map(item => <GoShortcut key={item.href} href={item.href} shortcut={item.shortcut} />);
}

/** After going to another page the focus is at its beginning, not on a link that is gone. */
function FocusPage() {
  const pathname = usePathname();
  useSearchParams();
  const last = useRef(pathname);
  useEffect(() => {
    if (last.current === pathname) return;
    last.current = pathname;
    if (document.activeElement === document.body || !document.activeElement) {
      document.getElementById('page')?.focus({ preventScroll: true });
    }
  }, [pathname]);
  return null;
}

export function Shell({ me, children }: { me: Me; children: ReactNode }) {
  const { preferences, setPreferences } = usePreferences();
  const toggle = () => setPreferences({ isSidebarOpen: !preferences.isSidebarOpen });
  return (
    <CallerProvider me={me}>
      <a
        href="#page"
        className="sr-only z-50 rounded-md bg-primary px-3 py-2 text-primary-foreground focus:not-sr-only focus:fixed focus:top-2 focus:start-2"
      >
        Skip to the page
      </a>
      <div className="flex min-h-dvh">
        <Sidebar isOpen={preferences.isSidebarOpen} />
        <div className="flex min-w-0 flex-1 flex-col">
          <TopBar onToggleSidebar={toggle} />
          <ReachStrip />
          <main id="page" tabIndex={-1} className="min-w-0 flex-1 outline-none">
            {children}
          </main>
        </div>
      </div>
      <ShellShortcuts onToggleSidebar={toggle} />
      <CommandMenu />
      <ShortcutSheet />
      <Suspense fallback={null}>
        <FocusPage />
      </Suspense>
    </CallerProvider>
  );
}
