'use client';
/** Whether the console and its database answer. When they are back, everything the page shows is asked for again. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { announce } from '#components/ui/announce.ts';
import { describeFailure } from '#components/ui/failure.ts';

/** `database`: the console answers, its database does not. `console`: nothing answers. */
export type Reach = 'ok' | 'database' | 'console';

const reachKey = ['reach'] as const;
const askEveryMs = 15_000;
const askAgainEveryMs = 3000;
/** Longer than the console itself waits for its database. */
const answersWithinMs = 12_000;

async function probe(signal: AbortSignal): Promise<Reach> {
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(answersWithinMs)]);
    const response = await fetch('/api/health', { cache: 'no-store', signal: within });
    if (response.ok) return 'ok';
    const { status } = (await response.json()) as { status?: unknown };
    return status === 'unavailable' ? 'database' : 'console';
  } catch (error) {
    if (signal.aborted) throw error;
    return 'console';
  }
}

const isAway = (error: unknown): boolean => ['offline', 'unavailable'].includes(describeFailure(error).kind);

/** To the sign-in and back to this page. What a session that has ended could show must not stay on the screen. */
export function leaveSignedOut(): void {
  const { pathname, search } = window.location;
  window.location.assign(`/signin?callbackUrl=${encodeURIComponent(`${pathname}${search}`)}`);
}

/** `since` is when it was first noticed, in milliseconds; null while all is well. */
export function useReach(onBack?: () => void): { reach: Reach; since: number | null } {
  const queries = useQueryClient();
  const [since, setSince] = useState<number | null>(null);
  const wasAway = useRef(false);
  const { data: reach = 'ok' } = useQuery({
    queryKey: reachKey,
    queryFn: ({ signal }) => probe(signal),
    refetchInterval: query => ((query.state.data ?? 'ok') === 'ok' ? askEveryMs : askAgainEveryMs),
    staleTime: 0,
    retry: false,
    // The browser may believe it has no network while the console on the same machine answers.
    networkMode: 'always',
  });
  useEffect(
    () =>
      queries.getQueryCache().subscribe(event => {
        if (event.type !== 'updated' || event.action.type !== 'error') return;
        if (describeFailure(event.action.error).kind === 'signed_out') leaveSignedOut();
        if (!isAway(event.action.error)) return;
        void queries.refetchQueries({ queryKey: reachKey }, { cancelRefetch: false });
      }),
    [queries],
  );
  useEffect(() => {
    if (reach !== 'ok') {
      wasAway.current = true;
      setSince(known => known ?? Date.now());
      return;
    }
    if (!wasAway.current) return;
    wasAway.current = false;
    setSince(null);
    announce('Connected again.');
    if (onBack) onBack();
    else void queries.invalidateQueries({ predicate: query => query.queryKey[0] !== reachKey[0] });
  }, [reach, queries, onBack]);
  return { reach, since };
}
