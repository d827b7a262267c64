/**
 * The proxy's link to the control plane: enrolment in, then stream, bundle, catalogs, requests, events and heartbeat kept going for
 * as long as the process lives. Nothing here is waited for by a statement that policy allows.
 */
import type { CatalogPush, Heartbeat, StreamMessage } from '#core/contract/proxy.ts';
import type { Clock, LiveSessions } from '../ports.ts';
import type { Push } from '../record/sync.ts';
import type { BundleStore } from './bundle.ts';
import { BundlePull } from './bundle-pull.ts';
import { type CatalogChange, CatalogSender } from './catalog-sender.ts';
import type { ControlClient } from './client.ts';
import { HeartbeatLoop } from './heartbeat.ts';
import { Holds } from './holds.ts';
import { Revalidator } from './revalidate.ts';
import { ControlStream } from './stream.ts';

export type Log = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

export type LinkOptions = {
  client: ControlClient;
  bundles: BundleStore;
  sessions: LiveSessions;
  clock: Clock;
  log: Log;
  heartbeat: () => Heartbeat;
  edges: (change: CatalogChange) => Promise<CatalogPush['edges']>;
  /** The control plane wants a fresh look at a database. */
  onIntrospect: (connectionId: string) => void;
};

export class ControlLink {
  readonly holds: Holds;
  readonly revalidator: Revalidator;
  private readonly options: LinkOptions;
  private readonly stream: ControlStream;
  private readonly pull: BundlePull;
  private readonly heartbeats: HeartbeatLoop;
  private readonly catalogs: CatalogSender;

  constructor(options: LinkOptions) {
    this.options = options;
    const { client, bundles, sessions, clock, log } = options;
    this.holds = new Holds({
      client,
      consoleUrl: () => bundles.last?.bundle.consoleUrl ?? '',
      nowMs: () => clock.nowMs(),
      log: message => log.warn({}, message),
    });
    this.revalidator = new Revalidator({ sessions, clock, current: () => bundles.current() });
    this.pull = new BundlePull({
      client,
      bundles,
      isStreamUp: () => this.stream.isUp,
      onRevoked: reason => this.revoked(reason),
      onState: state => (state.ok ? log.info({}, state.message) : log.warn({ reason: state.message }, 'no policies')),
    });
    this.stream = new ControlStream({
      client,
      onMessage: message => this.take(message),
      onUp: () => this.streamUp(),
      onDown: reason => log.warn({ reason }, 'the stream of the control plane ended'),
      onRefused: ({ code, message }) => {
        if (code === 'token_revoked') this.revoked(message);
      },
    });
    this.heartbeats = new HeartbeatLoop({
      client,
      read: options.heartbeat,
      nowMs: () => clock.nowMs(),
      onAnswer: answer => this.heard(answer),
    });
    this.catalogs = new CatalogSender({ client, edges: options.edges, log });
    bundles.onApplied(applied => {
      this.revalidator.all(applied);
      this.catalogs.named(applied.bundle.connections);
    });
  }

  /** Resolves when the first bundle was asked for. */
  async start(): Promise<void> {
    this.stream.start();
    this.holds.start();
    this.revalidator.start();
    this.catalogs.start();
    await this.pull.start();
  }

  /** Clients are taken: from now on the control plane hears how this proxy is. */
  announce(): void {
    this.heartbeats.start();
  }

  async stop(): Promise<void> {
    this.revalidator.stop();
    await Promise.all([
      this.stream.stop(),
      this.pull.stop(),
      this.heartbeats.stop(),
      this.holds.stop(),
      this.catalogs.stop(),
    ]);
  }

  get isUp(): boolean {
    return this.stream.isUp;
  }

  catalogChanged(change: CatalogChange): void {
    this.catalogs.changed(change);
  }

  catalogAsked(connectionId: string, change: CatalogChange): void {
    this.catalogs.asked(connectionId, change);
  }

  private streamUp(): void {
    this.options.log.info({}, 'connected to the control plane');
    this.pull.nudge();
    void this.holds.reconcile();
  }

  private heard({ bundleVersion, skewMs }: { bundleVersion: number; skewMs: number }): void {
    if (bundleVersion > (this.options.bundles.last?.bundle.version ?? 0)) this.pull.nudge();
    if (Math.abs(skewMs) > 30_000)
      this.options.log.warn({ skewMs }, "this machine's clock differs from the control plane's");
  }

  private take(message: StreamMessage): void {
    switch (message.type) {
      case 'bundle':
        if (message.version > (this.options.bundles.last?.bundle.version ?? 0)) this.pull.nudge();
        return;
      case 'decided':
        this.holds.decided(message);
        return;
      case 'kill':
        this.revalidator.kill(message.sessionId, message.reason);
        return;
      case 'introspect':
        this.options.onIntrospect(message.connectionId);
        return;
      case 'revoked':
        this.revoked(message.reason);
        return;
      case 'ping':
        return;
    }
  }

  private revoked(reason: string): void {
    if (this.options.bundles.isRevoked) return;
    this.options.log.error({ reason }, 'the control plane revoked this proxy');
    this.options.bundles.revoke(reason);
    this.holds.revokeAll(reason);
    this.revalidator.cutAll({ code: 'session_revoked', message: 'this proxy was revoked', detail: reason });
  }
}

/** Sends events as the control plane takes them. */
export function eventPush(client: Pick<ControlClient, 'call'>): Push {
  return async (compressed, signal) => {
    const answer = await client.call({
      method: 'POST',
      path: '/proxies/self/events',
      body: { bytes: compressed, type: 'application/x-ndjson', encoding: 'gzip' },
      timeoutMs: 30_000,
      signal,
    });
    if (answer.ok) return acknowledgement(answer.value.text);
    const { code, message } = answer.error;
    if (code === 'payload_too_large') return { ok: false, reason: 'split', message };
    if (code === 'conflict') return { ok: false, reason: 'conflict', message };
    return { ok: false, reason: code === 'unavailable' ? 'unavailable' : 'refused', message };
  };
}

function acknowledgement(text: string): Awaited<ReturnType<Push>> {
  const match = /"acknowledged"\s*:\s*(\d+)/.exec(text);
  if (match?.[1]) return { ok: true, acknowledged: Number(match[1]) };
  return { ok: false, reason: 'unavailable', message: 'the control plane acknowledged nothing' };
}
