/**
 * `npm run bench`: direct, pgbouncer (where installed) and Weir with the starter policies and recording on, in interleaved rounds
 * on one machine. Ratios are what counts; the absolute numbers say how busy the machine was.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '#scripts/postgres.ts';
import { type Rig, startRig } from '#scripts/rig/rig.ts';
import { Stoppers, stopOnEnd } from '#scripts/supervisor/stoppers.ts';
import { throwAwayDir } from '#scripts/throw-away.ts';
import { until } from '#scripts/wait.ts';
import { analysis } from './analyze.ts';
import { benchConnection, benchLogin } from './installation.ts';
import { type Interleaved, largeReads } from './large.ts';
import { latency } from './latency.ts';
import { type Endpoint, pgbench, protocols } from './pgbench.ts';
import { startPgbouncer } from './pgbouncer.ts';
import { cpuSeconds } from './process.ts';
import { statements } from './statement.ts';
import { printTable } from './table.ts';
import { loadTarget } from './target.ts';

/**
 * `--quick`: fewer and shorter rounds. `--only`: `analysis`, `statement`, `latency`, `large`, or the point reads whose name has it (`prepared, 8`).
 * `--profile DIR`: a CPU profile of the proxy.
 */
const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, profile: { type: 'string' } },
});
const { quick, only = '', profile } = options;
const rounds = quick ? 2 : 5;
const seconds = quick ? 2 : 4;
const warmUpSeconds = 3;
const clientCounts = [1, 8, 32] as const;
const latencySamples = quick ? 2_000 : 10_000;

const best = (values: readonly number[]): number => Math.max(...values);
const ratio = (value: number, to: number | undefined): string => (to ? (value / to).toFixed(2) : '-');

/** Every endpoint once per round, so that what else the machine does hits all of them alike; the best of each counts. */
const interleavedOn =
  (rig: Rig): Interleaved =>
  async (endpoints, measure) => {
    const values = new Map<string, number[]>(endpoints.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const endpoint of endpoints) {
        await untilTakenIn(rig);
        values.get(endpoint.name)?.push(await measure(endpoint));
      }
    }
    return new Map([...values].map(([name, measured]) => [name, best(measured)]));
  };

async function pointReads(endpoints: readonly Endpoint[], rig: Rig, interleaved: Interleaved): Promise<void> {
  const rows: string[][] = [];
  for (const protocol of protocols) {
    for (const clients of clientCounts.filter(count => `${protocol}, ${count}`.includes(only))) {
      const cost = costs(rig.planePid);
      const tps = await interleaved(endpoints, at => cost.of(at, seconds, pgbench(at, { protocol, clients, seconds })));
      const [direct = 0, bouncer, weir = 0] = ['direct', 'pgbouncer', 'weir'].map(name => tps.get(name));
      rows.push([
        `${protocol}, ${clients}`,
        direct.toFixed(0),
        bouncer?.toFixed(0) ?? '-',
        weir.toFixed(0),
        ratio(weir, direct),
        ratio(weir, bouncer),
        ...['pgbouncer', 'weir', 'plane'].map(name => cost.perTransactionUs(name)),
      ]);
      process.stderr.write('.');
    }
  }
  if (rows.length === 0) return;
  printTable('Point reads, transactions per second (pgbench -S); processor time per transaction in microseconds', [
    [
      'protocol, clients',
      'direct',
      'pgbouncer',
      'weir',
      'weir/direct',
      'weir/pgbouncer',
      'cpu pgbouncer',
      'cpu proxy',
      'cpu control',
    ],
    ...rows,
  ]);
}

