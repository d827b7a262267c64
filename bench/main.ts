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
import { benchConnection, benchLogin } from './installation.ts';
import { type Endpoint, pgbench, protocols } from './pgbench.ts';
import { startPgbouncer } from './pgbouncer.ts';
import { cpuSeconds, memoryDuring } from './process.ts';
import { RawClient } from './raw-client.ts';
import { printTable } from './table.ts';
import { loadTarget, wideRows } from './target.ts';

/** `--quick`: fewer and shorter rounds. `--only prepared`: cells whose name has it. `--profile DIR`: a CPU profile of the proxy. */
const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, profile: { type: 'string' } },
});
const { quick, only = '', profile } = options;
const rounds = quick ? 2 : 5;
const seconds = quick ? 2 : 4;
const clientCounts = [1, 8, 32] as const;
const latencySamples = quick ? 2_000 : 10_000;

const best = (values: readonly number[]): number => Math.max(...values);
const ratio = (value: number, to: number | undefined): string => (to ? (value / to).toFixed(2) : '-');

/** Every endpoint once per round, so that what else the machine does hits all of them alike; the best of each counts. */
async function interleaved(
  endpoints: readonly Endpoint[],
  measure: (at: Endpoint) => Promise<number>,
): Promise<Map<string, number>> {
  const values = new Map<string, number[]>(endpoints.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const endpoint of endpoints) values.get(endpoint.name)?.push(await measure(endpoint));
  }
  return new Map([...values].map(([name, measured]) => [name, best(measured)]));
}

async function pointReads(endpoints: readonly Endpoint[], planePid: number): Promise<void> {
  const rows: string[][] = [];
  for (const protocol of protocols) {
    for (const clients of clientCounts.filter(count => `${protocol}, ${count}`.includes(only))) {
      const cost = costs(planePid);
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

async function largeReads(endpoints: readonly Endpoint[], rig: Rig): Promise<void> {
  const rows: string[][] = [];
  for (const [table, masked] of [
    ['wide', 0],
    ['wide_masked', 2],
  ] as const) {
    const read = async ({ url }: Endpoint) => {
      const client = await RawClient.connect(url);
      const startedAt = performance.now();
      await client.query(`select * from ${table}`);
      client.close();
      return wideRows / ((performance.now() - startedAt) / 1000);
    };
    const { value: perSecond, growthBytes } = await memoryDuring(rig.proxy.pid(), () => interleaved(endpoints, read));
    const [direct = 0, bouncer, weir = 0] = ['direct', 'pgbouncer', 'weir'].map(name => perSecond.get(name));
    rows.push([
      String(masked),
      ...[direct, bouncer, weir].map(value => (value === undefined ? '-' : `${(value / 1000).toFixed(0)} k`)),
      ratio(weir, direct),
      ratio(weir, bouncer),
      `${(growthBytes / 1024 / 1024).toFixed(1)} MiB`,
    ]);
  }
  printTable(`Large reads, rows per second (${wideRows.toLocaleString('en')} rows of 10 text columns)`, [
    ['masked columns', 'direct', 'pgbouncer', 'weir', 'weir/direct', 'weir/pgbouncer', 'memory growth of the proxy'],
    ...rows,
  ]);
}

/** Microseconds, by percentile. */
async function latency(endpoints: readonly Endpoint[]): Promise<void> {
  const samples = new Map<string, number[]>(endpoints.map(({ name }) => [name, []]));
  const clients = await Promise.all(
    endpoints.map(async ({ name, url }) => ({ name, client: await RawClient.connect(url) })),
  );
  const once = async (client: RawClient, aid: number) => {
    const startedAt = process.hrtime.bigint();
    await client.query(`SELECT abalance FROM pgbench_accounts WHERE aid = ${aid};`);
    return Number(process.hrtime.bigint() - startedAt) / 1000;
  };
  for (let block = 0; block < 20; block += 1) {
    for (const { name, client } of clients) {
      for (let n = 0; n < latencySamples / 20; n += 1)
        samples.get(name)?.push(await once(client, 1 + ((block * 7919 + n * 31) % 90_000)));
    }
  }
  for (const { client } of clients) client.close();
  const at = (name: string, share: number) => {
    const sorted = [...(samples.get(name) ?? [])].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  };
  const row = (name: string) => [
    name,
    ...[0.5, 0.95, 0.99].map(share => at(name, share).toFixed(0)),
    name === 'direct' ? '-' : (at(name, 0.5) - at('direct', 0.5)).toFixed(0),
  ];
  printTable('Latency of one client, microseconds', [
    ['', 'p50', 'p95', 'p99', 'added p50'],
    ...endpoints.map(({ name }) => row(name)),
  ]);
}

async function main(): Promise<void> {
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
    const [cpu] = os.cpus();
    console.log(
      `${os.cpus().length} × ${cpu?.model.trim()}, Node ${process.version}, load ${os.loadavg()[0]?.toFixed(1)}, best of ${rounds} rounds`,
    );
    if (!bouncer) console.log('pgbouncer is not installed: compared with a direct connection only');
    if ('latency'.includes(only)) await latency(endpoints);
    await pointReads(endpoints, rig.planePid);
    if ('large'.includes(only)) await largeReads(endpoints, rig);
  } finally {
    await stoppers.stopAll();
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

await main();
