/**
 * The live catalogs of the databases this proxy serves, with the labels of the bundle in force: read at start, again when a cheap
 * fingerprint says that something changed, and on demand after DDL. Every change is also told to the control plane.
 */
import { createHash } from 'node:crypto';
import { resolveLabels } from '#core/catalog/labels.ts';
import { Catalog, withUserPart } from '#core/catalog/lookup.ts';
import type { CatalogData } from '#core/catalog/snapshot.ts';
import { fail, ok, type Result } from '#core/contract/error.ts';
import type { UpstreamTarget } from '../config.ts';
import { Pause } from '../pause.ts';
import type { AppliedBundle, Clock, ConnectionView, ConnectionViews } from '../ports.ts';
import { type CatalogMark, catalogMark } from './fingerprint.ts';
import { type QueriesPort, type QueryPort, readCatalog } from './introspect.ts';
import { QueryClient, QueryError } from './query-client.ts';

export type CatalogsOptions = {
  targets: ReadonlyMap<string, UpstreamTarget>;
  current: () => Result<AppliedBundle>;
  clock: Clock;
  timeoutMs: number;
  pollMs?: number;
  onChanged?: (change: { name: string; data: CatalogData; catalog: Catalog }) => void;
  onState?: (state: { name: string; ok: boolean; message: string }) => void;
};

export type CatalogStatus = { name: string; reachable: boolean; message: string | null; catalogAt: number | null };

type Known = { data: CatalogData; catalog: Catalog; digest: string; atMs: number };

/** A prepared statement is not there, or there already. */
const lostPlans = new Set(['26000', '42P05']);

/** One database. */
class Source {
  known: Known | null = null;
  /** `undefined` before the first attempt. */
  failure: string | null | undefined = undefined;
  generation = 0;
  view: ConnectionView | null = null;
  comparedAt = Number.NEGATIVE_INFINITY;
  private client: QueryClient | null = null;
  private mark: CatalogMark | null = null;
  /** Not behind a pooler that gives every transaction another of its connections. */
  private keepsPlans = true;
  private running: Promise<void> | null = null;
  private next: Promise<void> | null = null;

  constructor(
    readonly name: string,
    private readonly target: UpstreamTarget,
    private readonly options: CatalogsOptions,
  ) {}

  /**
   * Resolves when the catalog was compared with the server after this call. A comparison under way may have begun before whatever
   * the caller knows of, so it waits for the following one; all who wait share that.
   */
  refresh(): Promise<void> {
    if (!this.running) return this.start();
    this.next ??= this.running.then(() => {
      this.next = null;
      return this.start();
    });
    return this.next;
  }

  close(): void {
    this.client?.close();
    this.client = null;
  }

  private start(): Promise<void> {
    this.running = this.compare().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async compare(): Promise<void> {
    this.comparedAt = performance.now();
    try {
      await this.read(await this.connected());
      this.report(null);
    } catch (error) {
      this.close();
      if (this.keepsPlans && error instanceof QueryError && lostPlans.has(error.sqlstate)) {
        this.keepsPlans = false;
        return this.compare();
      }
      this.report(error instanceof Error ? error.message : String(error));
    }
  }

  private async connected(): Promise<QueryClient> {
    if (this.client?.isOpen) return this.client;
    const { timeoutMs } = this.options;
    this.mark = null;
    this.client = await QueryClient.connect(this.target, {
      timeoutMs,
      // Compiling a query takes longer than these take to run.
      parameters: {
        statement_timeout: '60000',
        lock_timeout: '10000',
        jit: 'off',
        work_mem: '32MB',
        plan_cache_mode: 'force_generic_plan',
      },
    });
    return this.client;
  }

  /** Reads what has changed, if anything: in one snapshot, so that the mark belongs to what was read. */
  private async read(client: QueryClient): Promise<void> {
    const ask: QueriesPort = texts => (this.keepsPlans ? client.queryAllKept(texts) : client.queryAll(texts));
    const query: QueryPort = async text => [...(await ask([text])).flat()];
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    try {
      const { mark, hasChanged } = await catalogMark(query, this.mark);
      if (!hasChanged) {
        this.mark = mark;
        return;
      }
      const base = this.known;
      const hash = createHash('sha256');
      const read: QueriesPort = async texts => {
        const answers = await ask(texts);
        for (const rows of answers) hash.update(JSON.stringify(rows));
        return answers;
      };
      const data = await readCatalog(read, base ? 'user' : 'all');
      const atMs = this.options.clock.nowMs();
      const digest = hash.digest('hex');
      // What is rewritten without a change, as by GRANT, is nothing that anybody sees.
      if (base?.digest === digest) {
        this.known = { ...base, atMs };
        this.mark = mark;
        return;
      }
      // Another server behind the same address has other system objects.
      const isSame = base && base.data.serverVersion === data.serverVersion && base.data.database === data.database;
      const whole = isSame
        ? withUserPart(base.data, data)
        : base
          ? await readCatalog(texts => client.queryAll(texts), 'all')
          : data;
      const catalog = isSame ? base.catalog.withUser(whole) : Catalog.of(whole);
      this.known = { data: whole, catalog, digest, atMs };
      this.mark = mark;
      this.view = null;
      this.options.onChanged?.({ name: this.name, data: whole, catalog });
    } finally {
      await client.query('COMMIT');
    }
  }

  private report(failure: string | null): void {
    const before = this.failure;
    this.failure = failure;
    if (before === failure || (before === undefined && failure === null)) return;
    this.options.onState?.({ name: this.name, ok: failure === null, message: failure ?? 'reachable again' });
  }
}

const pollDefaultMs = 2_000;
const glanceMs = 250;

export class Catalogs implements ConnectionViews {
  private readonly options: CatalogsOptions;
  private readonly sources: ReadonlyMap<string, Source>;
  private readonly pause = new Pause();
  private running: Promise<void> | null = null;

