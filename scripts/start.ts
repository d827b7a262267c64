/** `npm start`: everything Weir needs, on one machine, from one command, and in order down again. `npm run dev` reloads. */
import { bundle } from './bundle.mjs';
import { readArguments, usage } from './supervisor/arguments.ts';
import { printBanner } from './supervisor/banner.ts';
import { buildConsole } from './supervisor/console-build.ts';
import { type Installed, install } from './supervisor/installation.ts';
import { watchProxy } from './supervisor/reload.ts';
import { writeRunning } from './supervisor/running.ts';
import { readSettings } from './supervisor/settings.ts';
import { lockStateDir, openStateDir, stateDir } from './supervisor/state.ts';
import { Stoppers } from './supervisor/stoppers.ts';

const startedAt = performance.now();
const say = (sentence: string) => console.log(`[${((performance.now() - startedAt) / 1000).toFixed(1)} s] ${sentence}`);

const stoppers = new Stoppers();
const abort = new AbortController();
let starting: Promise<Installed> | null = null;
/** When the stop began; 0 while nothing stops. */
let stoppingAtMs = 0;

/** One Ctrl-C can arrive twice, from the terminal and from npm. */
const sameSignalMs = 1000;

/** Stops what runs, waits for what was about to, and leaves with the code. Asked again, it does not wait any more. */
async function leave(reason: string, code: number): Promise<void> {
  const now = performance.now();
  if (stoppingAtMs > 0 && now - stoppingAtMs > sameSignalMs) process.exit(code || 1);
  if (stoppingAtMs > 0) return;
  stoppingAtMs = now;
  say(reason);
  abort.abort(new Error('stopped'));
  try {
    await stoppers.stopAll();
    await starting?.catch(() => {});
    // What came up while the rest went down.
    await new Promise(resolve => setImmediate(resolve));
    await stoppers.stopAll();
    say('Stopped');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
  process.exit(code);
}

const parentMs = 500;

/** npm does not pass every signal on, and a killed one passes none: when whoever started this is gone, so is the reason to run. */
function leaveWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent && stoppingAtMs === 0) void leave('npm is gone: stopping', 0);
  }, parentMs).unref();
}

/** `--build`: only what `start` would build, for images. */
async function buildOnly(): Promise<void> {
  await bundle(['start', 'seed', 'proxy', 'parser-worker', 'weir']);
  await buildConsole({ signal: abort.signal, onBuild: () => say('Building the console') });
  process.exit(0);
}

async function run(): Promise<void> {
  const asked = readArguments(process.argv.slice(2));
  if (asked.help) return console.log(usage);
  if (asked.build) return buildOnly();
  const settings = await readSettings(asked.dev);
  const state = stateDir();
  openStateDir(state);
  const unlock = lockStateDir(state, settings.consoleUrl);
  process.on('exit', unlock);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void leave(`${signal}: stopping`, 0));
  }
  if (process.env.npm_lifecycle_event) leaveWithParent();
  const onGivenUp = (reason: string) => void leave(reason, 1);
  starting = install({ state, settings, stoppers, signal: abort.signal, say, onGivenUp });
  const installed = await starting;
  if (settings.dev) stoppers.add(watchProxy(installed.proxy, say));
  writeRunning(state, { settings, installed });
  printBanner({ settings, installed, seconds: (performance.now() - startedAt) / 1000 });
}

run().catch((error: unknown) => {
  if (stoppingAtMs > 0) return;
  void leave(error instanceof Error ? error.message : String(error), 1);
});
