'use client';
/** What is at hand on every page: menu, search, state of the policy, display, keys, and oneself. */
import { CircleHelp, Menu as MenuIcon, PanelLeft, Search } from 'lucide-react';
import { useState } from 'react';
import { useKeyboard } from '#components/keyboard/keyboard.tsx';
import { keyCaps } from '#components/keyboard/shortcuts.ts';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { Kbd } from '#components/ui/kbd.tsx';
import { Tooltip } from '#components/ui/tooltip.tsx';
import { DisplayMenu } from './display-menu.tsx';
import { PolicyPill } from './policy-pill.tsx';
import { ProfileMenu } from './profile-menu.tsx';
import { PageNavigation } from './sidebar.tsx';

function NarrowNavigation() {
  const [isOpen, setOpen] = useState(false);
  return (
    <Dialog open={isOpen} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="ghost" size="icon" aria-label="Open the navigation" className="lg:hidden">
          <MenuIcon aria-hidden />
        </Button>
      </DialogTrigger>
      <DialogPanel kind="left" title="Weir">
        <div className="-mx-5">
          <PageNavigation isOpen onNavigate={() => setOpen(false)} />
        </div>
      </DialogPanel>
    </Dialog>
  );
}

export function TopBar({ onToggleSidebar }: { onToggleSidebar: () => void }) {
  const { run } = useKeyboard();
  return (
    <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b border-border bg-background px-3 print:hidden">
      <NarrowNavigation />
      <Tooltip label="Show or hide the sidebar" side="bottom">
        <Button
          variant="ghost"
          size="icon"
          aria-label="Show or hide the sidebar"
          className="max-lg:hidden"
          onClick={onToggleSidebar}
        >
          <PanelLeft aria-hidden />
        </Button>
      </Tooltip>
      <Button
        onClick={() => run('menu.open')}
        className="min-w-0 justify-start gap-2 font-normal text-muted-foreground sm:w-72"
        aria-label="Search, go to a page, or run an action"
      >
        <Search aria-hidden />
        <span className="max-sm:hidden">Search or act…</span>
        <Kbd keys={keyCaps('menu.open')} className="ms-auto max-sm:hidden" />
      </Button>
      <div className="ms-auto flex items-center gap-1">
        <PolicyPill />
        <DisplayMenu />
        <Tooltip label="Keyboard shortcuts" side="bottom">
          <Button
            variant="ghost"
            size="icon"
            aria-label="Keyboard shortcuts"
            className="max-sm:hidden"
            onClick={() => run('help.open')}
          >
            <CircleHelp aria-hidden />
          </Button>
        </Tooltip>
        <ProfileMenu />
      </div>
    </header>
  );
}
