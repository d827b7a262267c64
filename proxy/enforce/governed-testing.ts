/** For tests: a proxy with the real gate, the live catalog of a real database, policies of the test's own, and a desk it decides at. */
import { ok, type Result } from '#core/contract/error.ts';
import type { HeldStatement } from '#core/contract/proxy.ts';
import { eventSchema } from '#core/event/schema.ts';
import type { Sampling } from '#core/mask/detectors/watch.ts';
import type { Bundle } from '#core/policy/bundle.ts';
import { sessionLimitsOf } from '#core/policy/limits.ts';
import { residual } from '#core/policy/residual.ts';
import { type Policy, policySchema } from '#core/policy/schema.ts';
import { appliedBundle } from '../control/bundle.ts';
import { makeInstallation } from '../control/bundle-testing.ts';
import { Catalogs } from '../control/catalogs.ts';
import { countAffected } from '../control/impact.ts';
import type { AppliedBundle, Clock, HoldDesk, HoldOutcome } from '../ports.ts';
import {
  MemoryRecorder,
  startTestProxy,
  systemClock,
  type TestProxy,
  type TestProxyOptions,
  targetOf,
  testIdentity,
} from '../postgres/proxy-testing.ts';
import { Analyst } from './analyst.ts';
import { Budgets } from './budgets.ts';
import { Gate } from './gate.ts';
import { allNets, type Nets } from './nets.ts';
import { ParserPool } from './parser-pool.ts';
import { SessionGate } from './session-gate.ts';

/** What the control plane cannot read as an event would be in the log, but in no session: no test may end with such a one. */
function refuseMalformed(recorder: MemoryRecorder): void {
  const proxy = '00000000-0000-4000-8000-00000000000f';
  for (const [index, event] of recorder.events.entries())
    eventSchema.parse({ v: 1, proxy, seq: index + 1, time: new Date().toISOString(), ...event });
}

export const allowAll = policySchema.parse({
  name: 'open',
  rules: [{ id: 'all', effect: 'allow', actions: [...everyAction()] }],
});

function everyAction() {
  return [
    'connect',
    'read',
    'write',
    'define',
    'drop',
    'call',
    'session',
    'lock',
    'maintain',
    'privilege',
    'opaque',
  ] as const;
}

/** Label by `schema.relation.column`. */
export type TestLabels = Readonly<Record<string, string>>;

type Filed = { held: HeldStatement; decide: (outcome: HoldOutcome) => void; aborted: boolean };

/** A desk at which the test decides. */
export class TestDesk implements HoldDesk {
  readonly filed: Filed[] = [];
  readonly reports: { requestId: string; outcome: string; rows: number }[] = [];
  readonly released: string[] = [];
  readonly claimable = new Map<string, string>();
  refusal: Result<never> | null = null;
  readonly #waits = new Map<string, (outcome: HoldOutcome) => void>();

  async file(held: HeldStatement): Promise<Result<{ url: string }>> {
    if (this.refusal !== null) return this.refusal;
    const filed: Filed = { held, aborted: false, decide: outcome => this.#waits.get(held.id)?.(outcome) };
    this.filed.push(filed);
    return ok({ url: this.urlOf(held.id) });
  }

  wait(requestId: string, signal: AbortSignal): Promise<HoldOutcome> {
    return new Promise(resolve => {
      this.#waits.set(requestId, resolve);
      signal.addEventListener('abort', () => {
        const filed = this.filed.find(each => each.held.id === requestId);
        if (filed) filed.aborted = true;
        resolve({ outcome: 'withdrawn', by: [], reason: '' });
      });
    });
  }

  release(requestId: string): void {
    this.released.push(requestId);
  }

  attachImpact(): void {}

  async claim(hash: string): Promise<{ requestId: string } | null> {
    const requestId = this.claimable.get(hash);
    this.claimable.delete(hash);
    return requestId === undefined ? null : { requestId };
  }

  report(requestId: string, result: { outcome: string; rows: number }): void {
    this.reports.push({ requestId, ...result });
  }

  urlOf(requestId: string): string {
    return `http://127.0.0.1:3000/approvals/${requestId}`;
  }
}

export type Governed = TestProxy & {
  desk: TestDesk;
  catalogs: Catalogs;
  budgets: Budgets;
  /** Takes other policies into force, and other labels where they are given. */
  apply(policies: readonly Policy[], labels?: TestLabels): void;
};

export async function startGoverned(options: {
  upstreamUrl: string;
  policies: readonly Policy[];
  labels?: TestLabels;
  /** Where labelled columns are, by the same names, so that a label stays with a column that is renamed. */
  places?: Readonly<Record<string, { relationOid: number; attnum: number }>>;
  listener?: TestProxyOptions['listener'];
  /** All are up unless a test takes some down. */
  nets?: Partial<Nets>;
  sampling?: Sampling;
  /** Of the gate; the session has the system's. */
  clock?: Clock;
}): Promise<Governed> {
  const installation = await makeInstallation();
  const target = targetOf(options.upstreamUrl);
  let generation = 0;
  const bundleOf = (policies: readonly Policy[], labels: TestLabels): Bundle =>
    installation.bundle({
      connections: [testIdentity.connection],
      identities: [testIdentity.principal],
      policies: [...policies],
      labels: {
        [testIdentity.connection.id]: Object.entries(labels).map(([name, label]) => {
          const [schema = '', relation = '', column = ''] = name.split('.');
          const place = options.places?.[name] ?? { relationOid: 0, attnum: 0 };
          return { ...place, schema, relation, column, label, level: 'confidential' as const };
        }),
      },
    });
  const apply = (policies: readonly Policy[], labels = options.labels ?? {}): AppliedBundle => {
    generation += 1;
    return appliedBundle(bundleOf(policies, labels), generation);
  };
  let current = apply(options.policies);
  const catalogs = new Catalogs({
    targets: new Map([['shop', target]]),
    current: () => ok(current),
    clock: systemClock,
    timeoutMs: 10_000,
  });
  await catalogs.start();
  const desk = new TestDesk();
  const recorder = new MemoryRecorder();
  const pool = await ParserPool.start({ workers: 1 });
  const analyst = new Analyst(pool);
  const budgets = new Budgets();
  const gate = new Gate({
    views: catalogs,
    recorder,
    clock: options.clock ?? systemClock,
    budgets,
    nets: { ...allNets, ...options.nets },
    ...(options.sampling && { sampling: options.sampling }),
    analyse: analyst.analyse,
    retire: analyst.retire,
  });
  const proxy = await startTestProxy({
    upstreamUrl: options.upstreamUrl,
    desk,
    listener: {
      sessionLimits: ({ principal, onBehalfOf, connection }, session) =>
        sessionLimitsOf(residual(current.policies, { principal, onBehalfOf, connection, session }), Date.now()),
      ...options.listener,
    },
    services: {
      recorder,
      openGate: session => new SessionGate(gate, session),
      affectedRows: (question, to) =>
        countAffected({ ...question, target: to, timeoutMs: 5_000, nowMs: () => Date.now() }),
    },
  });
  return {
    ...proxy,
    recorder,
    desk,
    catalogs,
    budgets,
    apply: (...given) => {
      current = apply(...given);
    },
    close: async () => {
      await proxy.close();
      refuseMalformed(recorder);
      await catalogs.stop();
      await pool.close();
    },
  };
}
