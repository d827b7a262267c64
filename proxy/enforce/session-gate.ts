/** One session's view of the gate: its identity, its settings, its own objects. */
import { withinMessage } from '#core/catalog/labels.ts';
import type { CatalogData } from '#core/catalog/snapshot.ts';
import { type Failure, ok, type Result } from '#core/contract/error.ts';
import { factsOf } from '#core/event/facts.ts';
import type { Facts } from '#core/event/schema.ts';
import type { Limit, StatementLimits } from '#core/policy/decision.ts';
import { sessionLimitsOf } from '#core/policy/limits.ts';
import { mayMaskSession } from '#core/policy/scope.ts';
import type { Analysis, AnalysisSettings } from '#core/sql/analysis.ts';
import { templateOf } from '#core/sql/template.ts';
import type { ConnectionView, SessionIdentity } from '../ports.ts';
import type { GatedSession, ImpactBasis, OpenGate } from '../postgres/open-gate.ts';
import { type Ruling, splitKey } from '../postgres/session/ruling.ts';
import type { HoldRequest, Sent } from '../postgres/session/state.ts';
import { transaction } from '../postgres/wire/message.ts';
import { utf8OfLatin1 } from '../postgres/wire/text.ts';
import { analysisSettings } from './analysis-settings.ts';
import { type Context, type LocalCatalog, makeContext, makeLocal, readOwn } from './context.ts';
import { spreads, tagsOf, targetsMax } from './flows.ts';
import type { Gate } from './gate.ts';
import { inheritedEvents } from './inherited.ts';
import { Meter, spentBudget } from './meter.ts';
import { callsOwn, hidden, movedOn, rejection, tooManyCopies, unreadable } from './rejection.ts';
import { isUndefined, ruleOn } from './rule-on.ts';
import { SessionCopies } from './session-copies.ts';
import { SessionNames } from './session-names.ts';
import { hidesSystem, SessionPath } from './session-path.ts';
import { SessionPlans } from './session-plans.ts';
import { spentRuling } from './spent.ts';
import { WaitingTriggers } from './waiting-triggers.ts';

/** Policies and catalog may change while a text is analysed; then it is analysed again, but not for ever. */
const triesMax = 4;
const minuteMs = 60_000;

export class SessionGate implements OpenGate {
  readonly #gate: Gate;
  readonly #session: GatedSession;
  readonly names: SessionNames;
  #identity: SessionIdentity;
  #context: Context | null = null;
  #basis: unknown[] = [];
  #local: LocalCatalog | null = null;
  #localVersion = 0;
  /** The session has changed the catalog since it was read. */
  #isTouched = false;
  /** The open transaction has changed the catalog. */
  #isDefining = false;
  readonly #plans: SessionPlans;
  readonly #copies = new SessionCopies();
  readonly #waiting = new WaitingTriggers();
  readonly #path: SessionPath;
  literals: readonly string[] | null = null;
  /** Holds on while there are no policies to ask. */
  #idleLimit: Limit | null = null;

