/** Puts a proxy together from its parts, and takes it apart again, in the order of their dependencies. */
import { hostname } from 'node:os';
import type { Heartbeat } from '#core/contract/proxy.ts';
import type { Sampling } from '#core/mask/detectors/watch.ts';
import { type SessionLimits, sessionLimitsOf } from '#core/policy/limits.ts';
import { residual } from '#core/policy/residual.ts';
import type { Policy } from '#core/policy/schema.ts';
import { type ServerCertificate, serverCertificate } from './certificate.ts';
import type { ProxyConfig } from './config.ts';
import { admitAgain, authenticator } from './control/authenticate.ts';
import { BudgetExchange } from './control/budget-exchange.ts';
import { BundleStore } from './control/bundle.ts';
import type { CatalogChange, CatalogSenderOptions } from './control/catalog-sender.ts';
import { Catalogs } from './control/catalogs.ts';
import { controlClient } from './control/client.ts';
import { lineageOfCatalog } from './control/edges.ts';
import type { Enrolment } from './control/enrol.ts';
import { computeImpact, countAffected } from './control/impact.ts';
import { bearerOf } from './control/keys.ts';
import { ControlLink, eventPush, type Log } from './control/link.ts';
import { Analyst } from './enforce/analyst.ts';
import { BudgetFile } from './enforce/budget-file.ts';
import { Budgets } from './enforce/budgets.ts';
import { loadFlows, saveFlows } from './enforce/flow-file.ts';
import { Gate } from './enforce/gate.ts';
import type { ParserPool } from './enforce/parser-pool.ts';
import { SessionGate } from './enforce/session-gate.ts';
import type { Vitals } from './operations.ts';
import { type Authenticate, type Clock, type EventDraft, RecordingError, type SessionIdentity } from './ports.ts';
import { Listener } from './postgres/listener.ts';
import { realDisk } from './record/disk.ts';
import { SpoolRecorder } from './record/recorder.ts';
import { Spool, spoolDefaults } from './record/spool.ts';
import { Sync } from './record/sync.ts';
import { Timing } from './timing.ts';
import { version } from './version.ts';

export type ProxyInput = { config: ProxyConfig; enrolment: Enrolment; clock: Clock; log: Log; host: string };

/** How often the certificate is looked at again: whoever puts another one into its files need not restart anything. */
const certificateEveryMs = 3_600_000;
/** How long events may still be sent when the proxy stops; what is left waits on disk for the next start. */
const farewellMs = 2_000;

export class ProxyService {
  /** Where clients are taken, once started. */
  port = 0;
  private isStopping = false;
  private readonly startedAt: number;
  private readonly spool: Spool;
  private readonly recorder: SpoolRecorder;
  private readonly bundles: BundleStore;
  private readonly catalogs: Catalogs;
  private readonly link: ControlLink;
  private readonly sync: Sync;
  private readonly gate: Gate;
  private readonly analyst: Analyst;
  private readonly timing = new Timing();
  private readonly budgets = new Budgets();
  private readonly budgetFile: BudgetFile;
  private readonly budgetExchange: BudgetExchange;
  private listener: Listener | null = null;
  private settling: NodeJS.Timeout | null = null;
  private renewing: NodeJS.Timeout | null = null;
  private certificate: ServerCertificate | null = null;

