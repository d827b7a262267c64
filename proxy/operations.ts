/** Health and metrics of the proxy for whoever operates it, on a port of its own that stays local. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** Read at every scrape. */
export type Vitals = {
  /** What keeps this proxy from serving; empty when it serves. */
  problems: readonly string[];
  isControlUp: boolean;
  bundleVersion: number;
  /** Seconds until the bundle expires; negative afterwards. */
  bundleExpiresIn: number;
  sessions: number;
  held: number;
  spool: { events: number; bytes: number; limitBytes: number; failures: number; flushes: number; commits: number };
  parser: { workers: number; killed: number; refused: number; analysed: number; queued: number };
};

export type Operations = { port: number; close(): Promise<void> };

const gauges: readonly [name: string, help: string, read: (vitals: Vitals) => number][] = [
  ['weir_proxy_serving', '1 when the proxy serves statements', vitals => (vitals.problems.length === 0 ? 1 : 0)],
  ['weir_proxy_control_up', '1 while connected to the control plane', vitals => (vitals.isControlUp ? 1 : 0)],
  ['weir_proxy_bundle_version', 'Version of the bundle in force', vitals => vitals.bundleVersion],
  ['weir_proxy_bundle_expires_seconds', 'Seconds until the bundle expires', vitals => vitals.bundleExpiresIn],
  ['weir_proxy_sessions', 'Client sessions that are open', vitals => vitals.sessions],
  ['weir_proxy_statements_held', 'Statements that wait for a decision', vitals => vitals.held],
  ['weir_proxy_spool_events', 'Events that the control plane has not acknowledged', vitals => vitals.spool.events],
  ['weir_proxy_spool_bytes', 'Bytes of the spool on disk', vitals => vitals.spool.bytes],
  ['weir_proxy_spool_limit_bytes', 'Bytes at which statements are refused', vitals => vitals.spool.limitBytes],
  ['weir_proxy_spool_failures_total', 'Failed writes and flushes of the spool', vitals => vitals.spool.failures],
  ['weir_proxy_spool_commits_total', 'Writes of the spool', vitals => vitals.spool.commits],
  ['weir_proxy_spool_flushes_total', 'Flushes of the spool', vitals => vitals.spool.flushes],
  ['weir_proxy_parser_workers', 'Parser threads', vitals => vitals.parser.workers],
  ['weir_proxy_parser_killed_total', 'Parser threads ended because of a statement', vitals => vitals.parser.killed],
  ['weir_proxy_parser_refused_total', 'Statements that could not be analysed', vitals => vitals.parser.refused],
  ['weir_proxy_parser_analysed_total', 'Statements analysed', vitals => vitals.parser.analysed],
  ['weir_proxy_parser_queued', 'Statements waiting for a parser', vitals => vitals.parser.queued],
];

export async function startOperations(
  address: { host: string; port: number },
  read: () => Vitals,
): Promise<Operations> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const [name, help, value] of gauges) {
    const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(value(read())) });
  }
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/healthz') {
      const { problems } = read();
      const status = problems.length === 0 ? 200 : 503;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: status === 200 ? 'ok' : 'unavailable', problems }));
      return;
    }
    if (path !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      text => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await listen(server, address);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}
