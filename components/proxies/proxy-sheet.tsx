'use client';
/** One proxy in full: what it reports, the connections it serves, and cutting it off. */
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { IdentityName } from '#components/shared/identity.tsx';
import { ReasonDialog } from '#components/shared/reason-dialog.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { DefinitionList } from '#components/ui/definition-list.tsx';
import { Dialog, DialogPanel } from '#components/ui/dialog.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { formatBytes, formatCount, formatDuration, plural } from '#components/ui/number-format.ts';
import { PartialStrip, Unknown } from '#components/ui/states.tsx';
import { TableCell, TableFrame, TableHead } from '#components/ui/table.tsx';
import { TimeText } from '#components/ui/time.tsx';
import { orpc } from '#lib/orpc/browser.ts';
import type { ProxyItem } from '#lib/proxies/schema.ts';
import { ProxyStateBadge } from './proxy-state.tsx';

const renewMs = 5000;

function RevokeProxy({ proxy }: { proxy: ProxyItem }) {
  const revoke = useCommand(orpc.proxies.revoke.mutationOptions(), {
    doing: 'revoke the proxy',
    done: `${proxy.name} revoked`,
    changes: [orpc.proxies.key()],
  });
  return (
    <ReasonDialog
      trigger={
        <Button variant="destructive" pending={revoke.isPending}>
          Revoke proxy…
        </Button>
      }
      title={`Revoke ${proxy.name}`}
      effect={
        <p>
          It is cut off at once: its sessions end and it opens no new ones. To use the machine again, enrol it anew.
        </p>
      }
      action={`Revoke ${proxy.name}`}
      pending={revoke.isPending}
      onConfirm={reason => revoke.mutate({ id: proxy.id, reason })}
    />
  );
}

function Report({ proxy }: { proxy: ProxyItem }) {
  const { heartbeat, bundle, policy } = proxy;
  const lag = bundle.lag
    ? `, ${plural(bundle.lag, 'version')} behind${bundle.lagSeconds ? ` for ${formatDuration(bundle.lagSeconds * 1000)}` : ''}`
    : '';
  return (
    <DefinitionList
      items={[
        ['Last report', <TimeText key="seen" value={proxy.lastSeenAt} />],
        [
          'Policy',
          policy.applied === null ? (
            <Unknown key="policy" why="it has reported none" />
          ) : (
            `version ${policy.applied} of ${policy.current}`
          ),
        ],
        [
          'Bundle',
          bundle.applied === null ? (
            <Unknown key="bundle" why="it has reported none" />
          ) : (
            `${bundle.applied} of ${bundle.current}${lag}`
          ),
        ],
        ['Host', `${inertText(proxy.host)}, version ${inertText(proxy.version)}`],
        ...(heartbeat
          ? ([
              ['Listens on', `${heartbeat.listen}${heartbeat.tls ? ' with TLS' : ' without TLS'}`],
              ['Running since', <TimeText key="since" value={heartbeat.startedAt} />],
              ['Sessions', formatCount(heartbeat.sessions)],
              [
                'Waiting to be sent',
                `${plural(heartbeat.spool.events, 'event')}, ${formatBytes(heartbeat.spool.bytes)} of ${formatBytes(heartbeat.spool.limitBytes)}`,
              ],
              [
                'Added per statement',
                `${formatDuration(heartbeat.addedUs.p50 / 1000)} median, ${formatDuration(heartbeat.addedUs.p95 / 1000)} at 95 %, over ${plural(heartbeat.addedUs.statements, 'statement')}`,
              ],
              [
                'Parser',
                `${plural(heartbeat.parser.workers, 'worker')}, ${formatCount(heartbeat.parser.killed)} killed, ${plural(heartbeat.parser.refused, 'statement')} refused`,
              ],
              ['Memory', formatBytes(heartbeat.memoryBytes)],
            ] as const)
          : []),
        ['Enrolled', <TimeText key="enrolled" value={proxy.enrolledAt} />],
        ['Enrolled by', proxy.enrolledBy ? <IdentityName key="by" identity={proxy.enrolledBy} /> : 'the installation'],
      ]}
    />
  );
}

function Connections({ heartbeat }: { heartbeat: NonNullable<ProxyItem['heartbeat']> }) {
  return (
    <TableFrame label="Connections it serves">
      <thead>
        <tr>
          <TableHead>Connection</TableHead>
          <TableHead>Database</TableHead>
          <TableHead>Catalog read</TableHead>
        </tr>
      </thead>
      <tbody>
        {heartbeat.connections.map(connection => (
          <tr key={connection.connectionId} className="group/row">
            <TableCell>
              <Link
                href={`/catalog/${connection.connectionId}`}
                className="font-mono text-xs text-link hover:underline"
              >
                {connection.name}
              </Link>
            </TableCell>
            <TableCell>
              {connection.reachable ? 'reachable' : <Badge tone="fault">Not reachable</Badge>}
              {connection.message ? (
                <span className="text-muted-foreground"> {inertText(connection.message)}</span>
              ) : null}
            </TableCell>
            <TableCell>
              <TimeText value={connection.catalogAt} />
            </TableCell>
          </tr>
        ))}
      </tbody>
    </TableFrame>
  );
}

function Body({ proxy }: { proxy: ProxyItem }) {
  const canRevoke = useCan('proxy:revoke');
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5 pb-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <ProxyStateBadge state={proxy.state} />
        {canRevoke && proxy.state !== 'revoked' ? <RevokeProxy proxy={proxy} /> : null}
      </div>
      {proxy.revokedAt ? (
        <PartialStrip tone="neutral">
          Revoked <TimeText value={proxy.revokedAt} />
          {proxy.revokedBy ? ` by ${proxy.revokedBy.login}` : ''}: “{inertText(proxy.revokeReason ?? '')}”
        </PartialStrip>
      ) : null}
      <Report proxy={proxy} />
      {proxy.heartbeat ? <Connections heartbeat={proxy.heartbeat} /> : null}
    </div>
  );
}

export function ProxySheet({ id, onClose }: { id: string | null; onClose: () => void }) {
  const query = useQuery({
    ...orpc.proxies.get.queryOptions({ input: { id: id ?? '' } }),
    enabled: id !== null,
    refetchInterval: renewMs,
  });
  return (
    <Dialog open={id !== null} onOpenChange={isOpen => isOpen || onClose()}>
      {id === null ? null : (
        <DialogPanel kind="sheet" title={query.data?.name ?? 'Proxy'}>
          <DataRegion query={query}>{proxy => <Body proxy={proxy} />}</DataRegion>
        </DialogPanel>
      )}
    </Dialog>
  );
}
