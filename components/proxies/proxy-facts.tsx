/** Single facts of a proxy as they stand in the list and on its page. What no heartbeat said is unknown. */
import { formatBytes, formatCount, formatDuration, plural } from '#components/ui/number-format.ts';
import { Unknown } from '#components/ui/states.tsx';
import type { ProxyItem } from '#lib/proxies/schema.ts';

type Props = { proxy: ProxyItem };

/** Whether what was reported last still says how the proxy is. */
export const isReporting = (proxy: ProxyItem): boolean => proxy.state === 'online' || proxy.state === 'behind';

export function PolicyFact({ proxy }: Props) {
  const { policy, bundle } = proxy;
  if (policy.applied === null) return <Unknown why="no heartbeat yet" />;
  return (
    <span>
      v{policy.applied}
      {policy.applied < policy.current ? <span className="text-approve"> of v{policy.current}</span> : null}
      {bundle.lag ? (
        <span className="block text-xs text-muted-foreground">{lagSentence(proxy)}</span>
      ) : (
        <span className="block text-xs text-muted-foreground">bundle {bundle.applied}, current</span>
      )}
    </span>
  );
}

/** "2 bundles behind for 14 s"; a bundle also changes with identities, labels and grants, not only with policies. */
export function lagSentence({ bundle }: ProxyItem): string {
  if (!bundle.lag) return 'current';
  const since = bundle.lagSeconds === null ? '' : ` for ${formatDuration(bundle.lagSeconds * 1000)}`;
  return `${plural(bundle.lag, 'bundle')} behind${since}`;
}

export function SpoolFact({ proxy }: Props) {
  const spool = proxy.heartbeat?.spool;
  if (!spool) return <Unknown />;
  return (
    <span className="whitespace-nowrap">
      {formatCount(spool.events)}
      <span className="block text-xs text-muted-foreground">{formatBytes(spool.bytes)}</span>
    </span>
  );
}

/** Of the statements of the last interval; the proxy measures itself. */
export function LatencyFact({ proxy }: Props) {
  const added = proxy.heartbeat?.addedUs;
  if (!added) return <Unknown />;
  if (added.statements === 0) return <span className="text-muted-foreground">no statements</span>;
  return (
    <span className="whitespace-nowrap">
      {formatDuration(added.p50 / 1000)}
      <span className="block text-xs text-muted-foreground">p95 {formatDuration(added.p95 / 1000)}</span>
    </span>
  );
}

export function ConnectionsFact({ proxy }: Props) {
  const connections = proxy.heartbeat?.connections;
  if (!connections) return <Unknown />;
  const away = connections.filter(connection => !connection.reachable).length;
  return (
    <span className="whitespace-nowrap">
      <span title={connections.map(connection => connection.name).join(', ')}>{formatCount(connections.length)}</span>
      {away > 0 ? <span className="block text-xs text-deny">{formatCount(away)} unreachable</span> : null}
    </span>
  );
}

export function CountFact({ value }: { value: number | undefined }) {
  return value === undefined ? <Unknown /> : formatCount(value);
}

export function ListenFact({ proxy }: Props) {
  const heartbeat = proxy.heartbeat;
  if (!heartbeat) return <Unknown />;
  return (
    <span>
      <span className="font-mono text-xs">{heartbeat.listen}</span>
      <span className="block text-xs text-muted-foreground">{heartbeat.tls ? 'TLS' : 'no TLS'}</span>
    </span>
  );
}