  /** Throws `SpoolDamage`, or the disk's error, when the spool cannot be continued. */
  constructor(
    private readonly input: ProxyInput,
    private readonly pool: ParserPool,
  ) {
    const { config, enrolment, clock, log, host } = input;
    this.startedAt = clock.nowMs();
    const directory = `${config.state}/spool/${enrolment.proxyId}`;
    this.spool = new Spool({ ...spoolDefaults, ...config.spool, directory, disk: realDisk });
    this.recorder = new SpoolRecorder({ spool: this.spool, clock, proxyId: enrolment.proxyId });
    this.note({ type: 'proxy.start', version, host });
    const client = controlClient({
      url: config.control.url,
      bearer: bearerOf(enrolment.key, enrolment.proxyId, clock),
    });
    this.bundles = new BundleStore({
      directory: config.state,
      clock,
      keys: enrolment.bundleKeys,
      prepare: bundle => this.recorder.useLiteralsKey(bundle.keys.literals),
      onNotKept: reason => log.error({ reason }, 'the policies in force cannot be kept for the next start'),
    });
    this.analyst = new Analyst(pool);
    this.catalogs = this.makeCatalogs();
    this.link = new ControlLink({
      client,
      bundles: this.bundles,
      sessions: { list: () => this.listener?.list() ?? [] },
      clock,
      log,
      heartbeat: () => this.heartbeat(),
      edges: change => this.edges(change),
      onIntrospect: connectionId => void this.introspect(connectionId),
    });
    this.gate = new Gate({
      flows: loadFlows(directory),
      keepFlows: flows => this.keepFlows(directory, flows),
      views: this.catalogs,
      recorder: this.recorder,
      clock,
      budgets: this.budgets,
      sampling: samplingOf(config),
      analyse: this.analyst.analyse,
      retire: this.analyst.retire,
    });
    const nowMs = () => clock.nowMs();
    this.budgetFile = new BudgetFile({ directory, budgets: this.budgets, nowMs });
    this.budgetExchange = new BudgetExchange({
      client,
      budgets: this.budgets,
      instance: this.budgetFile.instance,
      nowMs,
      isNeeded: () => this.bundles.last?.policies.policies.some(({ policy }) => hasBudget(policy)) === true,
    });
    this.sync = new Sync({
      spool: this.spool,
      disk: realDisk,
      push: eventPush(client),
      onState: ({ ok, message }) => (ok ? log.info({}, message) : log.warn({ reason: message }, 'events are not sent')),
    });
    this.bundles.onApplied(({ bundle }) => {
      log.info({ bundle: bundle.version, policies: bundle.policyVersion }, 'policies in force');
      this.note({ type: 'proxy.bundle', bundleVersion: bundle.version, policyVersion: bundle.policyVersion });
    });
  }

  /** Resolves when clients are taken. What they may do depends on whether there is a bundle by then. */
  async start(): Promise<void> {
    const { log } = this.input;
    const loaded = await this.bundles.load();
    if (!loaded.ok) log.warn({ reason: loaded.error.message }, 'the last bundle cannot be used');
    this.sync.start();
    this.budgetFile.start(reason => log.warn({ reason }, 'what was counted against budgets cannot be kept'));
    await Promise.all([this.link.start(), this.catalogs.start()]);
    this.listener = await this.makeListener();
    this.port = await this.listener.listen();
    this.link.announce();
    this.budgetExchange.start();
    this.settling = setInterval(() => this.settleFlows(), 5_000);
    this.settling.unref();
    this.renewing = setInterval(() => void this.renewCertificate(), certificateEveryMs);
    this.renewing.unref();
  }

  /** Gives statements under way their time, records the end, and sends what can be sent. */
  async stop(reason: string): Promise<void> {
    this.isStopping = true;
    const { drainMs } = this.input.config.limits;
    // A client that does not take its goodbye must not keep the process.
    if (this.listener) await Promise.race([this.listener.close(drainMs), pauseMs(drainMs + farewellMs)]);
    if (this.settling !== null) clearInterval(this.settling);
    if (this.renewing !== null) clearInterval(this.renewing);
    this.budgetFile.stop();
    await this.budgetExchange.stop();
    await this.link.stop();
    await this.catalogs.stop();
    await this.pool.close();
    this.note({ type: 'proxy.stop', reason });
    await this.spool.flush();
    await this.sync.stop(farewellMs);
    await this.spool.close();
  }