  constructor(gate: Gate, session: GatedSession) {
    this.#gate = gate;
    this.#session = session;
    this.#identity = session.identity;
    this.#path = new SessionPath(session);
    this.#plans = new SessionPlans(session);
    this.names = new SessionNames(gate.movesOf(session.identity.connection.id), session, () => this.#context);
  }

  get needsIdle(): boolean {
    // The server answers no question in a failed transaction, nor does it run anything there that would need the answer.
    if (this.#session.state().status === transaction.failed) return false;
    if (this.#isTouched || this.#session.settings.searchPath === null) return true;
    const view = this.#view();
    if (!view.ok) return false;
    if (this.#path.text(this.#dataOf(view.value)) === null) return true;
    if (this.#local !== null && view.value !== this.#local.view) return true;
    return this.#plans.areStale(this.#dataOf(view.value));
  }

  get bundleVersion(): number {
    const view = this.#view();
    return view.ok ? view.value.applied.bundle.version : 0;
  }

  lookup(key: string): Ruling | null {
    if (this.needsIdle || this.#gate.isStale(this.#identity.connection.id)) return null;
    const context = this.#current();
    if (!context.ok) return this.reject(context.error, '(not analysed)');
    const found = this.#find(context.value, key);
    return found && this.#waiting.weighed(this.#gate, context.value, found);
  }

  /** By the exact text, or by the text without its integers, where those cannot matter. */
  #find({ bucket }: Context, key: string): Ruling | null {
    const { cache } = this.#gate;
    const exact = cache.get(bucket, 'text', key);
    if (exact !== null) return exact;
    const template = templateOf(key);
    const shared = template === null ? null : cache.get(bucket, 'template', template.key);
    if (template !== null && shared !== null) this.literals = template.literals;
    return shared;
  }

  isCurrent(ruling: Ruling): boolean {
    if (this.needsIdle || this.#gate.isStale(this.#identity.connection.id)) return false;
    const context = this.#current();
    return context.ok && ruling.context === context.value.bucket && !this.#waiting.concerns(ruling);
  }

  redecide(ruling: Ruling): Ruling {
    const context = this.#current();
    if (!context.ok) return this.reject(context.error, ruling.analysis.normalized);
    const isSame = ruling.context === context.value.bucket;
    if ((!isSame || this.#isTouched) && callsOwn(ruling.analysis))
      return this.reject(movedOn, ruling.analysis.normalized);
    if (isSame) return this.#waiting.weighed(this.#gate, context.value, ruling);
    return ruleOn(this.#gate, context.value, { key: ruling.key, analysis: ruling.analysis, isOfPortal: true }).ruling;
  }

  reject(failure: Failure, text: string): Ruling {
    const view = this.#view();
    return rejection(failure, text, view.ok ? view.value.applied.bundle : null);
  }

  async resolve(key: string): Promise<Ruling> {
    const bytes = splitKey(key).text;
    const text = utf8OfLatin1(bytes);
    if (text === null) {
      const failure: Failure = { code: 'invalid_input', message: 'invalid byte sequence for encoding "UTF8"' };
      return this.reject(failure, '(not UTF-8)');
    }
    let hasRefreshed = false;
    for (let tries = 0; tries < triesMax; tries += 1) {
      const ready = await this.#prepare();
      const context = ready.ok ? this.#current() : ready;
      if (!context.ok) return this.reject(context.error, '(not analysed)');
      const known = this.#find(context.value, key);
      if (known !== null) return this.#waiting.weighed(this.#gate, context.value, known);
      const analysis = await this.#analyse(context.value, key, text);
      if (isUndefined(analysis) && !hasRefreshed && this.#local === null) {
        hasRefreshed = true;
        const refreshed = await this.#gate.options.views.refresh(this.#identity.connection.id);
        if (refreshed.ok && refreshed.value !== context.value.view) continue;
      }
      const now = this.#current();
      if (now.ok && now.value.bucket === context.value.bucket) return this.#rule(context.value, key, analysis);
    }
    return this.reject(
      { code: 'unavailable', message: 'policies or catalog keep changing while the statement is looked at' },
      '(not analysed)',
    );
  }

  spent(ruling: Ruling): Ruling | null {
    const { budgets, clock } = this.#gate.options;
    if (ruling.refusal !== null) return null;
    for (const { limits, analysis } of ruling.statements) {
      if (!this.#hasRoomFor(analysis.flows.length)) return this.reject(tooManyCopies, ruling.analysis.normalized);
      if (limits === null || limits.budgets.length === 0) continue;
      const nowMs = clock.nowMs();
      const share = spentBudget(limits, budgets, nowMs);
      if (share !== null) return spentRuling(ruling, share, nowMs);
    }
    return null;
  }

  #hasRoomFor(copies: number): boolean {
    return copies === 0 || this.#gate.flowsOf(this.#identity.connection.id).size + this.#copies.size <= targetsMax;
  }

  meter(limits: StatementLimits): Meter | null {
    const { budgets, clock } = this.#gate.options;
    if (limits.rows === null && limits.bytes === null && limits.budgets.length === 0) return null;
    return new Meter(limits, budgets, () => clock.nowMs());
  }

  get idleInTransaction(): Limit | null {
    const context = this.#current();
    const nowMs = this.#gate.options.clock.nowMs();
    if (context.ok) this.#idleLimit = sessionLimitsOf(context.value.residual, nowMs).idleInTransactionSeconds;
    return this.#idleLimit;
  }

  get mayMask(): boolean {
    const context = this.#current();
    return !context.ok || mayMaskSession(context.value.residual, context.value.labels);
  }

  close(): void {
    this.names.settle(true);
    this.#dropLocal();
  }

  refresh(identity: SessionIdentity): void {
    this.#identity = identity;
  }

  catalogTouched(): void {
    this.#isTouched = true;
    this.#isDefining = true;
    this.#session.settings.schemas = null;
  }

  temporaryDropped(): void {
    if (this.#local !== null) this.#isTouched = true;
  }

  executed(
    ruling: Ruling,
    statementIndex: number,
    { statement, when }: { statement: number; when: Sent | null },
  ): void {
    this.#waiting.executed(ruling.statements[statementIndex]?.analysis);
    const flows = ruling.statements[statementIndex]?.analysis.flows ?? [];
    if (flows.length === 0) return;
    const context = this.#current();
    const labels = context.ok ? context.value.labels : this.#context?.labels;
    if (labels === undefined) return;
    const others = when === null ? [] : this.names.labelledSince(ruling, statementIndex, when);
    const made = others.length === 0 ? flows : flows.map(each => ({ ...each, origins: [...each.origins, ...others] }));
    const flowing = withinMessage(labels, made);
    for (const flow of made) {
      const tags = tagsOf(flow, flowing);
      if (spreads(flow, { tags, labels })) this.#copies.add({ ...flow, tags, session: this.#session.id, statement });
    }
  }

  abandoned(ruling: Ruling, statementIndex: number, statement: number): void {
    for (const [index, { analysis }] of ruling.statements.entries()) {
      if (index >= statementIndex) this.executed(ruling, index, { statement, when: null });
      this.#isDefining ||= analysis.effects.some(({ type }) => type === 'catalog');
    }
  }

  settled(isCommitted: boolean): void {
    // Others see it from here on, though the unit of the extended protocol may stay open for as long as the client likes.
    if (isCommitted) this.#shareDefinitions();
    // ROLLBACK AND CHAIN goes on in a transaction in which none of it is there.
    else if (this.#isDefining) this.catalogTouched();
    this.names.settle(isCommitted);
    this.#waiting.settled();
    const { copies, lasting } = this.#copies.settle(isCommitted);
    if (copies.length === 0) return;
    if (lasting.length > 0) this.#gate.share(this.#identity.connection.id, lasting);
    for (const event of inheritedEvents(copies)) this.#gate.options.recorder.append(event);
  }

  transactionEnded(hasFailed: boolean): void {
    this.#shareDefinitions();
    this.settled(!hasFailed);
  }

  #shareDefinitions(): void {
    if (!this.#isDefining) return;
    this.#isDefining = false;
    this.#isTouched = true;
    this.#session.settings.schemas = null;
    this.#gate.refresh(this.#identity.connection.id);
  }

  recounted(ruling: Ruling, rows: number | null, isLater: boolean): Ruling | null {
    const context = this.#current();
    if (!context.ok || (ruling.context !== context.value.bucket && !isLater)) return null;
    return ruleOn(this.#gate, context.value, { key: ruling.key, analysis: ruling.analysis, affectedRows: rows }).ruling;
  }

  factsOf({ ruling }: HoldRequest): Facts {
    const context = this.#current();
    const { analysis } = ruling;
    if (context.ok && analysis.ok) return factsOf(analysis, context.value.labels);
    return { kinds: [], accesses: [], classified: [], hazards: [], functions: [], flows: [], outputs: 0 };
  }

  impactQuestion({ ruling, parameters, parametersHash }: HoldRequest): ImpactBasis | null {
    const context = this.#current();
    const text = utf8OfLatin1(splitKey(ruling.key).text);
    const isUnknown = parametersHash !== null && parameters === null;
    if (!context.ok || text === null || isUnknown) return null;
    const { catalog, data, searchPath } = context.value;
    const statements = ruling.statements.map(statement => statement.analysis);
    return { text, statements, parameters, searchPath, catalog, foreignKeys: data.foreignKeys };
  }

  #view(): Result<ConnectionView> {
    return this.#gate.options.views.of(this.#identity.connection.id);
  }

  /** What decisions rest on now; the same object as long as nothing of it has changed. */
  #current(): Result<Context> {
    const view = this.#view();
    if (!view.ok) return view;
    const shared = this.#gate.flowsOf(this.#identity.connection.id);
    const held = this.#context;
    const minute = held?.minute === null ? 0 : Math.floor(this.#gate.options.clock.nowMs() / minuteMs);
    const searchPath = this.#path.text(this.#dataOf(view.value)) ?? lastPath;
    if (
      held !== null &&
      held.view === view.value &&
      held.identity === this.#identity &&
      this.#isBasis(searchPath, shared.version, minute)
    ) {
      return ok(held);
    }
    const catalog = this.#local?.catalog ?? view.value.catalog;
    shared.bind(catalog);
    this.#copies.bind(catalog);
    const own = this.#copies.list;
    const context = makeContext({
      view: view.value,
      identity: this.#identity,
      session: this.#session,
      searchPath,
      local: this.#local,
      flows: {
        list: own.length === 0 ? shared.list : [...shared.list, ...own],
        version:
          own.length === 0 ? String(shared.version) : `${shared.version} ${this.#session.id} ${this.#copies.versions}`,
      },
      minute,
      cache: this.#gate.cache,
    });
    this.#context = context;
    this.#plans.begin(context.data);
    this.#basis = [searchPath, shared.version, context.minute ?? 0, this.#local, this.#copies.version];
    return ok(context);
  }

  #isBasis(searchPath: string, sharedVersion: number, minute: number): boolean {
    const basis = this.#basis;
    return (
      basis[0] === searchPath &&
      basis[1] === sharedVersion &&
      basis[2] === minute &&
      basis[3] === this.#local &&
      basis[4] === this.#copies.version
    );
  }

  /** Asks the server what only it can say, as far as that is due. */
  async #prepare(): Promise<Result<null>> {
    const isFailed = this.#session.state().status === transaction.failed;
    const fresh = await this.#gate.whenFresh(this.#identity.connection.id);
    if (!fresh.ok || isFailed) return fresh;
    const view = this.#view();
    if (!view.ok) return view;
    const isLocalStale = this.#local !== null && this.#local.view !== view.value;
    const read = this.#isTouched || isLocalStale ? await this.#readLocal(view.value) : ok(null);
    if (!read.ok) return read;
    if (!(await this.#path.ask(this.#dataOf(view.value)))) return unreadable;
    return (await this.#plans.renew(this.#dataOf(view.value))) ? ok(null) : unreadable;
  }

  #dataOf(view: ConnectionView): CatalogData {
    return this.#local?.data ?? view.data;
  }

  /** What this session sees, which may be more than others do. */
  async #readLocal(view: ConnectionView): Promise<Result<null>> {
    const { internal, settings, state } = this.#session;
    if (hidesSystem(settings.searchPath, view.data, state().isInTransaction)) return hidden;
    try {
      const own = await readOwn({ internal, state });
      this.#isTouched = false;
      this.#dropLocal();
      if (own === null) return ok(null);
      this.#localVersion += 1;
      this.#local = makeLocal(view, own.data, { hasTemporary: own.hasTemporary, version: this.#localVersion });
      return ok(null);
    } catch {
      return unreadable;
    }
  }

  #dropLocal(): void {
    if (this.#local !== null) this.#gate.options.retire(this.#local.data);
    this.#local = null;
  }

  async #analyse(context: Context, key: string, text: string): Promise<Analysis> {
    const read = (inner: string, given: AnalysisSettings): Promise<Analysis> =>
      this.#gate.options.analyse({
        sessionId: this.#session.id,
        text: inner,
        connectionId: this.#identity.connection.id,
        data: context.data,
        isLocal: this.#local !== null,
        settings: given,
      });
    const state = this.#session.state();
    const hasStalePlans = this.#plans.areStale(context.data);
    return read(text, await analysisSettings({ key, text, context, state, hasStalePlans, analyse: read }));
  }

  #rule(context: Context, key: string, analysis: Analysis): Ruling {
    const { ruling, literals } = ruleOn(this.#gate, context, { key, analysis });
    if (literals !== null) this.literals = literals;
    return this.#waiting.weighed(this.#gate, context, ruling);
  }
}

/** Stands in while the server cannot be asked, in a failed transaction. */
const lastPath = '"$user", public';
