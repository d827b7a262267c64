/** One running Weir: databases, console and proxy, brought up in the order of their dependencies. */
import path from 'node:path';
import { migrate } from '#db/migrate.ts';
import { bundle } from '../bundle.mjs';
import { ensureShop } from '../demo/shop.ts';
import { demoRole, demoTargets } from '../demo/targets.ts';
import type { SeedOrder } from '../seed.ts';
import { buildConsole, nextProgram } from './console-build.ts';
import { type Databases, openDatabases } from './databases.ts';
import { openLogFile } from './log-file.ts';
import { type ProxyFiles, proxyFiles, proxyName, writeProxyConfig } from './proxy-config.ts';
import { startSeeding } from './seeding.ts';
import { Service, type ServiceOptions } from './service.ts';
import type { Settings } from './settings.ts';
import { secret, writePrivate } from './state.ts';
import type { Stoppers } from './stoppers.ts';

export type Installing = {
  state: string;
  settings: Settings;
  stoppers: Stoppers;
  /** Aborted when everything has to stop before it was ready. */
  signal: AbortSignal;
  /** Progress, one sentence at a time. */
  say(sentence: string): void;
  /** Something fell that does not stay up: everything has to stop. */
  onGivenUp(reason: string): void;
};

export type Installed = {
  proxy: Service;
  /** Null where nothing was made to look at. */
  people: readonly { login: string; what: string }[];
  password: string;
  /** Of the demo's developer, for the first connection; null without the demo. */
  tokenFile: string | null;
};

export async function install(at: Installing): Promise<Installed> {
  const { state, settings, stoppers, signal, say } = at;
  const preparing = [
    prepareDatabases(at),
    bundle(['proxy', 'parser-worker', 'seed']),
    settings.dev
      ? null
      : buildConsole({
          signal,
          onBuild: () =>
            say('Building the console: once, and again when its sources change; this takes about a minute'),
        }),
  ] as const;
  // What one of them has begun is known to be stopped only when all have come to an end.
  await Promise.allSettled(preparing);
  const [databases, programs] = await Promise.all(preparing);
  signal.throwIfAborted();
  const [proxyProgram = '', , seedProgram = ''] = programs;
  const files = proxyFiles(state);
  const hasDemo = databases.adminUrl !== null && settings.demo;
  writeProxyConfig(files, settings, hasDemo ? upstreamOf(databases, state) : null);
  const environment = consoleEnvironment(at, databases);

  const tokenFile = path.join(state, 'dev.token');
  const order: SeedOrder = { demo: hasDemo, proxyName, proxyState: files.state, tokenFile };
  const password = secret(state, 'demo-password', () => process.env.WEIR_DEMO_PASSWORD || readablePassword());
  const seeding = startSeeding(seedProgram, order, {
    env: { ...environment, WEIR_DEMO_PASSWORD: password },
    log: openLogFile(path.join(state, 'seed.log')),
  });
  stoppers.add(() => seeding.stop());
  const console = consoleService(at, environment);
  stoppers.add(() => console.stop());
  const consoleUp = console.start();
  // Awaited below; what fails before must not leave it without a listener.
  consoleUp.catch(() => {});
  const { enrolToken, people } = await seeding.installed;
  if (enrolToken) {
    writePrivate(files.enrolToken, enrolToken);
    await consoleUp;
  }
  signal.throwIfAborted();
  const proxy = proxyService(at, proxyProgram, files);
  stoppers.add(() => proxy.stop());
  await Promise.all([consoleUp, proxy.start()]);
  await seeding.finished;
  return { proxy, people, password, tokenFile: hasDemo ? tokenFile : null };
}

async function prepareDatabases({ state, settings, stoppers, signal, say }: Installing): Promise<Databases> {
  const databases = await openDatabases(state);
  const { embedded } = databases;
  if (embedded) {
    stoppers.add(() => embedded.stop());
    say(`PostgreSQL ${embedded.adopted ? 'was still running' : 'runs'} on 127.0.0.1:${embedded.port}`);
  }
  signal.throwIfAborted();
  await migrate(databases.controlUrl);
  const { adminUrl } = databases;
  if (!settings.demo) return databases;
  if (!adminUrl) {
    say('The role in DATABASE_URL may not create roles and databases: no demo target');
    return databases;
  }
  const password = secret(state, 'shop-password');
  for (const { database, customers } of demoTargets) {
    signal.throwIfAborted();
    await ensureShop({ adminUrl, database, customers, role: demoRole, password });
  }
  return databases;
}

function upstreamOf(databases: Databases, state: string) {
  const url = new URL(databases.adminUrl ?? databases.controlUrl);
  return { host: url.hostname, port: Number(url.port || 5432), password: secret(state, 'shop-password') };
}

/** Sixteen letters that are hard to mistake for one another, in groups. */
function readablePassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  const letters = Array.from(crypto.getRandomValues(new Uint32Array(16)), value => alphabet[value % alphabet.length]);
  return letters.join('').replace(/(.{4})(?=.)/g, '$1-');
}

function consoleEnvironment({ state, settings }: Installing, databases: Databases): NodeJS.ProcessEnv {
  return {
    ...process.env,
    NODE_ENV: settings.dev ? 'development' : 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    DATABASE_URL: databases.controlUrl,
    WEIR_SECRET: process.env.WEIR_SECRET || secret(state, 'secret'),
    WEIR_CONSOLE_URL: settings.consoleUrl,
    NEXTAUTH_URL: settings.consoleUrl,
  };
}

function consoleService(at: Installing, env: NodeJS.ProcessEnv): Service {
  const { dev, host, consolePort } = at.settings;
  return new Service({
    ...common(at, 'console'),
    args: [nextProgram, dev ? 'dev' : 'start', '--port', String(consolePort), '--hostname', host],
    env,
    isHealthy: () => answers(`http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${consolePort}/api/health`),
    startTimeoutMs: 120_000,
    graceMs: 5_000,
  });
}

function proxyService(at: Installing, program: string, files: ProxyFiles): Service {
  const { PATH, HOME, TZ, WEIR_LOG_LEVEL } = process.env;
  return new Service({
    ...common(at, 'proxy'),
    args: ['--enable-source-maps', program],
    // Nothing of the control plane's secrets.
    env: { PATH, HOME, TZ, WEIR_LOG_LEVEL, NODE_ENV: 'production', WEIR_CONFIG: files.config },
    isHealthy: () => answers(`http://127.0.0.1:${at.settings.operationsPort}/healthz`),
    startTimeoutMs: 60_000,
    graceMs: 8_000,
  });
}

function common(
  { state, settings, say, onGivenUp }: Installing,
  name: string,
): Pick<ServiceOptions, 'name' | 'log' | 'echo' | 'say' | 'onGivenUp'> {
  return {
    name: `The ${name}`,
    log: openLogFile(path.join(state, `${name}.log`)),
    echo: settings.echo,
    say,
    onGivenUp,
  };
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  await response.body?.cancel();
  return response.ok;
}
