'use client';
/** What to do with an enrolment token, which is shown this once, and how far the proxy has come since. */
import { useQuery } from '@tanstack/react-query';
import { CircleCheck, LoaderCircle, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useCan } from '#components/shell/caller.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { Tab, TabList, TabPanel, Tabs } from '#components/ui/tabs.tsx';
import { Countdown } from '#components/ui/time.tsx';
import { orpc } from '#lib/orpc/browser.ts';
import { enrolLines, proxyConfiguration } from './enrol-lines.ts';

export type Enrolment = { id: string; token: string; expiresAt: string; name: string | null };

const askEveryMs = 1500;
/** The newest come first, so that the one just made is among them. */
const enrolmentsAskedMax = 50;
const connectionsShownMax = 3;

function CodeBox({ text, what }: { text: string; what: string }) {
  return (
    <div className="flex items-start gap-2">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0} className="max-h-56 min-w-0 flex-1 overflow-auto rounded-md bg-muted p-2 font-mono text-xs">
        {text}
      </pre>
      <CopyButton value={text} what={what} />
    </div>
  );
}

function useProgress(id: string) {
  const enrolments = useQuery({
    ...orpc.proxies.enrolments.list.queryOptions({ input: { limit: enrolmentsAskedMax } }),
    refetchInterval: askEveryMs,
  });
  const found = enrolments.data?.items.find(item => item.id === id);
  const proxyId = found?.proxyId ?? null;
  const proxy = useQuery({
    ...orpc.proxies.get.queryOptions({ input: { id: proxyId ?? '' } }),
    enabled: proxyId !== null,
    refetchInterval: askEveryMs,
  });
  return { state: found?.state ?? 'open', proxy: proxy.data ?? null, proxyId };
}

function ProgressRow({ tone, children }: { tone: 'waiting' | 'done' | 'failed'; children: ReactNode }) {
  const Icon = { waiting: LoaderCircle, done: CircleCheck, failed: TriangleAlert }[tone];
  const colour = { waiting: 'text-muted-foreground motion-safe:animate-spin', done: 'text-allow', failed: 'text-deny' };
  return (
    <div className="flex items-start gap-2">
      <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${colour[tone]}`} />
      <div className="min-w-0">{children}</div>
    </div>
  );
}

function Progress({ enrolment, onClose }: { enrolment: Enrolment; onClose: () => void }) {
  const { state, proxy, proxyId } = useProgress(enrolment.id);
  if (state === 'expired' || state === 'revoked') {
    return <ProgressRow tone="failed">The token is {state}. Make another one.</ProgressRow>;
  }
  if (proxyId === null) {
    return (
      <ProgressRow tone="waiting">
        Waiting for the proxy to enrol. Token: <Countdown until={enrolment.expiresAt} />
      </ProgressRow>
    );
  }
  const name = proxy?.name ?? 'the proxy';
  if (!proxy?.lastSeenAt)
    return <ProgressRow tone="waiting">Enrolled as {name}; waiting for its first heartbeat.</ProgressRow>;
  const away = proxy.heartbeat?.connections.filter(connection => !connection.reachable) ?? [];
  return (
    <div className="grid gap-2">
      <ProgressRow tone="done">
        {name} is connected and has policy v{proxy.policy.applied ?? '?'} of v{proxy.policy.current}.
      </ProgressRow>
      {away.length > 0 ? (
        <ProgressRow tone="failed">It cannot reach {away.map(connection => connection.name).join(', ')}.</ProgressRow>
      ) : null}
      <ButtonLink href={`/proxies/${proxyId}`} onClick={onClose} variant="primary" className="justify-self-start">
        Open {name}
      </ButtonLink>
    </div>
  );
}

export function EnrolSteps({ enrolment, onClose }: { enrolment: Enrolment; onClose: () => void }) {
  const canReadConnections = useCan('connection:read');
  const connections = useQuery({
    ...orpc.catalog.connections.list.queryOptions({ input: { limit: connectionsShownMax } }),
    enabled: canReadConnections,
  });
  const enrolling = {
    token: enrolment.token,
    consoleUrl: window.location.origin,
    name: enrolment.name,
    connections: (connections.data?.items ?? []).map(item => item.name),
  };
  const lines = enrolLines(enrolling);
  return (
    <div className="grid gap-4 pb-2">
      <section className="grid gap-1.5">
        <h3 className="font-medium">1. Token</h3>
        <p className="text-muted-foreground">Shown only now. Good for one proxy.</p>
        <CodeBox text={enrolment.token} what="enrolment token" />
      </section>
      <section className="grid gap-1.5">
        <h3 className="font-medium">2. Configuration, as proxy.yaml</h3>
        <p className="text-muted-foreground">
          Names under connections are those of this console. The credentials stay with the proxy.
        </p>
        <CodeBox text={proxyConfiguration(enrolling)} what="configuration" />
      </section>
      <section className="grid gap-1.5">
        <h3 className="font-medium">3. Start it</h3>
        <Tabs defaultValue={lines[0]?.id ?? ''}>
          <TabList aria-label="Ways to start">
            {lines.map(line => (
              <Tab key={line.id} value={line.id}>
                {line.label}
              </Tab>
            ))}
          </TabList>
          {lines.map(line => (
            <TabPanel key={line.id} value={line.id} className="grid gap-1.5 pt-2">
              <CodeBox text={line.lines} what={`${line.label} command`} />
              <p className="text-xs text-muted-foreground">{line.note}</p>
            </TabPanel>
          ))}
        </Tabs>
      </section>
      <div role="status" className="rounded-lg border border-border p-3">
        <Progress enrolment={enrolment} onClose={onClose} />
      </div>
    </div>
  );
}
