/** pgbouncer in session mode in front of the target, where it is installed: what the numbers are compared with. */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { serverAccount } from '#scripts/postgres-binaries.ts';
import type { Stoppers } from '#scripts/supervisor/stoppers.ts';
import { freePort, isFree, until } from '#scripts/wait.ts';
import type { Endpoint } from './pgbench.ts';

export async function startPgbouncer(dir: string, upstream: string, stoppers: Stoppers): Promise<Endpoint | null> {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' });
  } catch {
    return null;
  }
  const url = new URL(upstream);
  const port = await freePort();
  const own = path.join(dir, 'pgbouncer');
  fs.mkdirSync(own);
  const account = serverAccount();
  const lines = [
    '[databases]',
    `${url.pathname.slice(1)} = host=${url.hostname} port=${url.port} user=${url.username} password=${url.password}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = session',
    'max_client_conn = 200',
    'default_pool_size = 100',
    'log_connections = 0',
    'log_disconnections = 0',
    'ignore_startup_parameters = extra_float_digits',
    ...(account ? [`user = ${account.name}`] : []),
  ];
  const file = path.join(own, 'pgbouncer.ini');
  fs.writeFileSync(file, `${lines.join('\n')}\n`);
  if (account) for (const one of [own, file]) fs.chownSync(one, account.uid, account.gid);
  const child = spawn('pgbouncer', ['--quiet', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()));
  stoppers.add(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  await until('pgbouncer to listen', async () => !(await isFree(port)), { timeoutMs: 5_000 });
  url.port = String(port);
  return { name: 'pgbouncer', url: url.toString(), pid: child.pid };
}
