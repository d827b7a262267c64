/**
 * Analysis in disposable threads. A statement that breaks, stalls or exhausts the parser costs its own session a refusal and
 * the pool a thread; other sessions see nothing but, at worst, one time limit's delay.
 */
import v8 from 'node:v8';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { userOnly } from '#core/catalog/lookup.ts';
import type { CatalogData } from '#core/catalog/snapshot.ts';
import type { Analysis, AnalysisSettings, Refusal, StatementAnalysis } from '#core/sql/analysis.ts';
import { defaultTextLimits, guardText, type TextLimits } from '#core/sql/guard.ts';
import { unparsable } from '#core/sql/normalize.ts';
import { FairQueue } from './fair-queue.ts';
import type { FromWorker, ToWorker } from './parser-protocol.ts';
import { parserWorkerEntry } from './parser-worker-entry.ts';

export type ParserPoolOptions = {
  workers: number;
  /** Longest one analysis may take. */
  timeoutMs: number;
  /** Longest a statement may wait for a worker. */
  waitMaxMs: number;
  /** Statements waiting over all sessions; beyond that they are refused. */
  queuedMax: number;
  /** Statements of one session analysed at once. */
  activePerSessionMax: number;
  /** JavaScript heap of one worker. */
  heapMaxMb: number;
  limits: TextLimits;
};

export const defaultPoolOptions: ParserPoolOptions = {
  workers: 2,
  timeoutMs: 1000,
  waitMaxMs: 10_000,
  queuedMax: 2000,
  activePerSessionMax: 1,
  heapMaxMb: 256,
  limits: defaultTextLimits,
};

/** A catalog the workers know; opaque to callers. */
export type CatalogVersion = { readonly id: number };

type Entry = { id: number; base: number | null; json: string };
type Job = {
  id: number;
  session: string;
  text: string;
  catalog: number;
  settings: AnalysisSettings;
  resolve: (analysis: Analysis) => void;
  /** Runs while the job waits for a worker. */
  waiting: NodeJS.Timeout | null;
};
type Slot = { worker: Worker; ready: boolean; job: Job | null; timer: NodeJS.Timeout | null; catalogs: Set<number> };

const stackMb = 8;
/** What is allocated between two collections: with 32 MB fewer than one in a hundred analyses of fifty lines meet one. */
const semiSpaceMb = 32;

/** Of a thread that analyses. Its young generation begins with the size it may have, where it would begin with one MB. */
export function analysisThreadLimits(heapMaxMb: number): ResourceLimits {
  // Read when the heap of a new thread is set up; there is no option of a thread for it.
  v8.setFlagsFromString(`--min-semi-space-size=${semiSpaceMb}`);
  return { maxOldGenerationSizeMb: heapMaxMb, maxYoungGenerationSizeMb: 3 * semiSpaceMb, stackSizeMb: stackMb };
}
/** A worker's first job with a catalog includes reading and indexing it. */
const learningMs = 10_000;
/** Between attempts to start a worker that ends before it is ready. */
const respawnMs = 500;

/** Only these statements look at what is prepared or open; for others the maps need not cross the threads. */
const looksAtSession = /\b(execute|fetch|move|current\s+of)\b/i;
const nothingPrepared: ReadonlyMap<string, StatementAnalysis> = new Map();

export class ParserPool {
  private readonly options: ParserPoolOptions;
  private readonly entry: URL;
  private readonly catalogs = new Map<number, Entry>();
  private readonly queue: FairQueue<Job>;
  private slots: Slot[] = [];
  private nextId = 1;
  private closed = false;
  private readonly counts = { killed: 0, refused: 0, analysed: 0 };

  private constructor(options: ParserPoolOptions, entry: URL) {
    this.options = options;
    this.entry = entry;
    this.queue = new FairQueue({ queuedMax: options.queuedMax, activePerSessionMax: options.activePerSessionMax });
  }

  /** Resolves when every worker is ready. */
  static async start(options: Partial<ParserPoolOptions> = {}): Promise<ParserPool> {
    const pool = new ParserPool({ ...defaultPoolOptions, ...options }, await parserWorkerEntry());
    await Promise.all(Array.from({ length: pool.options.workers }, () => pool.spawn()));
    return pool;
  }

  get stats(): { workers: number; killed: number; refused: number; analysed: number; queued: number } {
    return { workers: this.slots.length, ...this.counts, queued: this.queue.size };
  }

  /** Makes a snapshot known. With `base`, of the same server, only its user objects are sent and indexed. */
  addCatalog(data: CatalogData, base: CatalogVersion | null = null): CatalogVersion {
    const id = this.nextId++;
    const json = JSON.stringify(base ? userOnly(data) : data);
    this.catalogs.set(id, { id, base: base?.id ?? null, json });
    return { id };
  }

  /** No further job will name it. Keep a base until all that build on it are gone. */
  removeCatalog(version: CatalogVersion): void {
    this.catalogs.delete(version.id);
    for (const slot of this.slots)
      if (slot.catalogs.delete(version.id))
        slot.worker.postMessage({ type: 'forget', id: version.id } satisfies ToWorker);
  }