  constructor(options: CatalogsOptions) {
    this.options = options;
    this.sources = new Map([...options.targets].map(([name, target]) => [name, new Source(name, target, options)]));
  }

  /** Resolves when every database has been read or tried once. */
  async start(): Promise<void> {
    await Promise.all([...this.sources.values()].map(source => source.refresh()));
    this.running ??= this.poll();
  }

  async stop(): Promise<void> {
    this.pause.end();
    await this.running;
    for (const source of this.sources.values()) source.close();
  }

  of(connectionId: string): Result<ConnectionView> {
    const current = this.options.current();
    if (!current.ok) return current;
    const connection = current.value.connectionById(connectionId);
    if (!connection) return fail('unknown_connection', 'this connection does not exist any more');
    const source = this.sources.get(connection.name);
    if (!source) return fail('unknown_connection', `connection "${connection.name}" is not served by this proxy`);
    if (!source.known) {
      return fail('unavailable', `the catalog of "${connection.name}" could not be read yet`, {
        hint: 'the database may be down; the Proxies page of the console says more',
      });
    }
    if (source.view?.applied === current.value && source.view.connection === connection) return ok(source.view);
    source.view = this.viewOf(source, source.known, { applied: current.value, connection });
    return ok(source.view);
  }

  async refresh(connectionId: string): Promise<Result<ConnectionView>> {
    const current = this.options.current();
    const name = current.ok ? current.value.connectionById(connectionId)?.name : undefined;
    const source = name === undefined ? undefined : this.sources.get(name);
    await source?.refresh();
    // A catalog that cannot be compared may be stale: no statement may be decided on it.
    if (source?.failure) return fail('unavailable', `the catalog of "${source.name}" cannot be read`);
    return this.of(connectionId);
  }

  /** A session begins: looks whether anything has changed, without keeping the session waiting, and not for each of a storm. */
  glance(name: string): void {
    const source = this.sources.get(name);
    if (source && performance.now() - source.comparedAt > glanceMs) void source.refresh();
  }

  /** The last catalog of a connection by name, for the control plane's questions. */
  known(name: string): Known | null {
    return this.sources.get(name)?.known ?? null;
  }

  status(): CatalogStatus[] {
    return [...this.sources.values()].map(source => ({
      name: source.name,
      reachable: source.failure === null,
      message: source.failure ?? null,
      catalogAt: source.known?.atMs ?? null,
    }));
  }

  private viewOf(
    source: Source,
    known: Known,
    { applied, connection }: Pick<ConnectionView, 'applied' | 'connection'>,
  ): ConnectionView {
    source.generation += 1;
    const { bundle } = applied;
    const labels = resolveLabels(known.data, {
      labels: bundle.labels[connection.id] ?? [],
      owners: bundle.owners[connection.id] ?? [],
    });
    return { applied, connection, catalog: known.catalog, data: known.data, labels, generation: source.generation };
  }

  private async poll(): Promise<void> {
    while (!this.pause.ended) {
      await this.pause.for(this.options.pollMs ?? pollDefaultMs);
      if (this.pause.ended) return;
      await Promise.all([...this.sources.values()].map(source => source.refresh()));
    }
  }
}