  vitals(): Vitals {
    const { state } = this.spool;
    const current = this.bundles.current();
    const last = this.bundles.last?.bundle;
    return {
      problems: [
        ...(this.isStopping ? ['stopping'] : []),
        ...(this.listener === null ? ['starting'] : []),
        ...(current.ok ? [] : [current.error.message]),
        ...(state.fault === null ? [] : [`events cannot be recorded: ${state.fault}`]),
      ],
      isControlUp: this.link.isUp,
      bundleVersion: last?.version ?? 0,
      bundleExpiresIn: last ? (last.expiresAt - this.input.clock.nowMs()) / 1000 : 0,
      sessions: this.listener?.sessionCount ?? 0,
      held: this.link.holds.waitingCount,
      spool: { ...state, events: state.head.seq - state.acknowledgedSeq },
      parser: this.pool.stats,
    };
  }

  private makeCatalogs(): Catalogs {
    const { config, clock, log } = this.input;
    return new Catalogs({
      targets: config.connections,
      current: () => this.bundles.current(),
      clock,
      timeoutMs: config.limits.upstreamTimeoutMs,
      onChanged: change => this.link.catalogChanged(change),
      onState: ({ name, ok, message }) =>
        ok
          ? log.info({ connection: name }, message)
          : log.warn({ connection: name, reason: message }, 'database unreachable'),
    });
  }

  private async makeListener(): Promise<Listener> {
    const { config, clock, log } = this.input;
    const certificate = await serverCertificate(config, { nowMs: clock.nowMs() });
    this.certificate = certificate;
    return new Listener({
      host: config.listen.host,
      port: config.listen.port,
      tls: certificate && { cert: certificate.cert, key: certificate.key },
      limits: config.limits,
      busyPollUs: config.busyPollUs,
      authenticate: this.authenticate(),
      admitAgain: (identity, session) => {
        const current = this.bundles.current();
        return current.ok ? admitAgain(current.value, identity, { session, nowMs: clock.nowMs() }) : current;
      },
      targets: config.connections,
      sessionLimits: (identity, session) => this.sessionLimits(identity, session),
      services: {
        recorder: this.recorder,
        clock,
        desk: this.link.holds,
        openGate: session => new SessionGate(this.gate, session),
        impact: (question, target) =>
          computeImpact({ ...question, target, timeoutMs: config.limits.impactTimeoutMs, nowMs: () => clock.nowMs() }),
        affectedRows: (question, target) =>
          countAffected({ ...question, target, timeoutMs: config.limits.impactTimeoutMs, nowMs: () => clock.nowMs() }),
        took: (us, statements) => this.timing.add(us, statements),
        crashed: error => this.crashed(error),
      },
      log: (event, details) => log.info(details, event),
    });
  }

  /** A process may run for longer than its certificate is good. */
  async renewCertificate(): Promise<void> {
    const { config, clock, log } = this.input;
    try {
      const found = await serverCertificate(config, { nowMs: clock.nowMs() });
      if (found === null || this.listener === null || found.cert === this.certificate?.cert) return;
      this.listener.presentCertificate({ cert: found.cert, key: found.key });
      this.certificate = found;
      log.info({}, 'clients get another certificate');
    } catch (error) {
      log.error({ err: error }, 'the certificate cannot be renewed');
    }
  }

  private keepFlows(directory: string, flows: Parameters<typeof saveFlows>[1]): void {
    try {
      saveFlows(directory, flows);
    } catch (error) {
      this.input.log.error({ err: error }, 'copies of classified columns cannot be kept over a restart');
    }
  }

  /** With the control plane there, what it has heard of copies comes back as labels. */
  private settleFlows(): void {
    const { head, acknowledgedSeq } = this.spool.state;
    if (!this.link.isUp) return;
    this.gate.settleFlows({ head: head.seq, acknowledged: acknowledgedSeq, nowMs: this.input.clock.nowMs() });
  }

