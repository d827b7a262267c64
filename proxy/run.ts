/** Runs a proxy as a process: configuration in, ready line out, and an end on SIGTERM that loses nothing. */
import fs from 'node:fs';
import { hostname } from 'node:os';
import pino from 'pino';
import { fail, type Result } from '#core/contract/error.ts';
import { type Environment, loadConfig, type ProxyConfig } from './config.ts';
import { type Enrolment, ensureEnrolled } from './control/enrol.ts';
import type { Log } from './control/link.ts';
import { ParserPool } from './enforce/parser-pool.ts';
import { type Operations, startOperations, type Vitals } from './operations.ts';
import { ProxyService } from './proxy-service.ts';
import { type Lock, LockHeld, takeLock } from './record/lock.ts';
import { SpoolDamage } from './record/recovery.ts';
import { version } from './version.ts';

/** 0 stopped as asked, 1 could not go on, 2 bad configuration. */
export async function runProxy(environment: Environment, configFile?: string): Promise<number> {
  const config = loadConfig(environment, configFile ?? environment.WEIR_CONFIG);
  if (!config.ok) {
    process.stderr.write(`${config.error.message}\n`);
    return 2;
  }
  const { state, log: logging } = config.value;
  const log = pino({ level: logging.level, base: { proxy: config.value.name }, messageKey: 'message' });
  let lock: Lock | null = null;
  try {
    fs.mkdirSync(state, { recursive: true, mode: 0o700 });
    lock = takeLock(state);
    return await run(config.value, log);
  } catch (error) {
    if (!(error instanceof LockHeld || error instanceof SpoolDamage || isSystemError(error))) throw error;
    log.fatal({ reason: error.message }, 'the proxy cannot start');
    return 1;
  } finally {
    lock?.release();
  }
}

/** Of the operating system: a port that is taken, a directory that may not be written. */
const isSystemError = (error: unknown): error is Error => error instanceof Error && 'syscall' in error;

async function run(config: ProxyConfig, log: pino.Logger): Promise<number> {
  const clock = {
    nowMs: () => Date.now(),
    nowUs: () => performance.now() * 1000,
  };
  const stop = stopSignal(log);
  let proxy: ProxyService | null = null;
  const operations = await operationsOf(config, () => proxy?.vitals() ?? starting);
  try {
    const enrolment = await enrolled(config, log, stop);
    if (!enrolment.ok) {
      if (stop.reason !== null) return 0;
      log.fatal({ reason: enrolment.error.message, hint: enrolment.error.hint }, 'the proxy cannot be enrolled');
      return 1;
    }
    const pool = await ParserPool.start();
    proxy = new ProxyService({ config, enrolment: enrolment.value, clock, log, host: hostname().slice(0, 255) }, pool);
    await proxy.start();
    log.info(readyFields(config, proxy, operations), 'ready');
    const reason = await stop.asked;
    log.info({ reason }, 'stopping');
    await proxy.stop(reason);
    log.info({}, 'stopped');
    return 0;
  } finally {
    await operations?.close();
  }
}

const readyFields = (config: ProxyConfig, proxy: ProxyService, operations: Operations | null) => ({
  version,
  listen: `${config.listen.host}:${proxy.port}`,
  tls: config.tls.mode,
  ca: config.tls.mode === 'auto' ? `${config.state}/tls/ca.pem` : undefined,
  connections: [...config.connections.keys()],
  operations: operations?.port,
});

const starting: Vitals = {
  problems: ['starting'],
  isControlUp: false,
  bundleVersion: 0,
  bundleExpiresIn: 0,
  sessions: 0,
  held: 0,
  spool: { events: 0, bytes: 0, limitBytes: 0, failures: 0, flushes: 0, commits: 0 },
  parser: { workers: 0, killed: 0, refused: 0, analysed: 0, queued: 0 },
};

function operationsOf(config: ProxyConfig, read: () => Vitals): Promise<Operations> | null {
  return config.operations ? startOperations(config.operations, read) : null;
}

type Stop = { asked: Promise<string>; reason: string | null };

/** The first signal asks for an orderly end, the second is the end. */
function stopSignal(log: Log): Stop {
  const stop: Stop = { asked: Promise.resolve(''), reason: null };
  stop.asked = new Promise(resolve => {
    const take = (signal: NodeJS.Signals) => {
      if (stop.reason !== null) {
        log.warn({ signal }, 'stopped at once');
        process.exit(1);
      }
      stop.reason = signal;
      resolve(signal);
    };
    process.on('SIGTERM', take);
    process.on('SIGINT', take);
  });
  return stop;
}

const retryMs = 2_000;

/** Waits for a control plane that is not there yet; gives up on one that says no. */
async function enrolled(config: ProxyConfig, log: Log, stop: Stop): Promise<Result<Enrolment>> {
  for (let attempt = 0; stop.reason === null; attempt += 1) {
    const result = await ensureEnrolled({
      directory: config.state,
      controlUrl: config.control.url,
      name: config.name,
      token: config.control.enrolToken,
    });
    if (result.ok || result.error.code !== 'unavailable') return result;
    if (attempt === 0) log.warn({ reason: result.error.message }, 'waiting for the control plane to enrol');
    await Promise.race([new Promise(resolve => setTimeout(resolve, retryMs)), stop.asked]);
  }
  return fail('unavailable', 'stopped before it was enrolled');
}
