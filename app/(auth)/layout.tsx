/** Pages outside the console: signing in, setting a password, approving a device. */
import type { ReactNode } from 'react';
import { Mark } from '#components/shell/mark.tsx';

export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <div className="grid min-h-dvh content-start justify-items-center gap-6 px-4 py-[12dvh]">
      <header className="flex items-center gap-2 text-xl font-semibold">
        <Mark className="size-8" /> Weir
      </header>
      <main className="w-full max-w-sm">{children}</main>
      <footer className="max-w-sm text-center text-xs text-muted-foreground">
        Every statement through a governed connection is decided by policy and recorded.
      </footer>
    </div>
  );
}
