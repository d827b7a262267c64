/** A throw-away Weir around given databases: control database, control plane and the real proxy program, each a process. */
import { type ChildProcess, fork } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { migrate } from '#db/migrate.ts';
import { bundle } from '../bundle.mjs';
import type { PlaneMessage, PlaneOrder } from '../plane.ts';
import { postgresUrl } from '../postgres.ts';
import { root } from '../root.ts';
import { openLogFile } from '../supervisor/log-file.ts';
import { Service } from '../supervisor/service.ts';
import type { Stoppers } from '../supervisor/stoppers.ts';
import { freePort } from '../wait.ts';

export type RigOptions = {
  /** Holds everything; removed by whoever made it. */
  dir: string;
  /** Superuser of the server for the control database. */
  adminUrl: string;
  /** Name of the control database, which must not exist. */
  controlDatabase: string;
  world: PlaneOrder['world'];
  /** Connection → how the proxy reaches it. */
  upstreams: Readonly<Record<string, { url: string }>>;
  stoppers: Stoppers;
  /** Of node, for the proxy. */
  proxyFlags?: readonly string[];
};

export type Rig = {
  proxy: { port: number; pid: () => number; operationsUrl: string };
  /** Process of the control plane, which takes in what is recorded. */
  planePid: number;
  /** Login → token. */
  tokens: Readonly<Record<string, string>>;
  /** As clients connect: `postgres://login:token@127.0.0.1:port/connection`. */
  urlOf(login: string, connection: string): string;
};

const proxyName = 'rig';

export async function startRig(options: RigOptions): Promise<Rig> {
  const { dir, stoppers } = options;
  const [planeProgram = '', proxyProgram = ''] = await bundle(['plane', 'proxy', 'parser-worker']);
  const controlUrl = await controlDatabase(options);
  const [planePort, proxyPort, operationsPort] = [await freePort(), await freePort(), await freePort()];

  const order: PlaneOrder = { world: options.world, port: planePort, proxyName };
  const consoleUrl = `http://127.0.0.1:${planePort}`;
  const plane = startPlane(planeProgram, order, { dir, controlUrl, consoleUrl });
  stoppers.add(plane.stop);
  const { enrolToken, tokens } = await plane.listening;

  const config = path.join(dir, 'proxy.json');
  fs.writeFileSync(
    config,
    JSON.stringify(proxyConfig({ ...options, consoleUrl, enrolToken, proxyPort, operationsPort })),
    {
      mode: 0o600,
    },
  );
  const operationsUrl = `http://127.0.0.1:${operationsPort}`;
  const flags = options.proxyFlags ?? [];
  const proxy = proxyService({ dir, program: proxyProgram, config, operationsUrl, flags });
  stoppers.add(() => proxy.stop());
  await proxy.start();
  await plane.classified;
  return {
    proxy: { port: proxyPort, pid: () => proxy.pid ?? 0, operationsUrl },
    planePid: plane.pid,
    tokens,
    urlOf(login, connection) {
      const token = tokens[login];
      if (!token) throw new Error(`nobody is called ${login}`);
      return `postgres://${encodeURIComponent(login)}:${token}@127.0.0.1:${proxyPort}/${connection}`;
    },
  };
}

async function controlDatabase({ adminUrl, controlDatabase: name, stoppers }: RigOptions): Promise<string> {
  const admin = async (statement: string) => {
    const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
    await sql.unsafe(statement).finally(() => sql.end({ timeout: 5 }));
  };
  await admin(`create database ${name} template template0`);
  stoppers.add(() => admin(`drop database if exists ${name} with (force)`));
  const url = postgresUrl(adminUrl, name);
  await migrate(url);
  return url;
}

function startPlane(program: string, order: PlaneOrder, at: { dir: string; controlUrl: string; consoleUrl: string }) {
  const log = openLogFile(path.join(at.dir, 'plane.log'));
  const child: ChildProcess = fork(program, [JSON.stringify(order)], {
    cwd: root,
    execArgv: ['--enable-source-maps'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      DATABASE_URL: at.controlUrl,
      WEIR_CONSOLE_URL: at.consoleUrl,
      WEIR_SECRET: 'a throw-away secret of thirty-two',
      WEIR_LOG_LEVEL: 'warn',
    },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => log.write(chunk));
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const message = <T extends PlaneMessage['type']>(type: T) =>
    new Promise<Extract<PlaneMessage, { type: T }>>((resolve, reject) => {
      child.on('message', (said: PlaneMessage) => {
        if (said.type === type) resolve(said as Extract<PlaneMessage, { type: T }>);
      });
      exited.then(() => reject(new Error(`The control plane ended. The end of its log:\n${log.tail(20)}`)));
    });
  const [listening, classified] = [message('listening'), message('classified')];
  classified.catch(() => {});
  return {
    pid: child.pid ?? 0,
    listening,
    classified,
    async stop() {
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 3000);
      await exited;
      clearTimeout(killer);
    },
  };
}

type ProxySetting = RigOptions & { consoleUrl: string; enrolToken: string; proxyPort: number; operationsPort: number };

function proxyConfig({ dir, upstreams, consoleUrl, enrolToken, proxyPort, operationsPort }: ProxySetting) {
  const connections = Object.entries(upstreams).map(([name, { url: text }]) => {
    const url = new URL(text);
    const upstream = {
      host: url.hostname,
      port: Number(url.port || 5432),
      database: decodeURIComponent(url.pathname.slice(1)),
      user: decodeURIComponent(url.username),
      password: { value: decodeURIComponent(url.password) },
    };
    return [name, { upstream }];
  });
  return {
    name: proxyName,
    state: path.join(dir, 'proxy'),
    control: { url: consoleUrl, enrolToken: { value: enrolToken } },
    listen: { host: '127.0.0.1', port: proxyPort },
    operations: { host: '127.0.0.1', port: operationsPort },
    limits: { drainMs: 500 },
    connections: Object.fromEntries(connections),
  };
}

type ProxyProcess = { dir: string; program: string; config: string; operationsUrl: string; flags: readonly string[] };

function proxyService(at: ProxyProcess): Service {
  const log = openLogFile(path.join(at.dir, 'proxy.log'));
  return new Service({
    name: 'The proxy',
    args: ['--enable-source-maps', ...at.flags, at.program],
    env: { PATH: process.env.PATH, NODE_ENV: 'production', WEIR_CONFIG: at.config },
    log,
    echo: false,
    isHealthy: async () => (await fetch(`${at.operationsUrl}/healthz`)).ok,
    startTimeoutMs: 30_000,
    graceMs: 4_000,
    // A proxy that falls during a run is a finding; it is started again so that the run can go on and report it.
    say: sentence => console.error(sentence),
    onGivenUp: reason => console.error(reason),
  });
}
