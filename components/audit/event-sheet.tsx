'use client';
/** One event of the log in full: what changed, who did it, and the exact text that was hashed. */
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { actionWords } from '#components/shared/action-words.ts';
import { Badge } from '#components/ui/badge.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { DefinitionList } from '#components/ui/definition-list.tsx';
import { Dialog, DialogPanel } from '#components/ui/dialog.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { formatCount } from '#components/ui/number-format.ts';
import { TableCell, TableFrame, TableHead } from '#components/ui/table.tsx';
import { TimeText } from '#components/ui/time.tsx';
import type { EventDetail } from '#lib/audit/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { fieldChanges } from './changes.ts';
import { EventObject } from './event-object.tsx';

function Changes({ event }: { event: EventDetail }) {
  const changes = fieldChanges(event.before, event.after);
  if (changes.length === 0) return <p className="text-muted-foreground">The event changed nothing.</p>;
  const cell = (value: string | null, className: string) =>
    value === null ? (
      <span className="text-muted-foreground">∅</span>
    ) : (
      <span
        className={`inline-block max-h-40 overflow-y-auto rounded-sm px-1 font-mono text-xs break-all whitespace-pre-wrap ${className}`}
      >
        {inertText(value)}
      </span>
    );
  return (
    <TableFrame label="What changed">
      <thead>
        <tr>
          <TableHead>Field</TableHead>
          <TableHead>Before</TableHead>
          <TableHead>After</TableHead>
        </tr>
      </thead>
      <tbody>
        {changes.map(change => (
          <tr key={change.path} className="group/row">
            <TableCell className="font-mono text-xs">{change.path}</TableCell>
            <TableCell label="Before">{cell(change.before, 'bg-diff-del')}</TableCell>
            <TableCell label="After">{cell(change.after, 'bg-diff-add')}</TableCell>
          </tr>
        ))}
      </tbody>
    </TableFrame>
  );
}

/** Looking at something changes nothing: what is kept of it is the filter it was looked for with. */
const isReading = ({ action }: EventDetail): boolean => action.endsWith('.read');

function AskedFor({ event: { after } }: { event: EventDetail }) {
  const given = fieldChanges(null, (after as { filter?: unknown } | null)?.filter ?? null);
  if (given.length === 0) return <p className="text-muted-foreground">Everything: no filter was set.</p>;
  return (
    <DefinitionList
      items={given.map(({ path, after: value }) => [
        path,
        <span key={path} className="font-mono text-xs break-all">
          {inertText(value ?? '')}
        </span>,
      ])}
    />
  );
}

const hashWithCopy = (hash: string, what: string) => (
  <span className="inline-flex max-w-full items-center gap-1">
    <span className="min-w-0 font-mono text-xs break-all">{hash}</span>
    <CopyButton value={hash} what={what} />
  </span>
);

function Body({ event }: { event: EventDetail }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5 pb-4">
      <DefinitionList
        items={[
          ['Time', <TimeText key="time" value={event.time} precision="millisecond" />],
          // What the control plane records itself comes from nowhere.
          ...(event.sourceKind === 'proxy'
            ? [['Received', <TimeText key="received" value={event.receivedAt} precision="millisecond" />] as const]
            : []),
          [
            'Action',
            <span key="action" className="font-mono text-xs">
              {event.action}
            </span>,
          ],
          ['Actor', event.actor.login ? inertText(event.actor.login) : 'the system'],
          ['Object', <EventObject key="object" event={event} isLinked />],
          [
            'Outcome',
            event.outcome === 'ok' ? (
              'done'
            ) : (
              <Badge key="outcome" tone="deny">
                Refused
              </Badge>
            ),
          ],
          ['From', [event.address, event.via].filter(Boolean).join(' via ') || '–'],
          ['Reason', event.reason ? `“${inertText(event.reason)}”` : '–'],
          ['Sequence', formatCount(event.seq)],
          ['Hash', hashWithCopy(event.hash, 'hash')],
          ['Previous hash', hashWithCopy(event.prev, 'previous hash')],
        ]}
      />
      {event.sessionId ? (
        <Link href={`/sessions/${event.sessionId}`} className="text-link hover:underline">
          Open the session
        </Link>
      ) : null}
      <section className="grid gap-2">
        <h3 className="font-semibold">{isReading(event) ? 'What was asked for' : 'What changed'}</h3>
        {isReading(event) ? <AskedFor event={event} /> : <Changes event={event} />}
      </section>
      <section className="grid gap-2">
        <h3 className="flex items-center gap-2 font-semibold">
          Text that was hashed, values in it sealed
          <CopyButton value={event.body} what="text of the event" />
        </h3>
        <pre
          dir="ltr"
          className="max-h-80 overflow-auto rounded-lg border border-border bg-sql-bg p-3 font-mono text-xs break-all whitespace-pre-wrap"
        >
          {inertText(event.body)}
        </pre>
      </section>
    </div>
  );
}

function titleOf({ action }: EventDetail): string {
  const words = actionWords(action) ?? action;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function EventSheet({ id, onClose }: { id: string | null; onClose: () => void }) {
  const query = useQuery({ ...orpc.audit.events.get.queryOptions({ input: { id: id ?? '' } }), enabled: id !== null });
  return (
    <Dialog open={id !== null} onOpenChange={isOpen => isOpen || onClose()}>
      {id === null ? null : (
        <DialogPanel kind="sheet" title={query.data ? titleOf(query.data) : 'Event'}>
          <DataRegion query={query}>{event => <Body event={event} />}</DataRegion>
        </DialogPanel>
      )}
    </Dialog>
  );
}
