/** The proxy as a process, killed in the middle of its work: what ran was recorded first, and what was recorded arrives once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, targetDatabase } from '#db/testing.ts';
import { makeInstallation } from './control/bundle-testing.ts';
import { TestControl, testEnrolToken } from './control/control-testing.ts';
import { targetOf } from './control/target-testing.ts';

type Event = { type: string; text?: string; session?: string; statement?: number; outcome?: string };

let control: TestControl;
let database: TestDatabase;
let state: string;
let token: string;
let proxy: { child: ChildProcess; port: number; operations: number } | null = null;
let output = '';

beforeAll(async () => {
  const installation = await makeInstallation();
  control = await new TestControl(installation).start();
  await control.publish();
  token = await installation.token();
  database = await targetDatabase({ sql: 'create table ran (number int)' });
  state = mkdtempSync(join(tmpdir(), 'weir-crash-'));
  const { password, ...upstream } = targetOf(database.url);
  const config = {
    state: join(state, 'proxy'),
    control: { url: control.url, enrolToken: { value: testEnrolToken } },
    listen: { port: 0 },
    operations: { port: 0 },
    spool: { segmentBytesMax: 65_536 },
    connections: { 'shop-prod': { upstream: { ...upstream, tls: 'disable', password: { value: password() } } } },
  };
  writeFileSync(join(state, 'config.json'), JSON.stringify(config));
});
afterAll(async () => {
  proxy?.child.kill('SIGKILL');
  await control?.stop();
  if (state) rmSync(state, { recursive: true, force: true });
});

/** Runs until the log says that it is ready. */
async function start(): Promise<void> {
  output = '';
  const env = { ...process.env, WEIR_CONFIG: join(state, 'config.json') };
  const child = spawn(process.execPath, ['scripts/run.mjs', 'proxy'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      output += String(chunk);
    });
  }
  const ready = () => /"listen":"127\.0\.0\.1:(\d+)".*"operations":(\d+).*"message":"ready"/.exec(output);
  await expect.poll(() => ready()?.[1] ?? output, { timeout: 30_000 }).toMatch(/^\d+$/);
  proxy = { child, port: Number(ready()?.[1]), operations: Number(ready()?.[2]) };
}

/** Writes numbered statements until the connection is gone; gives the last number that was confirmed. */
async function work(from: number, onConfirmed: () => void): Promise<{ tried: number; confirmed: number }> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: proxy?.port ?? 0,
    user: 'dev@example.com',
    password: token,
    database: 'shop-prod',
    ssl: { rejectUnauthorized: false },
  });
  client.on('error', () => {});
  let tried = from;
  let confirmed = from;
  try {
    await client.connect();
    for (;;) {
      tried += 1;
      await client.query(`insert into ran select ${tried} as marker_${tried}_`);
      confirmed = tried;
      onConfirmed();
    }
  } catch {
    return { tried, confirmed };
  }
}

const events = () => control.events.events.map(event => JSON.parse(event.body) as Event);

it('survives being killed again and again, also while the control plane is away', async () => {
  let number = 0;
  const confirmed: number[] = [];
  for (let round = 0; round < 5; round++) {
    await start();
    if (round === 2) await control.stop();
    let left = 11 + round * 7;
    const killInTime = () => {
      left -= 1;
      if (left === 0) proxy?.child.kill('SIGKILL');
    };
    const [one, two] = await Promise.all([work(number, killInTime), work(number + 100_000, killInTime)]);
    confirmed.push(one.confirmed - number, two.confirmed - number - 100_000);
    number = Math.max(one.tried, two.tried - 100_000) + 1;
    if (round === 2) await control.start(Number(new URL(control.url).port));
  }
  expect(confirmed.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(50);
  await start();
  const spooled = async () => {
    const text = await (await fetch(`http://127.0.0.1:${proxy?.operations}/metrics`)).text();
    return /^weir_proxy_spool_events (\d+)/m.exec(text)?.[1];
  };
  await expect.poll(spooled, { timeout: 20_000 }).toBe('0');

  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query('select number, count(*)::int as times from ran group by number');
  await client.end();
  // The store throws on a gap, a changed event or a broken chain, so what is here is whole and in order.
  const decided = events().filter(event => event.type === 'statement.decided');
  const recorded = new Map<string, number>();
  for (const { text = '' } of decided) {
    const marker = /marker_(\d+)_/.exec(text)?.[1] ?? '';
    recorded.set(marker, (recorded.get(marker) ?? 0) + 1);
  }
  for (const { number: ran, times } of rows) {
    expect(times).toBe(1);
    expect(recorded.get(String(ran)), `statement ${ran} ran`).toBe(1);
  }
  const sum = confirmed.reduce((total, each) => total + each, 0);
  expect(rows.length).toBeGreaterThanOrEqual(sum);

  proxy?.child.kill('SIGTERM');
  await expect.poll(() => proxy?.child.exitCode, { timeout: 15_000 }).toBe(0);
  expect(events().at(-1)).toMatchObject({ type: 'proxy.stop' });
}, 120_000);
