'use client';
/** The other requests of the same tab beside the one that is open, and the keys to go on to the next. */
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { SensitivityTag } from '#components/shared/sensitivity-tag.tsx';
import { cn } from '#components/ui/cn.ts';
import { DataRegion } from '#components/ui/data-region.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { LoadMore } from '#components/ui/load-more.tsx';
import { plural } from '#components/ui/number-format.ts';
import { TimeText } from '#components/ui/time.tsx';
import type { RequestTab } from '#lib/approvals/schema.ts';
import { requestHref } from './request-columns.tsx';
import { useRequests } from './request-list.tsx';
import { RequestStateBadge } from './request-state.tsx';

export function RequestQueue({ id, tab }: { id: string; tab: RequestTab }) {
  const router = useRouter();
  const query = useRequests(tab, {});
  const items = query.data?.pages.flatMap(page => page.items) ?? [];
  const at = items.findIndex(item => item.id === id);
  const next = items[at + 1];
  const previous = at === -1 ? undefined : items[at - 1];
  useShortcut('request.next', () => next && router.push(requestHref(next.id, tab)), next !== undefined);
  useShortcut('request.previous', () => previous && router.push(requestHref(previous.id, tab)), previous !== undefined);
  return (
    <nav aria-label="Queue" className="hidden w-64 shrink-0 border-e border-border min-[1440px]:block">
      <div className="sticky top-12 max-h-[calc(100dvh-3rem)] overflow-y-auto">
        <DataRegion
          query={query}
          isEmpty={() => items.length === 0}
          empty={<p className="p-4 text-muted-foreground">Nothing else in this tab.</p>}
        >
          {() => (
            <>
              <ul>
                {items.map(item => (
                  <li key={item.id}>
                    <Link
                      href={requestHref(item.id, tab)}
                      aria-current={item.id === id ? 'page' : undefined}
                      className={cn(
                        'grid gap-1 border-b border-border px-4 py-2.5 -outline-offset-2 hover:bg-muted',
                        item.id === id && 'bg-accent shadow-[inset_2px_0_var(--primary)] hover:bg-accent',
                      )}
                    >
                      <span className="line-clamp-2">{inertText(item.summary)}</span>
                      <span className="flex flex-wrap gap-x-2 text-xs text-muted-foreground">
                        <TimeText value={item.createdAt} isRelativeShown={false} />
                        {item.rows === null ? null : (
                          <span>{`${item.rows.exact ? '' : '≈ '}${plural(item.rows.value, 'row')}`}</span>
                        )}
                      </span>
                      <span className="flex flex-wrap gap-1">
                        {item.level ? <SensitivityTag level={item.level} /> : null}
                        {item.state === 'pending' ? null : <RequestStateBadge state={item.state} />}
                      </span>
                    </Link>
                  </li>
                ))}
              </ul>
              <div className="p-2">
                <LoadMore query={query} />
              </div>
            </>
          )}
        </DataRegion>
      </div>
    </nav>
  );
}
