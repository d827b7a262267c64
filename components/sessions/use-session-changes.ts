'use client';
/** Asks again for what changed about sessions. */
import { useQueryClient } from '@tanstack/react-query';
import { type LiveState, useLive } from '#components/ui/live.ts';
import { client, orpc } from '#lib/orpc/browser.ts';

/** However fast proxies report, the page asks at most this often. */
const settleMs = 1000;

let isSettling = false;

export function useSessionChanges(isEnabled: boolean): LiveState {
  const queries = useQueryClient();
  const renew = () => {
    if (isSettling) return;
    isSettling = true;
    setTimeout(() => {
      isSettling = false;
      void queries.invalidateQueries({ queryKey: orpc.audit.sessions.key() });
      void queries.invalidateQueries({ queryKey: orpc.audit.statements.list.key() });
    }, settleMs);
  };
  return useLive({
    key: 'sessions',
    open: signal => client.audit.sessions.watch(undefined, { signal }),
    onMessage: renew,
    onResume: renew,
    isEnabled,
  });
}
