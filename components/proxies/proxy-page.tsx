'use client';
/** One proxy: is it alive, does it have the current policy, which databases does it reach, and what waits to be sent. */
import { useQuery } from '@tanstack/react-query';
import { CircleCheck, PlugZap } from 'lucide-react';
import Link from 'next/link';
import { FactStrip, FactTile } from '#components/shared/fact-tile.tsx';
import { IdentityName } from '#components/shared/identity.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { Badge } from '#components/ui/badge.tsx';
import { Card, CardBody, CardHeader } from '#components/ui/card.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { DefinitionList } from '#components/ui/definition-list.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { isMissing, MissingPage } from '#components/ui/missing-page.tsx';
import { formatBytes, formatCount, formatDuration } from '#components/ui/number-format.ts';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { EmptyState, PartialStrip, Unknown } from '#components/ui/states.tsx';
import { TableCell, TableFrame, TableHead } from '#components/ui/table.tsx';
import { TimeText } from '#components/ui/time.tsx';
import { orpc } from '#lib/orpc/browser.ts';
import type { ProxyItem } from '#lib/proxies/schema.ts';
import { isReporting, lagSentence } from './proxy-facts.tsx';
import { renewMs } from './proxy-list.tsx';
import { ProxyStateBadge } from './proxy-state.tsx';
import { RevokeProxy } from './revoke-proxy.tsx';

type Props = { proxy: ProxyItem };

function StateStrip({ proxy }: Props) {
  const { state, lastSeenAt } = proxy;
  if (state === 'revoked') {
    return (
      <PartialStrip tone="neutral">
        Revoked <TimeText value={proxy.revokedAt} />
        {proxy.revokedBy ? ` by ${inertText(proxy.revokedBy.login)}` : ''}
        {proxy.revokeReason ? `: ${inertText(proxy.revokeReason)}` : ''}
      </PartialStrip>
    );
  }
  if (state === 'offline') {
    return (
      <PartialStrip tone="deny">
        {lastSeenAt === null ? (
          'It was enrolled and has not been heard of since.'
        ) : (
          <>
            Not heard of since <TimeText value={lastSeenAt} />. While it runs it keeps enforcing its last policy until
            that expires; what is shown below is how it was then.
          </>
        )}
      </PartialStrip>
    );
  }
  if (state === 'behind') return <PartialStrip>It is {lagSentence(proxy)}, and enforces what it has.</PartialStrip>;
  return null;
}

function HealthTiles({ proxy }: Props) {
  const { heartbeat, policy } = proxy;
  if (heartbeat === null) return null;
  const { spool, parser, addedUs } = heartbeat;
  return (
    <FactStrip label="Health">
      <FactTile
        label="Policy in force"
        value={`v${policy.applied ?? '?'}`}
        method={policy.applied === policy.current ? 'the current one' : `v${policy.current} is current`}
        isAlarming={isReporting(proxy) && policy.applied !== policy.current}
      />
      <FactTile label="Bundle" value={formatCount(heartbeat.bundleVersion)} method={lagSentence(proxy)} />
      <FactTile
        label="Last seen"
        value={<TimeText value={proxy.lastSeenAt} precision="second" isRelativeShown={false} className="text-sm" />}
        method={
          <>
            runs since <TimeText value={heartbeat.startedAt} precision="minute" isRelativeShown={false} />
          </>
        }
      />
      <FactTile label="Live sessions" value={formatCount(heartbeat.sessions)} />
      <FactTile
        label="Added per statement"
        value={addedUs.statements === 0 ? '—' : formatDuration(addedUs.p50 / 1000)}
        method={
          addedUs.statements === 0
            ? 'no statements in the last interval'
            : `median of ${formatCount(addedUs.statements)}, p95 ${formatDuration(addedUs.p95 / 1000)}`
        }
      />
      <FactTile
        label="Events to send"
        value={formatCount(spool.events)}
        method={`${formatBytes(spool.bytes)} of ${formatBytes(spool.limitBytes)}`}
        isAlarming={spool.bytes > spool.limitBytes / 2}
      />
      <FactTile
        label="Parser kills"
        value={formatCount(parser.killed)}
        method={`${formatCount(parser.refused)} statements refused for it, ${formatCount(parser.workers)} threads`}
      />
      <FactTile label="Memory" value={formatBytes(heartbeat.memoryBytes)} />
    </FactStrip>
  );
}

