'use client';
/** What waits on which page. Counts that the reader may not see are never asked for. */
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRequestChanges } from '#components/approvals/use-request-changes.ts';
import { plural } from '#components/ui/number-format.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { useCan } from './caller.tsx';

const renewMs = 60_000;

export type NavigationCounts = Readonly<Record<string, { value: number; what: string }>>;

export function useNavigationCounts(): NavigationCounts {
  const queries = useQueryClient();
  const canReadRequests = useCan('approval:read');
  const canLabel = useCan('catalog:write');
  const requests = useQuery({
    ...orpc.approvals.requests.list.queryOptions({ input: { tab: 'needs_me', limit: 1 } }),
    enabled: canReadRequests,
    refetchInterval: renewMs,
    placeholderData: keepPreviousData,
  });
  const suggestions = useQuery({
    ...orpc.catalog.suggestions.list.queryOptions({ input: { limit: 1 } }),
    enabled: canLabel,
    refetchInterval: renewMs,
  });
  const renew = () => queries.invalidateQueries({ queryKey: orpc.approvals.requests.list.key() });
  useRequestChanges({ onChange: renew, isEnabled: canReadRequests });
  const counts: Record<string, { value: number; what: string }> = {};
  const waiting = requests.data?.counts.needs_me ?? 0;
  const open = suggestions.data?.counts.open ?? 0;
  if (waiting > 0) counts['/approvals'] = { value: waiting, what: `${plural(waiting, 'request')} waiting for you` };
  if (open > 0) counts['/catalog'] = { value: open, what: `${plural(open, 'suggestion')} to decide` };
  return counts;
}
