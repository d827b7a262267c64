/** One long-running child process: started until healthy, restarted when it falls, stopped in order, never left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { root } from '../root.ts';
import { until } from '../wait.ts';
import type { LogFile } from './log-file.ts';

export type ServiceOptions = {
  name: string;
  /** Arguments of node. */
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  log: LogFile;
  /** Also prints what the process prints. */
  echo: boolean;
  isHealthy(): Promise<boolean>;
  startTimeoutMs: number;
  /** SIGKILL comes this long after SIGTERM. */
  graceMs: number;
  /** Before the first restart; doubles with each. */
  backoffMs?: number;
  /** Told of falls and recoveries, in a sentence. */
  say(sentence: string): void;
  /** The service fell too often to be started again. */
  onGivenUp(reason: string): void;
};

/** Falls within `fallWindowMs` after which it is not started again. */
const fallsMax = 5;
const fallWindowMs = 5 * 60_000;
const backoffMaxMs = 15_000;

export class Service {
  readonly #options: ServiceOptions;
  #child: ChildProcess | null = null;
  #wanted = false;
  #falls: number[] = [];

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the service is healthy; rejects with the end of its log when it is not in time or ends before. */
  async start(): Promise<void> {
    this.#wanted = true;
    await this.#launch();
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    await this.#end();
  }

  /** For reloads: not counted as a fall. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async #launch(): Promise<void> {
    const { name, startTimeoutMs, isHealthy, log } = this.#options;
    const child = this.#spawn();
    const ended = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
    try {
      const healthy = async () => ended() || (await isHealthy().catch(() => false));
      await until(`${name} to be ready`, healthy, { timeoutMs: startTimeoutMs, everyMs: 100 });
      if (ended()) throw new Error(`${name} ended with ${child.signalCode ?? `code ${child.exitCode}`}.`);
    } catch (error) {
      await this.#end();
      throw new Error(`${(error as Error).message} The end of its log:\n${log.tail(15)}`);
    }
    child.once('exit', (code, signal) => void this.#fell(`${name} ended with ${signal ?? `code ${code}`}`));
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (!child || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise<void>(resolve => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), this.#options.graceMs);
    await exited;
    clearTimeout(killer);
  }

  #spawn(): ChildProcess {
    const { args, env, log, echo } = this.#options;
    const leash = pathToFileURL(path.join(root, 'scripts/leash.mjs')).href;
    const child = spawn(process.execPath, ['--import', leash, ...args], {
      cwd: root,
      env: env as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Its own process group: Ctrl-C reaches the supervisor alone, which stops things in order.
      detached: true,
    });
    for (const [stream, terminal] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ] as const) {
      stream?.on('data', (chunk: Buffer) => {
        log.write(chunk);
        if (echo) terminal.write(chunk);
      });
    }
    child.on('error', error => log.write(`${error.message}\n`));
    this.#child = child;
    return child;
  }

  async #fell(how: string): Promise<void> {
    const { name, log, say, onGivenUp } = this.#options;
    for (let reason = how; this.#wanted; ) {
      const now = Date.now();
      this.#falls = [...this.#falls.filter(at => now - at < fallWindowMs), now];
      const falls = this.#falls.length;
      if (falls > fallsMax) {
        const minutes = fallWindowMs / 60_000;
        onGivenUp(`${name} fell ${falls} times in ${minutes} minutes. The end of its log:\n${log.tail(15)}`);
        return;
      }
      const backoffMs = Math.min(backoffMaxMs, (this.#options.backoffMs ?? 250) * 2 ** (falls - 1));
      say(`${reason}; starting it again in ${backoffMs / 1000} s`);
      await sleep(backoffMs);
      if (!this.#wanted) return;
      try {
        await this.#launch();
        say(`${name} is back`);
        return;
      } catch (error) {
        reason = String((error as Error).message.split('\n')[0]);
      }
    }
  }
}
