'use client';
/** What became of a request while somebody had a form about it open: who ended it, how, and why. Their own text stays with them. */
import { CopyButton } from '#components/ui/copy-button.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { TimeText } from '#components/ui/time.tsx';
import type { RequestDetail } from '#lib/approvals/schema.ts';

type Ending = RequestDetail['timeline'][number];

const deeds: Readonly<Partial<Record<Ending['type'], string>>> = {
  approved: 'Approved',
  denied: 'Denied',
  withdrawn: 'Withdrawn',
  revoked: 'Revoked',
  expired: 'Expired',
  executing: 'Approved, and it runs',
  done: 'Approved, and it has run',
  failed: 'Approved, and it has failed',
};

/** The last thing that moved it on; a vote, a look or a count of its rows does not. */
const endingOf = ({ timeline }: RequestDetail): Ending | undefined => timeline.findLast(event => event.type in deeds);

function Ended({ event }: { event: Ending }) {
  return (
    <>
      <p>
        <strong className="font-medium">{deeds[event.type]}</strong>
        {event.actor ? (
          <>
            {' by '}
            <bdi className="font-medium">{inertText(event.actor.login)}</bdi>
          </>
        ) : null}
        {event.type === 'expired' ? `: ${event.message}` : null}
        {', '}
        <TimeText value={event.at} isRelativeShown={false} />.
      </p>
      {event.reason ? (
        <blockquote className="border-s-2 border-border ps-2 whitespace-pre-wrap">{inertText(event.reason)}</blockquote>
      ) : null}
    </>
  );
}

/** `kept`: what the reader had written; it was not sent. */
export function Meanwhile({ request, kept }: { request: RequestDetail; kept: string }) {
  const event = endingOf(request);
  const isOver = request.state !== 'pending';
  return (
    <div role="alert" className="grid gap-2 rounded-md bg-muted px-3 py-2">
      <p className="font-semibold">
        {isOver ? 'This request moved on while you wrote' : 'You cannot decide this any more'}
      </p>
      {isOver && event ? <Ended event={event} /> : <p>You cannot: {request.viewer.cannotDecideBecause}.</p>}
      <p className="text-muted-foreground">
        Nothing of yours was sent.
        {kept.trim() ? ' Your text is still here.' : null}
      </p>
      {kept.trim() ? <CopyButton value={kept} what="your text" label="Copy your text" className="w-fit" /> : null}
    </div>
  );
}
