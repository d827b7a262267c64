/** Runs a real PostgreSQL server from the binaries that npm installed: creates the cluster, starts, adopts, stops it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { isReachable, type ServerAccount, serverAccount, serverBinaries } from './postgres-binaries.ts';
import { freePort, isAlive, until } from './wait.ts';

export type PostgresServer = {
  /** Superuser, database `postgres`. */
  url: string;
  port: number;
  pid: number;
  /** The server was found running, left over by a process that died. */
  adopted: boolean;
  /** Settles when the server is gone, wanted or not. */
  exited: Promise<void>;
  /** Fast shutdown (SIGINT), immediate after 10 s, SIGKILL after 15 s. */
  stop(): Promise<void>;
};

export type PostgresOptions = {
  /** Holds the cluster (`data`), the superuser's password (0600) and the server's log. */
  dir: string;
  /** False for data that may be lost: no fsync. */
  durable?: boolean;
  settings?: Readonly<Record<string, string>>;
};

const triesMax = 60;
const retryMs = 250;
const logBytesMax = 5 * 1024 * 1024;

type Cluster = { data: string; log: string; password: string; account: ServerAccount | null; native: string };

export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const cluster = prepare(path.resolve(options.dir));
  for (let tries = 1; ; tries += 1) {
    const adopted = await adopt(cluster);
    if (adopted) return adopted;
    const port = await freePort();
    const outcome = await launch(cluster, port, options);
    if (typeof outcome !== 'string') return outcome;
    // The processes of a killed server take a moment to notice and to let go of its shared memory.
    const transient = /lock file|pre-existing shared memory|Address already in use|could not bind/.test(outcome);
    if (!transient || tries >= triesMax) throw new Error(`PostgreSQL did not start: ${outcome.trim()}`);
    await sleep(retryMs);
  }
}

export function postgresUrl(base: string, database: string): string {
  const url = new URL(base);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.toString();
}

function prepare(dir: string): Cluster {
  const account = serverAccount();
  fs.mkdirSync(dir, { recursive: true, mode: account ? 0o755 : 0o700 });
  if (!isReachable(dir, account)) {
    throw new Error(
      `${dir} cannot be reached by "${account?.name}", as whom PostgreSQL runs. Choose another WEIR_STATE_DIR.`,
    );
  }
  const native = serverBinaries(account);
  const data = path.join(dir, 'data');
  const passwordFile = path.join(dir, 'password');
  if (!fs.existsSync(data)) initialise({ dir, data, passwordFile, account, native });
  if (!fs.existsSync(passwordFile)) {
    throw new Error(
      `${passwordFile} is missing: without it the cluster beside it cannot be opened. Remove ${dir} to start anew.`,
    );
  }
  const log = path.join(dir, 'server.log');
  if (fs.existsSync(log) && fs.statSync(log).size > logBytesMax) fs.renameSync(log, `${log}.old`);
  return { data, log, password: fs.readFileSync(passwordFile, 'utf8').trim(), account, native };
}

function initialise(at: {
  dir: string;
  data: string;
  passwordFile: string;
  account: ServerAccount | null;
  native: string;
}) {
  const password = crypto.randomBytes(24).toString('base64url');
  fs.writeFileSync(at.passwordFile, password, { mode: 0o600 });
  // Into a directory of its own and renamed when complete, so that a killed initdb leaves nothing that looks like a cluster.
  const fresh = fs.mkdtempSync(path.join(at.dir, 'new-'));
  const handed = path.join(fresh, 'password');
  const data = path.join(fresh, 'data');
  try {
    fs.writeFileSync(handed, `${password}\n`, { mode: 0o600 });
    fs.mkdirSync(data, { mode: 0o700 });
    if (at.account) for (const one of [fresh, handed, data]) fs.chownSync(one, at.account.uid, at.account.gid);
    const flags = ['--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--locale-provider=builtin'];
    flags.push('--builtin-locale=C.UTF-8', '--no-sync', '--no-instructions');
    execFileSync(path.join(at.native, 'bin/initdb'), ['-D', data, '-U', 'postgres', '--pwfile', handed, ...flags], {
      ...asAccount(at.account, fresh),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    fs.renameSync(data, at.data);
  } catch (error) {
    const stderr = (error as { stderr?: Buffer }).stderr?.toString().trim();
    throw new Error(`initdb failed: ${stderr || String(error)}`);
  } finally {
    fs.rmSync(fresh, { recursive: true, force: true });
  }
}

function asAccount(account: ServerAccount | null, cwd: string) {
  const identity = account ? { uid: account.uid, gid: account.gid } : {};
  return {
    ...identity,
    cwd,
    env: { NODE_ENV: process.env.NODE_ENV, PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC', HOME: cwd },
  };
}

/** Resolves to the running server, or to what it said before it gave up. */
async function launch(cluster: Cluster, port: number, options: PostgresOptions): Promise<PostgresServer | string> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    max_connections: '200',
    // Errors and their statements quote data; they go to whoever asked, not to a file.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    ...(options.durable === false ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const before = fs.existsSync(cluster.log) ? fs.statSync(cluster.log).size : 0;
  const log = fs.openSync(cluster.log, 'a', 0o600);
  const child = spawn(path.join(cluster.native, 'bin/postgres'), ['-D', cluster.data, '-p', String(port), ...flags], {
    ...asAccount(cluster.account, cluster.data),
    stdio: ['ignore', log, log],
    // Its own process group: Ctrl-C reaches the supervisor alone, which stops things in order.
    detached: true,
  });
  fs.closeSync(log);
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()).once('error', () => resolve()));
  const gone = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const settled = until('PostgreSQL to be ready', () => gone() || isReady(cluster.data, child), { timeoutMs: 120_000 });
  await settled.catch(error => {
    child.kill('SIGKILL');
    throw error;
  });
  if (gone() || child.pid === undefined) {
    return fs.readFileSync(cluster.log).subarray(before).toString();
  }
  return serverOf(cluster, { port, pid: child.pid, exited, adopted: false });
}