  /** Never rejects: what cannot be analysed comes back as a refusal. */
  analyze(session: string, text: string, catalog: CatalogVersion, settings: AnalysisSettings): Promise<Analysis> {
    const refusal = guardText(text, this.options.limits);
    if (refusal) return Promise.resolve(this.refused(text, refusal));
    if (this.closed || !this.catalogs.has(catalog.id))
      return Promise.resolve(this.refused(text, failure('the parser is not available')));
    return new Promise(resolve => {
      const forJob = forText(text, settings);
      const job: Job = {
        id: this.nextId++,
        session,
        text,
        catalog: catalog.id,
        settings: forJob,
        resolve,
        waiting: null,
      };
      if (!this.queue.add(session, job)) {
        resolve(this.refused(text, failure('too many statements are waiting to be analysed')));
        return;
      }
      this.dispatch();
      if (this.queue.has(session, job)) job.waiting = setTimeout(() => this.giveUp(job), this.options.waitMaxMs);
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const job of this.queue.drain()) {
      if (job.waiting) clearTimeout(job.waiting);
      job.resolve(this.refused(job.text, failure('the proxy is stopping')));
    }
    const slots = this.slots;
    this.slots = [];
    for (const slot of slots) this.fail(slot, failure('the proxy is stopping'));
    await Promise.all(slots.map(slot => slot.worker.terminate()));
  }

  private spawn(): Promise<void> {
    const resourceLimits = analysisThreadLimits(this.options.heapMaxMb);
    const worker = new Worker(this.entry, { resourceLimits, stdout: false, stderr: false });
    const slot: Slot = { worker, ready: false, job: null, timer: null, catalogs: new Set() };
    this.slots.push(slot);
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'ready') {
          slot.ready = true;
          resolve();
          this.dispatch();
        } else this.receive(slot, message);
      });
      worker.on('error', error => {
        reject(error);
        this.lose(slot, 'the parser failed');
      });
      worker.on('exit', () => {
        reject(new Error('the parser worker ended before it was ready'));
        this.lose(slot, 'the parser ended');
      });
    });
  }

  private dispatch(): void {
    for (const slot of this.slots) {
      if (!slot.ready || slot.job) continue;
      const next = this.queue.take();
      if (!next) return;
      this.run(slot, next.job);
    }
  }

  /** No worker came free in time. */
  private giveUp(job: Job): void {
    if (this.queue.remove(job.session, job))
      job.resolve(this.refused(job.text, failure('no parser came free in time to analyse the statement')));
  }

  private run(slot: Slot, job: Job): void {
    slot.job = job;
    if (job.waiting) clearTimeout(job.waiting);
    const learns = !slot.catalogs.has(job.catalog);
    if (!this.teach(slot, job.catalog)) {
      this.settle(slot, this.refused(job.text, failure('the catalog is gone')));
      this.dispatch();
      return;
    }
    const allowedMs = this.options.timeoutMs + (learns ? learningMs : 0);
    slot.timer = setTimeout(() => this.expire(slot), allowedMs);
    const { id, text, catalog, settings } = job;
    const { limits } = this.options;
    slot.worker.postMessage({ type: 'analyze', job: id, text, catalog, settings, limits } satisfies ToWorker);
  }

  /** Sends a catalog (and what it builds on) to a worker that does not have it yet. */
  private teach(slot: Slot, id: number): boolean {
    if (slot.catalogs.has(id)) return true;
    const entry = this.catalogs.get(id);
    if (!entry || (entry.base !== null && !this.teach(slot, entry.base))) return false;
    slot.catalogs.add(id);
    slot.worker.postMessage({ type: 'catalog', ...entry } satisfies ToWorker);
    return true;
  }

  private receive(slot: Slot, message: Exclude<FromWorker, { type: 'ready' }>): void {
    if (message.job !== slot.job?.id) return;
    if (message.type !== 'analysis') {
      this.lose(slot, 'the statement broke the parser');
      return;
    }
    this.counts.analysed++;
    this.settle(slot, message.analysis);
    this.dispatch();
  }

  private settle(slot: Slot, analysis: Analysis): void {
    const { job, timer } = slot;
    if (timer) clearTimeout(timer);
    slot.job = null;
    slot.timer = null;
    if (!job) return;
    this.queue.done(job.session);
    job.resolve(analysis);
  }

  private fail(slot: Slot, refusal: Refusal): void {
    if (slot.job) this.settle(slot, this.refused(slot.job.text, refusal));
  }

  private expire(slot: Slot): void {
    const message = `the statement could not be analysed within ${this.options.timeoutMs} ms`;
    this.replace(slot, { code: 'timeout', construct: 'analysis', message, position: null });
  }

  private lose(slot: Slot, message: string): void {
    this.replace(slot, failure(message));
  }

  /** The worker is ended whatever state it is in, and another takes its place. */
  private replace(slot: Slot, refusal: Refusal): void {
    const index = this.slots.indexOf(slot);
    if (index < 0) return;
    this.slots.splice(index, 1);
    this.counts.killed++;
    this.fail(slot, refusal);
    void slot.worker.terminate();
    if (this.closed) return;
    if (slot.ready) this.spawn().catch(() => undefined);
    else setTimeout(() => this.closed || this.spawn().catch(() => undefined), respawnMs).unref();
  }

  private refused(text: string, refusal: Refusal): Analysis {
    this.counts.refused++;
    return { ok: false, refusal, normalized: `${unparsable} ${text.length}`, literals: [], fingerprint: '' };
  }
}

const failure = (message: string): Refusal => ({
  code: 'parser_failure',
  construct: 'parser',
  message,
  position: null,
});

const forText = (text: string, settings: AnalysisSettings): AnalysisSettings =>
  looksAtSession.test(text) ? settings : { ...settings, prepared: nothingPrepared, cursors: nothingPrepared };
