'use client';
/** One session: who, from where, every statement in order, and the way to end it. */
import { useQuery } from '@tanstack/react-query';
import { Power } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { decisionSentence } from '#components/shared/decision-bar.tsx';
import { FactStrip, FactTile } from '#components/shared/fact-tile.tsx';
import { actorOf, IdentityPair } from '#components/shared/identity.tsx';
import { ReasonDialog } from '#components/shared/reason-dialog.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Button } from '#components/ui/button.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { isMissing, MissingPage } from '#components/ui/missing-page.tsx';
import { formatBytes, formatCount, formatDuration, plural } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { PartialStrip } from '#components/ui/states.tsx';
import { TimeText, useNow } from '#components/ui/time.tsx';
import type { SessionDetail } from '#lib/audit/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { endWords, knownEndMs, SessionStateBadge } from './session-state.tsx';
import { SessionStatements } from './session-statements.tsx';
import { useSessionChanges } from './use-session-changes.ts';

const reasonCharsMin = 5;
const openMs = 20_000;

function HasEnded({ session: { endedAt, endReason } }: { session: SessionDetail }) {
  return (
    <p role="alert" className="rounded-md bg-muted px-3 py-2">
      The session has ended in the meantime, <TimeText value={endedAt} isRelativeShown={false} />
      {endReason ? `: ${endWords(endReason)}` : ''}. There is nothing left to kill.
    </p>
  );
}

function KillSession({ session }: { session: SessionDetail }) {
  const [isOpen, setOpen] = useState(false);
  const isHeard = session.state === 'live';
  const isOver = session.endedAt !== null;
  useShortcut('session.kill', () => setOpen(true), !isOver);
  const kill = useCommand(orpc.audit.sessions.kill.mutationOptions(), {
    doing: 'kill the session',
    isRefusalShown: true,
    done: output =>
      output.state === 'asked'
        ? isHeard
          ? 'The proxy was told to end the session'
          : 'The proxy is told to end the session as soon as it is heard from again'
        : 'The session had ended already',
    changes: [orpc.audit.sessions.key()],
  });
  // The form stays while it is open: it says that the session ended, instead of going away.
  if (isOver && !isOpen) return null;
  return (
    <ReasonDialog
      isOpen={isOpen}
      onOpenChange={setOpen}
      overtaken={isOver ? () => <HasEnded session={session} /> : null}
      trigger={
        <Button variant="destructive" pending={kill.isPending} disabled={isOver}>
          <Power aria-hidden /> Kill session…
        </Button>
      }
      title="Kill this session"
      effect={
        <p>
          Cuts {inertText(session.identity.login)} off {session.connection} at once. An open transaction is rolled back;
          what it committed stays. The client may connect again while its token and grant are good.
          {isHeard
            ? ''
            : ' Its proxy is not heard from: if it still runs, it is told as soon as it reaches the console again.'}
        </p>
      }
      action="Kill session"
      pending={kill.isPending}
      reasonMin={reasonCharsMin}
      onConfirm={reason => kill.mutateAsync({ id: session.id, reason })}
    />
  );
}

function Facts({ session }: { session: SessionDetail }) {
  const nowMs = useNow();
  const end = knownEndMs(session, nowMs);
  return (
    <FactStrip label="Facts of the session">
      <FactTile
        label="Started"
        value={
          <span className="text-sm">
            <TimeText value={session.startedAt} isRelativeShown={false} />
          </span>
        }
        method={
          end === null || end === 0
            ? undefined
            : `for ${formatDuration(Math.max(0, end - Date.parse(session.startedAt)))}`
        }
      />
      <FactTile
        label="Client"
        value={<span className="text-sm">{inertText(session.client.application) || 'unnamed'}</span>}
        method={`${session.client.address}:${session.client.port}, ${session.client.tls ?? 'no TLS'}`}
      />
      <FactTile
        label="Through"
        value={<span className="text-sm">{session.proxyName ?? 'unknown proxy'}</span>}
        method={`as ${session.upstreamRole}`}
      />
      <FactTile
        label="Statements"
        value={formatCount(session.statements)}
        method={[decisionSentence(session.decisions), session.errors > 0 && plural(session.errors, 'error')]
          .filter(Boolean)
          .join(', ')}
      />
      <FactTile label="Rows out" value={formatCount(session.rows)} method={formatBytes(session.bytesOut)} />
      <FactTile label="Masked cells" value={formatCount(session.maskedCells)} />
    </FactStrip>
  );
}

/** What is known of a session whose proxy says nothing, instead of what was true when it last did. */
function Unreported({ session: { proxyName, knownUntil } }: { session: SessionDetail }) {
  return (
    <PartialStrip>
      Unknown since {knownUntil === null ? 'it began' : <TimeText value={knownUntil} isRelativeShown={false} />}: that
      is when its proxy
      {proxyName === null ? '' : ` ${proxyName}`} was last heard from. The client may be connected or not; statements
      after that appear here when the proxy is back.
    </PartialStrip>
  );
}

function Viewers({ session }: { session: SessionDetail }) {
  const canReadAudit = useCan('audit:read');
  const names = [...new Set(session.viewedBy.map(view => view.login))];
  if (names.length === 0) return null;
  return (
    <p className="text-xs text-muted-foreground">
      Looked at by {names.slice(0, 5).join(', ')}
      {names.length > 5 ? ` and ${names.length - 5} more` : ''}; looking is recorded
      {canReadAudit ? (
        <>
          {' '}
          in the{' '}
          <Link href={`/audit?q=target:${session.id}`} className="text-link underline">
            audit log
          </Link>
        </>
      ) : null}
      .
    </p>
  );
}

export function SessionPage({ id }: { id: string }) {
  const canKill = useCan('session:kill');
  const query = useQuery({
    ...orpc.audit.sessions.get.queryOptions({ input: { id } }),
    // A proxy that goes silent sends no message about it.
    refetchInterval: ({ state }) => (state.data?.endedAt === null ? openMs : false),
  });
  useSessionChanges(query.data?.endedAt === null);
  if (isMissing(query)) return <MissingPage what="session" back={{ href: '/sessions', label: 'Sessions' }} />;
  return (
    <PageBody>
      <DataRegion query={query} isPage>
        {session => (
          <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
            <PageHeader
              back={{ href: '/sessions', label: 'Sessions' }}
              title={
                <span className="flex flex-wrap items-center gap-x-2">
                  <IdentityPair {...actorOf(session.identity)} />
                  <span className="font-normal text-muted-foreground">on</span> {session.connection}
                </span>
              }
              sentence={session.endReason ? `Ended: ${endWords(session.endReason)}` : undefined}
              mark={<SessionStateBadge session={session} />}
            >
              {canKill ? <KillSession session={session} /> : null}
            </PageHeader>
            {session.state === 'unknown' ? <Unreported session={session} /> : null}
            {session.state === 'lost' ? (
              <PartialStrip>
                Its proxy stopped without ending the session; statements after{' '}
                <TimeText value={session.activeAt} isRelativeShown={false} /> may be missing until it is back.
              </PartialStrip>
            ) : null}
            <Facts session={session} />
            <SessionStatements session={session} />
            <Viewers session={session} />
          </div>
        )}
      </DataRegion>
    </PageBody>
  );
}
