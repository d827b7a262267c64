/** Starting and stopping as people do it: twice at once, on taken ports, killed in the middle, and nothing left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { root } from '../scripts/root.ts';
import { readRunning } from '../scripts/supervisor/running.ts';
import { throwAwayDir } from '../scripts/throw-away.ts';
import { freePort, isAlive, isFree, until } from '../scripts/wait.ts';

const readyMsMax = 60_000;

type Started = { child: ChildProcess; said: () => string; ended: () => boolean };

function start(state: string, env: Record<string, string> = {}): Started {
  const { DATABASE_URL: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [path.join(root, 'scripts/run.mjs'), 'start'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited, WEIR_STATE_DIR: state, ...env },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return { child, said: () => said, ended: () => child.exitCode !== null || child.signalCode !== null };
}

const ports = async () => ({ WEIR_CONSOLE_PORT: String(await freePort()), WEIR_PROXY_PORT: String(await freePort()) });
const postmaster = (state: string) =>
  Number.parseInt(fs.readFileSync(path.join(state, 'postgres/data/postmaster.pid'), 'utf8'), 10);

async function ready(state: string, started: Started): Promise<void> {
  await until('Weir to be ready', () => readRunning(state) !== null || started.ended(), { timeoutMs: readyMsMax });
  expect(readRunning(state), started.said()).not.toBeNull();
}

async function ended(started: Started): Promise<number | null> {
  await until('Weir to end', started.ended, { timeoutMs: 30_000 });
  return started.child.exitCode;
}

test('starts, refuses a second one beside it, survives being killed, and leaves nothing behind', async () => {
  test.setTimeout(240_000);
  const state = throwAwayDir('weir-lifecycle-');
  const env = await ports();
  try {
    const first = start(state, env);
    await ready(state, first);

    const second = start(state, await ports());
    expect(await ended(second)).toBe(1);
    expect(second.said()).toContain('Weir is already running');

    // Killed: what it started ends by itself, but for the database, which the next start adopts.
    const server = postmaster(state);
    first.child.kill('SIGKILL');
    const free = async () =>
      (await isFree(Number(env.WEIR_CONSOLE_PORT))) && (await isFree(Number(env.WEIR_PROXY_PORT)));
    await until('console and proxy to end', free, { timeoutMs: 20_000 });
    expect(isAlive(server)).toBe(true);

    const startedAt = performance.now();
    const third = start(state, env);
    await ready(state, third);
    expect(performance.now() - startedAt).toBeLessThan(30_000);
    expect(third.said()).toContain('was still running');
    expect(postmaster(state)).toBe(server);

    third.child.kill('SIGINT');
    expect(await ended(third), third.said()).toBe(0);
    expect(await free()).toBe(true);
    expect(isAlive(server)).toBe(false);
    expect(readRunning(state)).toBeNull();
  } finally {
    fs.rmSync(state, { recursive: true, force: true });
  }
});

test('says which port is taken when it was asked for', async () => {
  const state = throwAwayDir('weir-lifecycle-');
  const taken = net.createServer();
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve));
  const port = String((taken.address() as net.AddressInfo).port);
  try {
    const refused = start(state, { ...(await ports()), WEIR_CONSOLE_PORT: port });
    expect(await ended(refused)).toBe(1);
    expect(refused.said()).toContain(`Port ${port} (WEIR_CONSOLE_PORT) is taken`);
  } finally {
    taken.close();
    fs.rmSync(state, { recursive: true, force: true });
  }
});

test('stops in the middle of a start', async () => {
  const state = throwAwayDir('weir-lifecycle-');
  const interrupted = start(state, await ports());
  const pidFile = path.join(state, 'postgres/data/postmaster.pid');
  await until('the database to come up', () => fs.existsSync(pidFile) || interrupted.ended(), {
    timeoutMs: readyMsMax,
  });
  const server = postmaster(state);
  interrupted.child.kill('SIGTERM');
  expect(await ended(interrupted), interrupted.said()).toBe(0);
  expect(isAlive(server)).toBe(false);
  fs.rmSync(state, { recursive: true, force: true });
});