/** postmaster.pid as the server writes it: pid, data directory, start time, port, sockets, address, memory key, status. */
function pidFile(data: string): { pid: number; port: number; status: string } | null {
  try {
    const lines = fs.readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]), status: (lines[7] ?? '').trim() };
  } catch {
    return null;
  }
}

const isReady = (data: string, child: ChildProcess): boolean => {
  const file = pidFile(data);
  return file?.pid === child.pid && file?.status === 'ready';
};

/** A server that still runs on this cluster because the process that started it was killed. */
async function adopt(cluster: Cluster): Promise<PostgresServer | null> {
  const found = pidFile(cluster.data);
  if (!found?.pid || !isAlive(found.pid)) return null;
  if (!runs(found.pid, cluster.data)) {
    // The number has gone to another process since, and PostgreSQL would refuse to start because of it.
    fs.rmSync(path.join(cluster.data, 'postmaster.pid'), { force: true });
    return null;
  }
  const answers = () => answersFor(cluster, found.port).catch(() => !isAlive(found.pid));
  await until('the running PostgreSQL to answer', answers, { timeoutMs: 30_000, everyMs: retryMs });
  if (!isAlive(found.pid)) return null;
  return serverOf(cluster, { port: found.port, pid: found.pid, exited: ended(found.pid), adopted: true });
}

/** The end of a process that is no child of ours. Keeps nothing alive. */
async function ended(pid: number): Promise<void> {
  while (isAlive(pid)) await sleep(500, undefined, { ref: false });
}

function runs(pid: number, data: string): boolean {
  try {
    const command =
      process.platform === 'linux'
        ? fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return command.includes(data);
  } catch {
    return false;
  }
}

async function answersFor(cluster: Cluster, port: number): Promise<boolean> {
  const sql = postgres(urlOf(cluster, port), { max: 1, connect_timeout: 2, onnotice: () => {} });
  try {
    const [row] = await sql`select current_setting('data_directory') as dir`;
    return fs.realpathSync(String(row?.dir)) === fs.realpathSync(cluster.data);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const urlOf = (cluster: Cluster, port: number): string =>
  `postgres://postgres:${encodeURIComponent(cluster.password)}@127.0.0.1:${port}/postgres`;

function serverOf(
  cluster: Cluster,
  server: { port: number; pid: number; exited: Promise<void>; adopted: boolean },
): PostgresServer {
  const stop = async () => {
    for (const [signal, timeoutMs] of [
      ['SIGINT', 10_000],
      ['SIGQUIT', 5_000],
      ['SIGKILL', 5_000],
    ] as const) {
      if (!isAlive(server.pid)) return;
      process.kill(server.pid, signal);
      const ended = until('PostgreSQL to stop', () => !isAlive(server.pid), { timeoutMs, everyMs: 20 });
      if (await ended.catch(() => false)) return;
    }
    throw new Error(`PostgreSQL (process ${server.pid}) does not stop.`);
  };
  return { ...server, url: urlOf(cluster, server.port), stop };
}