  private sessionLimits(identity: SessionIdentity, session: { application: string; address: string }): SessionLimits {
    const current = this.bundles.current();
    if (!current.ok) return { idleInTransactionSeconds: null, sessions: [] };
    const { principal, onBehalfOf, connection } = identity;
    const narrowed = residual(current.value.policies, { principal, onBehalfOf, connection, session });
    return sessionLimitsOf(narrowed, this.input.clock.nowMs());
  }

  private authenticate(): Authenticate {
    const { config, clock } = this.input;
    const signIn = authenticator({
      current: () => this.bundles.current(),
      serves: name => config.connections.has(name),
      clock,
    });
    return async attempt => {
      const signedIn = await signIn(attempt);
      if (signedIn.ok) this.catalogs.glance(signedIn.value.connection.name);
      return signedIn;
    };
  }

  private crashed(error: unknown): void {
    this.input.log.error({ err: error }, 'a session ended because of a bug');
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.note({ type: 'proxy.fault', code: 'internal', message: message.slice(0, 500), session: null });
  }

  /** Events of the proxy itself: written with the next commit at the latest, and never in the way. */
  private note(draft: EventDraft): void {
    try {
      this.recorder.append(draft);
      this.recorder.commit();
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      this.input.log.error({ reason: error.message, event: draft.type }, 'an event cannot be written yet');
    }
  }

  private async edges({ name, data }: CatalogChange): ReturnType<CatalogSenderOptions['edges']> {
    try {
      const { edges, unresolved } = await lineageOfCatalog(data);
      if (unresolved.length > 0) this.input.log.info({ connection: name, unresolved }, 'lineage is not known of these');
      return [...edges];
    } catch (error) {
      this.input.log.warn({ connection: name, err: error }, 'the lineage of the catalog is not known');
      return [];
    }
  }

  private async introspect(connectionId: string): Promise<void> {
    await this.catalogs.refresh(connectionId);
    const name = this.bundles.last?.connectionById(connectionId)?.name;
    const known = name === undefined ? null : this.catalogs.known(name);
    if (name !== undefined && known) this.link.catalogAsked(connectionId, { name, data: known.data });
  }

  private heartbeat(): Heartbeat {
    const { config } = this.input;
    const { spool, parser, sessions, bundleVersion } = this.vitals();
    const ids = new Map(this.bundles.last?.bundle.connections.map(each => [each.name, each.id]));
    return {
      version,
      startedAt: this.startedAt,
      bundleVersion,
      policyVersion: this.bundles.last?.bundle.policyVersion ?? 0,
      sessions,
      spool: { events: spool.events, bytes: spool.bytes, limitBytes: spool.limitBytes },
      parser: { workers: parser.workers, killed: parser.killed, refused: parser.refused },
      memoryBytes: process.memoryUsage.rss(),
      addedUs: this.timing.take(),
      connections: this.catalogs.status().flatMap(({ name, reachable, message, catalogAt }) => {
        const connectionId = ids.get(name);
        if (connectionId === undefined) return [];
        return [{ connectionId, name, reachable, message: message?.slice(0, 300) ?? null, catalogAt }];
      }),
      listen: config.listen.advertise ?? addressOf(config.listen.host, this.port || config.listen.port),
      tls: config.tls.mode !== 'off',
    };
  }
}

const hasBudget = ({ rules }: Policy): boolean =>
  rules.some(rule => rule.effect === 'limit' && rule.budget !== undefined);

const samplingOf = ({ detectors }: ProxyConfig): Sampling => ({
  first: detectors.sampleFirst,
  every: detectors.sampleEvery,
  bytesMax: detectors.sampleBytesMax,
});

const pauseMs = (ms: number): Promise<void> =>
  new Promise(resolve => {
    setTimeout(resolve, ms).unref();
  });

/** Somebody who listens everywhere is reached by name. */
function addressOf(host: string, port: number): string {
  const reached = host === '0.0.0.0' || host === '::' ? hostname() : host;
  return `${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}
