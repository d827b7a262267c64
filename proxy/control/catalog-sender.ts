/** Tells the control plane about catalogs: the latest of each connection, again and again until it has been taken. */
import type { CatalogData } from '#core/catalog/snapshot.ts';
import type { CatalogPush } from '#core/contract/proxy.ts';
import type { Connection } from '#core/policy/bundle.ts';
import { Pause } from '../pause.ts';
import { catalogPush } from './catalog-push.ts';
import type { ControlClient } from './client.ts';

export type CatalogSenderOptions = {
  client: Pick<ControlClient, 'call'>;
  edges: (change: CatalogChange) => Promise<CatalogPush['edges']>;
  log: { warn(fields: object, message: string): void };
  retryMs?: { first: number; most: number };
};

/** By name of the connection. */
export type CatalogChange = { name: string; data: CatalogData };

export class CatalogSender {
  private readonly options: CatalogSenderOptions;
  private readonly pause = new Pause();
  /** What was not taken yet, by connection name; a newer catalog replaces an older one. */
  private readonly pending = new Map<string, CatalogChange>();
  private readonly sentHashes = new Map<string, string>();
  private idsByName = new Map<string, string>();
  private failures = 0;
  private running: Promise<void> | null = null;

  constructor(options: CatalogSenderOptions) {
    this.options = options;
  }

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.pause.end();
    await this.running;
  }

  changed(change: CatalogChange): void {
    this.pending.set(change.name, change);
    this.pause.nudge();
  }

  /** The control plane asks for it again, changed or not. */
  asked(connectionId: string, change: CatalogChange): void {
    this.sentHashes.delete(connectionId);
    this.changed(change);
  }

  /** A catalog can be sent once its connection has an id, which the bundle gives. */
  named(connections: readonly Connection[]): void {
    this.idsByName = new Map(connections.map(connection => [connection.name, connection.id]));
    this.pause.nudge();
  }

  private async run(): Promise<void> {
    const { first, most } = this.options.retryMs ?? { first: 500, most: 30_000 };
    while (!this.pause.ended) {
      for (const change of this.sendable()) if (!this.pause.ended) await this.send(change);
      if (this.failures > 0) await this.pause.jittered(Math.min(most, first * 2 ** Math.min(this.failures, 10)));
      else if (this.sendable().length === 0) await this.pause.for(60_000);
    }
  }

  private sendable(): CatalogChange[] {
    return [...this.pending.values()].filter(change => this.idsByName.has(change.name));
  }

  private async send(change: CatalogChange): Promise<void> {
    const connectionId = this.idsByName.get(change.name);
    if (connectionId === undefined) return;
    const push = catalogPush(connectionId, change.data, await this.options.edges(change).catch(() => []));
    if (this.sentHashes.get(connectionId) === push.hash) return this.done(change);
    const answer = await this.options.client.call({
      method: 'PUT',
      path: `/proxies/self/catalogs/${connectionId}`,
      json: push,
      timeoutMs: 60_000,
    });
    if (answer.ok) {
      this.sentHashes.set(connectionId, push.hash);
      return this.done(change);
    }
    this.failures += 1;
    if (this.failures === 1) {
      this.options.log.warn({ connection: change.name, reason: answer.error.message }, 'the catalog was not taken');
    }
  }

  private done(change: CatalogChange): void {
    this.failures = 0;
    if (this.pending.get(change.name) === change) this.pending.delete(change.name);
  }
}
