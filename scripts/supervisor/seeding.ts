/** Runs the seed program beside the console: it fills an empty installation and issues what the first connection needs. */
import { fork } from 'node:child_process';
import { root } from '../root.ts';
import type { SeedMessage, SeedOrder } from '../seed.ts';
import type { LogFile } from './log-file.ts';

export type Seeding = {
  /** Identities, connections and policies are there; `enrolToken` is null when the proxy is enrolled already. */
  installed: Promise<Extract<SeedMessage, { type: 'installed' }>>;
  /** Everything is, also what has to wait for the proxy's first look into its databases. */
  finished: Promise<void>;
  stop(): Promise<void>;
};

export function startSeeding(
  program: string,
  order: SeedOrder,
  { env, log }: { env: NodeJS.ProcessEnv; log: LogFile },
): Seeding {
  const child = fork(program, [JSON.stringify(order)], {
    cwd: root,
    env,
    execArgv: ['--enable-source-maps'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  child.stdout?.on('data', (chunk: Buffer) => log.write(chunk));
  child.stderr?.on('data', (chunk: Buffer) => log.write(chunk));
  const exited = new Promise<number | null>(resolve => child.once('exit', resolve));
  const finished = exited.then(code => {
    if (code !== 0) throw new Error(`The installation could not be filled. The end of the log:\n${log.tail(15)}`);
  });
  const installed = new Promise<Extract<SeedMessage, { type: 'installed' }>>((resolve, reject) => {
    child.on('message', (message: SeedMessage) => {
      if (message.type === 'installed') resolve(message);
    });
    finished.then(() => reject(new Error('The seed program ended without a word.')), reject);
  });
  // Whoever waits for one of them is told; the other must not end the process.
  installed.catch(() => {});
  finished.catch(() => {});
  return {
    installed,
    finished,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
