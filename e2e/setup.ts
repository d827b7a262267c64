/** Starts the Weir that the browser tests run against, from its own command, and stops it the way a person would. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../scripts/root.ts';
import { throwAwayDir } from '../scripts/throw-away.ts';
import { freePort, until } from '../scripts/wait.ts';
import { startIdentityProvider } from './identity-provider.ts';
import { running } from './world.ts';

/** The first start builds the console. */
const readyTimeoutMs = 240_000;

export default async function setup(): Promise<() => Promise<void>> {
  // While writing specs: against a Weir that runs already, by its state directory.
  if (running()) return async () => {};
  const state = throwAwayDir('weir-e2e-');
  const log = fs.openSync(path.join(state, 'start.log'), 'a', 0o600);
  const { DATABASE_URL: _, ...inherited } = process.env;
  const consolePort = await freePort();
  const provider = await startIdentityProvider(`http://127.0.0.1:${consolePort}`, await freePort());
  const child = spawn(process.execPath, [path.join(root, 'scripts/run.mjs'), 'start'], {
    cwd: root,
    stdio: ['ignore', log, log],
    env: {
      ...inherited,
      WEIR_STATE_DIR: state,
      ...provider.env,
      WEIR_CONSOLE_PORT: String(consolePort),
      WEIR_PROXY_PORT: String(await freePort()),
    },
  });
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  const ready = () => fs.existsSync(path.join(state, 'running.json'));
  await until('Weir to be ready', () => ready() || ended(), { timeoutMs: readyTimeoutMs }).catch(() => {});
  const stop = async () => {
    child.kill('SIGTERM');
    await until('Weir to stop', ended, { timeoutMs: 40_000 });
    await provider.stop();
  };
  if (!ready()) {
    await stop();
    throw new Error(`Weir did not start:\n${fs.readFileSync(path.join(state, 'start.log'), 'utf8')}`);
  }
  process.env.WEIR_E2E_STATE = state;
  return async () => {
    await stop();
    if (!process.env.WEIR_E2E_KEEP) fs.rmSync(state, { recursive: true, force: true });
  };
}
