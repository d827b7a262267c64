'use client';
/** What needs attention now. Each tile leads to what it counts; one with nothing wrong stays small. */
import Link from 'next/link';
import type { ReactNode } from 'react';
import { useCaller } from '#components/shell/caller.tsx';
import { cn } from '#components/ui/cn.ts';
import { formatCount, plural } from '#components/ui/number-format.ts';
import { TimeText } from '#components/ui/time.tsx';
import type { Permission } from '#core/identity/role.ts';
import type { Overview } from '#lib/overview/schema.ts';

type Tile = {
  label: string;
  value: string;
  detail: ReactNode;
  href: string;
  permission: Permission;
  isAlarming: boolean;
};

function against(now: number, before: number): string {
  if (before === 0) return now === 0 ? 'none before either' : 'none in the time before';
  const change = Math.round(((now - before) / before) * 100);
  return change === 0 ? 'as many as before' : `${Math.abs(change)} % ${change > 0 ? 'more' : 'fewer'} than before`;
}

function tilesOf({ tiles, from, to }: Overview): Tile[] {
  const range = `from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`;
  return [
    {
      label: 'Approvals waiting',
      value: formatCount(tiles.approvalsWaiting),
      detail: tiles.oldestWaitingAt ? (
        <>
          oldest <TimeText value={tiles.oldestWaitingAt} precision="minute" className="whitespace-normal" />
        </>
      ) : (
        'nobody waits'
      ),
      href: '/approvals?tab=team',
      permission: 'approval:read',
      isAlarming: tiles.approvalsWaiting > 0,
    },
    {
      label: 'Denied by policy',
      value: formatCount(tiles.deniedCount),
      detail: `${against(tiles.deniedCount, tiles.deniedCountBefore)}${tiles.mistakeCount > 0 ? `; ${plural(tiles.mistakeCount, 'mistake')} apart` : ''}`,
      href: `/sessions?view=statements&q=decision:deny&${range}`,
      permission: 'session:read',
      isAlarming: tiles.deniedCount > 2 * Math.max(5, tiles.deniedCountBefore),
    },
    {
      label: 'Classified data unmasked',
      value: formatCount(tiles.unmaskedClassified),
      detail: `statements; ${formatCount(tiles.maskedCells)} cells were masked`,
      href: `/sessions?view=statements&q=decision:allow&${range}`,
      permission: 'session:read',
      isAlarming: tiles.unmaskedClassified > 0,
    },
    {
      label: 'Live sessions',
      value: formatCount(tiles.liveSessions),
      detail:
        tiles.unknownSessions > 0
          ? `and ${formatCount(tiles.unknownSessions)} unknown: their proxies are not heard from`
          : 'connected through a proxy now',
      href: `/sessions?q=${tiles.unknownSessions > 0 ? 'state:live,unknown' : 'live:true'}`,
      permission: 'session:read',
      isAlarming: tiles.unknownSessions > 0,
    },
    {
      label: 'Proxies online',
      value: `${formatCount(tiles.proxiesOnline)} of ${formatCount(tiles.proxiesTotal)}`,
      detail: tiles.behind > 0 ? `${formatCount(tiles.behind)} not on the current bundle` : 'all on the current bundle',
      href: '/proxies',
      permission: 'proxy:read',
      isAlarming: tiles.proxiesOnline < tiles.proxiesTotal || tiles.behind > 0,
    },
    {
      label: 'Audit log',
      value: tiles.chainIntact ? 'Intact' : 'Not intact',
      detail: tiles.chainIntact ? 'every chain matches' : 'open it to see where it breaks',
      href: '/audit',
      permission: 'audit:read',
      isAlarming: !tiles.chainIntact,
    },
  ];
}

export function AttentionTiles({ overview }: { overview: Overview }) {
  const { permissions } = useCaller();
  return (
    <ul aria-label="Attention" className="grid grid-cols-2 gap-3 md:grid-cols-3 2xl:grid-cols-6">
      {tilesOf(overview).map(tile => {
        const body = (
          <>
            <span className="text-muted-foreground">{tile.label}</span>
            <span className={cn('text-2xl font-semibold tabular-nums', tile.isAlarming && 'text-approve')}>
              {tile.value}
            </span>
            <span className="text-xs text-muted-foreground">{tile.detail}</span>
          </>
        );
        const style = 'grid h-full content-start gap-0.5 rounded-lg border border-border bg-card p-3 sm:p-4';
        return (
          <li key={tile.label} className="min-w-0">
            {permissions.has(tile.permission) ? (
              <Link href={tile.href} className={cn(style, 'hover:bg-muted', tile.isAlarming && 'border-approve-line')}>
                {body}
              </Link>
            ) : (
              <div className={style}>{body}</div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