/** Processor time of what stands between, per transaction: says what throughput on a busy machine cannot. */
function costs(planePid: number) {
  const used = new Map<string, { seconds: number; transactions: number }>();
  const add = (name: string, spent: number, transactions: number) => {
    const so = used.get(name) ?? { seconds: 0, transactions: 0 };
    used.set(name, { seconds: so.seconds + spent, transactions: so.transactions + transactions });
  };
  return {
    async of(at: Endpoint, duration: number, measuring: Promise<number>): Promise<number> {
      const pids = [
        ...(at.pid ? [[at.name, at.pid] as const] : []),
        ...(at.name === 'weir' ? [['plane', planePid] as const] : []),
      ];
      const before = pids.map(([, pid]) => cpuSeconds(pid));
      const tps = await measuring;
      for (const [index, [name, pid]] of pids.entries())
        add(name, cpuSeconds(pid) - (before[index] ?? 0), tps * duration);
      return tps;
    },
    perTransactionUs(name: string): string {
      const found = used.get(name);
      return found ? ((found.seconds / found.transactions) * 1e6).toFixed(0) : '-';
    },
  };
}

/** A program that has just started has not compiled what it runs. */
async function warmUp(endpoints: readonly Endpoint[]): Promise<void> {
  for (const protocol of protocols)
    for (const at of endpoints) await pgbench(at, { protocol, clients: 8, seconds: warmUpSeconds });
}

/** The control plane takes in what was recorded when there is time for it, which must not be the time of another endpoint. */
async function untilTakenIn({ proxy }: Rig): Promise<void> {
  const left = async () => {
    const text = await (await fetch(`${proxy.operationsUrl}/metrics`)).text();
    return Number(/^weir_proxy_spool_events (\d+)/m.exec(text)?.[1] ?? 0);
  };
  await until('the control plane to have all events', async () => (await left()) === 0, { timeoutMs: 300_000 });
}

/** Against servers and through sockets. */
async function endToEnd(): Promise<void> {
  try {
    execFileSync('pgbench', ['--version'], { stdio: 'ignore' });
  } catch {
    throw new Error('pgbench is not installed; it comes with PostgreSQL (Debian: postgresql-contrib).');
  }
  const dir = throwAwayDir('weir-bench-');
  const stoppers = new Stoppers();
  stopOnEnd(stoppers);
  try {
    const server = await startPostgres({ dir: `${dir}/postgres`, settings: { shared_buffers: '256MB' } });
    stoppers.add(() => server.stop());
    const direct = new URL(server.url);
    Object.assign(direct, { username: 'bench', password: 'bench', pathname: '/bench' });
    await loadTarget(server.url, direct.toString(), 10);
    const rig = await startRig({
      dir,
      adminUrl: server.url,
      controlDatabase: 'weir_bench',
      world: { kind: 'bench' },
      upstreams: { [benchConnection]: { url: direct.toString() } },
      stoppers,
      proxyFlags: profile ? ['--cpu-prof', '--cpu-prof-dir', path.resolve(profile)] : [],
    });
    const bouncer = await startPgbouncer(dir, direct.toString(), stoppers);
    const endpoints: Endpoint[] = [
      { name: 'direct', url: direct.toString() },
      ...(bouncer ? [bouncer] : []),
      { name: 'weir', url: rig.urlOf(benchLogin, benchConnection), pid: rig.proxy.pid() },
    ];
    if (!bouncer) console.log('pgbouncer is not installed: compared with a direct connection only');
    const interleaved = interleavedOn(rig);
    await warmUp(endpoints);
    if ('latency'.includes(only)) await latency(endpoints, latencySamples);
    await pointReads(endpoints, rig, interleaved);
    if ('large'.includes(only)) await largeReads(endpoints, rig, interleaved);
  } finally {
    await stoppers.stopAll();
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const [cpu] = os.cpus();
  console.log(
    `${os.cpus().length} × ${cpu?.model.trim()}, Node ${process.version}, load ${os.loadavg()[0]?.toFixed(1)}, best of ${rounds} rounds`,
  );
  if ('analysis'.includes(only)) await analysis();
  if ('statement'.includes(only)) await statements();
  if (!['analysis', 'statement'].includes(only)) await endToEnd();
}

await main();
