/** Where a session stands. */
import { Badge } from '#components/ui/badge.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { TimeText } from '#components/ui/time.tsx';
import type { SessionView } from '#lib/audit/schema.ts';

const states = {
  live: { tone: 'allow', word: 'Live', why: 'The client is connected' },
  unknown: {
    tone: 'fault',
    word: 'Unknown',
    why: 'Its proxy is not heard from: nobody knows whether the client is connected',
  },
  ended: { tone: 'neutral', word: 'Ended', why: 'The client or the proxy closed it' },
  lost: {
    tone: 'fault',
    word: 'Lost',
    why: 'Its proxy stopped without ending it; what was running has an unknown outcome',
  },
} as const satisfies Record<SessionView['state'], unknown>;

export function SessionStateBadge({ session: { state, knownUntil } }: { session: SessionView }) {
  const { tone, word, why } = states[state];
  const badge = (
    <Badge tone={tone} title={why}>
      {state === 'live' ? (
        <span aria-hidden data-shape className="size-2 rounded-full bg-allow-solid motion-safe:animate-live" />
      ) : null}
      {word}
    </Badge>
  );
  if (knownUntil === null) return badge;
  return (
    <span className="inline-flex flex-wrap items-center gap-x-1.5 gap-y-0.5">
      {badge}
      <span className="text-xs text-muted-foreground">
        since <TimeText value={knownUntil} isRelativeShown={false} />
      </span>
    </span>
  );
}

const ends: Readonly<Record<string, string>> = {
  client: 'the client left',
  upstream: 'the database closed the connection',
};

/** How it ended, from what the proxy recorded: who left, or the code of what ended it. */
export const endWords = (reason: string): string =>
  ends[reason] ?? (/^[a-z_]+$/.test(reason) ? reason.replaceAll('_', ' ') : inertText(reason));

/** Up to when it is known to have gone on, in milliseconds of the epoch; null when its end is not known. */
export function knownEndMs(session: SessionView, nowMs: number): number | null {
  if (session.state === 'lost') return null;
  if (session.endedAt !== null) return Date.parse(session.endedAt);
  if (session.state === 'live') return nowMs;
  return null;
}
