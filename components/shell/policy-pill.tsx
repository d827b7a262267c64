'use client';
/** Which version of the policies is in force, and on how many of the proxies. */
import { useQuery } from '@tanstack/react-query';
import { CircleCheck, TriangleAlert } from 'lucide-react';
import Link from 'next/link';
import { cn } from '#components/ui/cn.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { useCan } from './caller.tsx';

const renewMs = 15_000;

export function PolicyPill() {
  const isShown = useCan('proxy:read');
  const { data } = useQuery({
    ...orpc.proxies.list.queryOptions({ input: { limit: 1 } }),
    enabled: isShown,
    refetchInterval: renewMs,
  });
  const version = data?.items[0]?.policy.current;
  if (!data || version === undefined) return null;
  const total = data.counts.online + data.counts.behind + data.counts.offline;
  const isAll = data.counts.online === total;
  return (
    <Link
      href="/proxies"
      className={cn(
        'inline-flex h-6 items-center gap-1 rounded-full border px-2 text-xs whitespace-nowrap max-sm:hidden',
        isAll ? 'border-border text-foreground hover:bg-muted' : 'border-approve-line bg-approve-bg text-approve',
      )}
    >
      {isAll ? (
        <CircleCheck aria-hidden className="size-3 text-allow" />
      ) : (
        <TriangleAlert aria-hidden className="size-3" />
      )}
      Policy v{version} live on {data.counts.online}/{total}
    </Link>
  );
}
