/** Accepts page after page of suggestions: thousands would be too much for one request, and what is done stays done. */
import { listLimitMax } from '#lib/orpc/list.ts';

type Item = { id: string; createdAt: string };
type Page = { items: readonly Item[]; nextCursor: string | null };

export type AcceptAllPorts = {
  /** Open suggestions of the reader's filter, in an order that accepting does not change. */
  list(page: { cursor: string | undefined; limit: number }): Promise<Page>;
  accept(ids: readonly string[]): Promise<{ accepted: number; skipped: readonly unknown[] }>;
  progress(so: Progress): void;
};

export type Progress = { accepted: number; skipped: number };

/** Leaves out what came after `until`, the time of the newest suggestion that the reader was told of. Stops after the page under way. */
export async function acceptAll(until: string, ports: AcceptAllPorts, signal: AbortSignal): Promise<Progress> {
  let so: Progress = { accepted: 0, skipped: 0 };
  let cursor: string | undefined;
  do {
    const page = await ports.list({ cursor, limit: listLimitMax });
    const ids = page.items.filter(item => item.createdAt <= until).map(item => item.id);
    if (signal.aborted) return so;
    if (ids.length > 0) {
      const { accepted, skipped } = await ports.accept(ids);
      so = { accepted: so.accepted + accepted, skipped: so.skipped + skipped.length };
      ports.progress(so);
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && !signal.aborted);
  return so;
}
