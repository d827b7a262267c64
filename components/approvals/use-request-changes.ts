'use client';
/** Follows what happens to requests: one stream for the page, however many parts of it listen. */
import { type LiveState, useLive } from '#components/ui/live.ts';
import type { RequestChange } from '#lib/approvals/schema.ts';
import { client } from '#lib/orpc/browser.ts';

type Options = {
  /** Also runs after a gap in the stream, then with null: read everything again. */
  onChange: (change: RequestChange | null) => void;
  isEnabled?: boolean;
};

export function useRequestChanges({ onChange, isEnabled = true }: Options): LiveState {
  return useLive({
    key: 'requests',
    open: signal => client.approvals.requests.watch({}, { signal }),
    onMessage: event => onChange(event.type === 'change' ? event.change : null),
    onResume: () => onChange(null),
    isEnabled,
  });
}
