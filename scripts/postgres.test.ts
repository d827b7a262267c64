/** The launcher against its own server: start, refusal of strangers, crash, orphan, order of stopping. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, expect, it } from 'vitest';
import { type PostgresServer, postgresUrl, startPostgres } from './postgres.ts';
import { throwAwayDir } from './throw-away.ts';
import { isAlive, until } from './wait.ts';

const base = throwAwayDir('weir-postgres-');
const running: PostgresServer[] = [];
const start = async (name: string) => {
  const server = await startPostgres({ dir: path.join(base, name) });
  running.push(server);
  return server;
};
const query = async (url: string, text: string) => {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 5 });
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end({ timeout: 2 });
  }
};

afterAll(async () => {
  for (const server of running) await server.stop();
  fs.rmSync(base, { recursive: true, force: true });
});

it('creates a UTF-8 cluster with the builtin locale that asks for a SCRAM password', async () => {
  const server = await start('fresh');
  const [row] = await query(
    server.url,
    `select current_setting('server_encoding') as encoding, datlocprovider as provider, datlocale as locale,
            current_setting('listen_addresses') as listen, (select rolpassword like 'SCRAM-SHA-256%' from pg_authid
            where rolname = 'postgres') as scram from pg_database where datname = 'postgres'`,
  );
  expect(row).toEqual({ encoding: 'UTF8', provider: 'b', locale: 'C.UTF-8', listen: '127.0.0.1', scram: true });
  expect(fs.statSync(path.join(base, 'fresh/password')).mode & 0o777).toBe(0o600);
  const stranger = new URL(server.url);
  stranger.password = 'guess';
  await expect(query(stranger.toString(), 'select 1')).rejects.toThrow(/password authentication failed/);
});

it('recovers committed rows after the server was killed', async () => {
  const first = await start('crash');
  await query(first.url, 'create table kept (id int); insert into kept select generate_series(1, 100)');
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  const second = await start('crash');
  expect(await query(second.url, 'select count(*)::int as rows from kept')).toEqual([{ rows: 100 }]);
  expect(second.adopted).toBe(false);
});

it('adopts a server whose starter died, and stops it', async () => {
  const starter = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '-e',
      `import('#scripts/postgres.ts').then(m => m.startPostgres({ dir: process.argv[1] }))`,
      path.join(base, 'orphan'),
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const pidFile = path.join(base, 'orphan/data/postmaster.pid');
  await until(
    'the server of the other process',
    () => fs.existsSync(pidFile) && fs.readFileSync(pidFile, 'utf8').includes('ready'),
    {
      timeoutMs: 30_000,
    },
  );
  starter.kill('SIGKILL');
  const server = await start('orphan');
  expect(server.adopted).toBe(true);
  expect(await query(postgresUrl(server.url, 'template1'), 'select 1 as one')).toEqual([{ one: 1 }]);
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
});

it('starts although the process number in its lock file belongs to somebody else by now', async () => {
  const first = await start('reused');
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  const file = path.join(base, 'reused/data/postmaster.pid');
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/^\d+/, String(process.pid)));
  const second = await start('reused');
  expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});
