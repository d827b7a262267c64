/** Everything behind the sign-in: who is not signed in is sent there, and back afterwards. */
import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import type { ReactNode } from 'react';
import { meOf } from '#components/shell/me.ts';
import { safeNextPath } from '#components/shell/navigation.ts';
import { Shell } from '#components/shell/shell.tsx';
import { currentCaller } from '#lib/orpc/server.ts';

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const caller = await currentCaller();
  if (caller.type !== 'identity') {
    const path = safeNextPath((await headers()).get('x-weir-path'));
    redirect(path && path !== '/' ? `/signin?callbackUrl=${encodeURIComponent(path)}` : '/signin');
  }
  return <Shell me={meOf(caller)}>{children}</Shell>;
}