function Connections({ proxy }: Props) {
  const connections = proxy.heartbeat?.connections ?? [];
  if (connections.length === 0) {
    return (
      <EmptyState title={proxy.heartbeat ? 'It serves no connection' : 'Nothing is known yet'}>
        <p>Connections and their credentials are in the configuration of the proxy.</p>
      </EmptyState>
    );
  }
  return (
    <TableFrame label="Connections of the proxy">
      <thead>
        <tr>
          <TableHead>Connection</TableHead>
          <TableHead>Database</TableHead>
          <TableHead>Catalog read</TableHead>
        </tr>
      </thead>
      <tbody>
        {connections.map(connection => (
          <tr key={connection.connectionId} className="group/row">
            <TableCell>
              <Link
                href={`/catalog/${connection.connectionId}`}
                className="font-mono text-xs text-link hover:underline"
              >
                {connection.name}
              </Link>
            </TableCell>
            <TableCell label="Database">
              {connection.reachable ? (
                <Badge tone="allow">
                  <CircleCheck aria-hidden /> Reachable
                </Badge>
              ) : (
                <span className="inline-flex flex-wrap items-center gap-1.5">
                  <Badge tone="deny">
                    <PlugZap aria-hidden /> Unreachable
                  </Badge>
                  {connection.message ? inertText(connection.message) : null}
                </span>
              )}
            </TableCell>
            <TableCell label="Catalog read">
              {connection.catalogAt === null ? (
                <Unknown why="not read yet" />
              ) : (
                <TimeText value={connection.catalogAt} />
              )}
            </TableCell>
          </tr>
        ))}
      </tbody>
    </TableFrame>
  );
}

function Particulars({ proxy }: Props) {
  const canReadAudit = useCan('audit:read');
  const { heartbeat } = proxy;
  return (
    <DefinitionList
      items={[
        [
          'Address',
          heartbeat ? (
            <span key="listen" className="inline-flex items-center gap-1">
              <span className="font-mono text-xs">{heartbeat.listen}</span>
              <CopyButton value={heartbeat.listen} what="address" />
              {heartbeat.tls ? 'with TLS' : 'without TLS: passwords from this machine only'}
            </span>
          ) : (
            <Unknown key="listen" why="no heartbeat yet" />
          ),
        ],
        ['Host', inertText(proxy.host)],
        [
          'Version',
          <span key="version" className="font-mono text-xs">
            {heartbeat?.version ?? proxy.version}
          </span>,
        ],
        [
          'Enrolled',
          <span key="enrolled" className="inline-flex flex-wrap items-center gap-x-2">
            <TimeText value={proxy.enrolledAt} precision="minute" />
            {proxy.enrolledBy ? (
              <>
                with a token of <IdentityName identity={proxy.enrolledBy} />
              </>
            ) : null}
          </span>,
        ],
        [
          'Identifier',
          <span key="id" className="inline-flex items-center gap-1 font-mono text-xs break-all">
            {proxy.id} <CopyButton value={proxy.id} what="identifier" />
          </span>,
        ],
        ...(canReadAudit
          ? [
              [
                'Audit log',
                <Link key="audit" href={`/audit?q=target:${proxy.id}`} className="text-link hover:underline">
                  What was done to it
                </Link>,
              ] as const,
            ]
          : []),
      ]}
    />
  );
}

export function ProxyPage({ id }: { id: string }) {
  const canRevoke = useCan('proxy:revoke');
  const query = useQuery({
    ...orpc.proxies.get.queryOptions({ input: { id } }),
    refetchInterval: renewMs,
  });
  const proxy = query.data;
  if (isMissing(query)) return <MissingPage what="proxy" back={{ href: '/proxies', label: 'Proxies' }} />;
  return (
    <PageBody>
      <PageHeader
        back={{ href: '/proxies', label: 'Proxies' }}
        title={proxy?.name ?? 'Proxy'}
        mark={proxy ? <ProxyStateBadge state={proxy.state} /> : null}
      >
        {proxy && canRevoke && proxy.state !== 'revoked' ? <RevokeProxy proxy={proxy} /> : null}
      </PageHeader>
      {/* Renewing every few seconds is no event to show. */}
      <DataRegion query={{ ...query, isFetching: false }}>
        {found => (
          <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
            <StateStrip proxy={found} />
            <HealthTiles proxy={found} />
            <Card>
              <CardHeader title="Connections" hint="as its last heartbeat said" />
              <CardBody>
                <Connections proxy={found} />
              </CardBody>
            </Card>
            <Card>
              <CardHeader title="Particulars" />
              <CardBody>
                <Particulars proxy={found} />
              </CardBody>
            </Card>
          </div>
        )}
      </DataRegion>
    </PageBody>
  );
}
