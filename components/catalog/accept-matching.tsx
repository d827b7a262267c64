'use client';
/** Accepts every open suggestion that the filter finds, loaded or not, after saying which; shows how far it is, and can be stopped. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { Dialog, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { formatCount, plural } from '#components/ui/number-format.ts';
import { toast } from '#components/ui/toast.tsx';
import type { SuggestionFilter } from '#lib/catalog/schema.ts';
import { client, orpc } from '#lib/orpc/browser.ts';
import { acceptAll, type Progress } from './accept-all.ts';

const nothingYet: Progress = { accepted: 0, skipped: 0 };

const outcomeOf = ({ accepted, skipped }: Progress): string =>
  `${plural(accepted, 'column')} classified${skipped > 0 ? `, ${formatCount(skipped)} decided by somebody else meanwhile` : ''}`;

function useAcceptAll(filter: SuggestionFilter, onDone: () => void) {
  const queries = useQueryClient();
  const [progress, setProgress] = useState(nothingYet);
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);
  const mutation = useMutation({
    mutationFn: (until: string) => {
      stop.current = new AbortController();
      setProgress(nothingYet);
      const ports = {
        list: (page: { cursor: string | undefined; limit: number }) =>
          client.catalog.suggestions.list({ ...filter, ...page, order: 'label' }),
        accept: (ids: readonly string[]) => client.catalog.suggestions.acceptMany({ ids: [...ids] }),
        progress: setProgress,
      };
      return acceptAll(until, ports, stop.current.signal);
    },
    onSuccess: so => {
      toast({ tone: 'success', title: stop.current.signal.aborted ? `Stopped: ${outcomeOf(so)}` : outcomeOf(so) });
      onDone();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: orpc.catalog.key() }),
  });
  return { mutation, progress, stop: () => stop.current.abort() };
}

type FormProps = { filter: SuggestionFilter; onClose: () => void };

/** Asked for when it opens: what is confirmed is what is there now, not what was when the page was loaded. */
function AcceptForm({ filter, onClose }: FormProps) {
  const { mutation, progress, stop } = useAcceptAll(filter, onClose);
  const newest = useQuery({
    // Not under the catalog's key: what changes while it runs must not change what was confirmed.
    queryKey: ['accept-all-suggestions', filter],
    queryFn: () => client.catalog.suggestions.list({ ...filter, order: 'newest', limit: 1 }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  return (
    <DataRegion query={newest} isEmpty={page => page.items.length === 0} empty={<p>Nothing is left to decide.</p>}>
      {page => {
        const total = page.about ?? 0;
        const labels = page.labels.filter(each => filter.label === undefined || each.label === filter.label);
        return (
          <div className="grid gap-3 pb-2">
            <p>
              Each column gets the classification that is suggested for it, and masks apply to open sessions at once.
              What is suggested from now on is not among them.
            </p>
            <ul className="grid max-h-56 gap-1 overflow-y-auto" aria-label="What is accepted">
              {labels.map(({ label, count }) => (
                <li key={label} className="flex items-center justify-between gap-2">
                  <span className="font-mono text-xs">{label}</span>
                  <span className="tabular-nums">{plural(count, 'column')}</span>
                </li>
              ))}
            </ul>
            {mutation.isPending ? (
              <label className="grid gap-1 text-xs text-muted-foreground" aria-live="polite">
                {formatCount(progress.accepted + progress.skipped)} of {formatCount(total)}
                <progress
                  className="h-1.5 w-full accent-primary"
                  max={total}
                  value={progress.accepted + progress.skipped}
                />
              </label>
            ) : null}
            {failure ? (
              <p role="alert" className="text-deny">
                {failure.message} Before that: {outcomeOf(progress)}.
              </p>
            ) : null}
            <div className="flex justify-end gap-2">
              {mutation.isPending ? <Button onClick={stop}>Stop</Button> : <Button onClick={onClose}>Cancel</Button>}
              <Button
                variant="primary"
                pending={mutation.isPending}
                onClick={() => mutation.mutate(page.items[0]?.createdAt ?? '')}
              >
                Accept {plural(total, 'suggestion')}
              </Button>
            </div>
          </div>
        );
      }}
    </DataRegion>
  );
}

export function AcceptMatching({ filter, total }: { filter: SuggestionFilter; total: number }) {
  const [isOpen, setOpen] = useState(false);
  const name = `Accept all ${formatCount(total)}…`;
  return (
    <Dialog open={isOpen} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="small">{name}</Button>
      </DialogTrigger>
      <DialogPanel title={`Accept all suggestions ${isNarrowed(filter) ? 'that the filter finds' : ''}`.trim()}>
        <AcceptForm filter={filter} onClose={() => setOpen(false)} />
      </DialogPanel>
    </Dialog>
  );
}

const isNarrowed = ({ q, label, basis, connectionId }: SuggestionFilter): boolean =>
  [q, label, basis, connectionId].some(each => each !== undefined && each !== '');
