/**
 * The proxy's own configuration: a YAML or JSON file, environment variables over it. Database credentials come from here and stay
 * here: they are functions, so that no log line or message can carry them by accident.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { fail, ok, type Result } from '#core/contract/error.ts';
import { samplingDefaults } from '#core/mask/detectors/watch.ts';
import { spoolDefaults } from './record/spool.ts';

const port = z.number().int().min(1).max(65_535);

/** Where a secret is: an environment variable, a file (its trailing newline is not part of it), or here in clear. */
const secretSchema = z.union([
  z.object({ env: z.string().min(1) }).strict(),
  z.object({ file: z.string().min(1) }).strict(),
  z.object({ value: z.string() }).strict(),
]);
type SecretReference = z.infer<typeof secretSchema>;

export const upstreamTlsModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;

const upstreamSchema = z
  .object({
    host: z.string().min(1).max(255),
    port: port.default(5432),
    database: z.string().min(1).max(63),
    user: z.string().min(1).max(63),
    password: secretSchema.optional(),
    /** Absent: `disable` to a loopback address or socket, `verify-full` to everything else. */
    tls: z.enum(upstreamTlsModes).optional(),
    /** PEM file of the authorities that may have signed the server's certificate; absent: the system's. */
    ca: z.string().optional(),
    /** Where it differs from `host`. */
    serverName: z.string().optional(),
  })
  .strict();

const megabyte = 1024 * 1024;

const fileSchema = z
  .object({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower case letters, digits and hyphens')
      .default('proxy'),
    /** Keys, spool, certificates, last bundle. */
    state: z.string().min(1).default('.weir/proxy'),
    control: z.object({ url: z.url({ protocol: /^https?$/ }), enrolToken: secretSchema.optional() }).strict(),
    listen: z
      .object({
        host: z.string().default('127.0.0.1'),
        /** 0: any that is free. */
        port: port.or(z.literal(0)).default(6432),
        /** How clients reach it, where that differs: `host:port`. */
        advertise: z.string().max(255).optional(),
      })
      .strict()
      .prefault({}),
    tls: z
      .union([
        z.object({ mode: z.literal('auto'), names: z.array(z.string()).max(20).default([]) }).strict(),
        z.object({ mode: z.literal('files'), cert: z.string(), key: z.string() }).strict(),
        z.object({ mode: z.literal('off') }).strict(),
      ])
      .default({ mode: 'auto', names: [] }),
    /** `/healthz` and `/metrics`, without authentication: keep it local. */
    operations: z
      .object({ host: z.string().default('127.0.0.1'), port: port.or(z.literal(0)) })
      .strict()
      .optional(),
    limits: z
      .object({
        sessionsMax: z.number().int().min(1).max(100_000).default(1000),
        authenticationTimeoutMs: z.number().int().min(100).max(600_000).default(10_000),
        upstreamTimeoutMs: z.number().int().min(100).max(600_000).default(10_000),
        /** After SIGTERM, for statements under way. */
        drainMs: z.number().int().min(0).max(600_000).default(10_000),
        impactTimeoutMs: z.number().int().min(100).max(60_000).default(5_000),
      })
      .strict()
      .prefault({}),
    /**
     * Processor time, in microseconds, spent waiting for the next message of a client that has nobody beside it: being woken
     * takes longer. 0: none.
     */
    busyPollUs: z.number().int().min(0).max(10_000).default(200),
    /** How much of a column is looked at by detectors that only alert; what is masked is looked for in every value. */
    detectors: z
      .object({
        sampleFirst: z.number().int().min(1).max(1_000_000_000).default(samplingDefaults.first),
        sampleEvery: z.number().int().min(1).max(1_000_000_000).default(samplingDefaults.every),
        sampleBytesMax: z
          .number()
          .int()
          .min(64)
          .max(64 * megabyte)
          .default(samplingDefaults.bytesMax),
      })
      .strict()
      .prefault({}),
    spool: z
      .object({
        mode: z.enum(['async', 'sync']).default(spoolDefaults.mode),
        limitBytes: z.number().int().min(megabyte).default(spoolDefaults.limitBytes),
        segmentBytesMax: z.number().int().min(4096).default(spoolDefaults.segmentBytesMax),
      })
      .strict()
      .prefault({}),
    log: z
      .object({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') })
      .strict()
      .prefault({}),
    /** By the name that clients give as database. */
    connections: z.record(
      z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
      z.object({ upstream: upstreamSchema }).strict(),
    ),
  })
  .strict();

export type UpstreamTlsMode = (typeof upstreamTlsModes)[number];

/** How the proxy reaches one database. */
export type UpstreamTarget = {
  host: string;
  port: number;
  database: string;
  user: string;
  /** Read at each use, so that a rotated file is found. Throws when it cannot be had. */
  password: () => string;
  tls: { mode: UpstreamTlsMode; ca: string | null; serverName: string };
};

type FileConfig = z.infer<typeof fileSchema>;
export type ProxyConfig = Omit<FileConfig, 'connections' | 'control'> & {
  control: { url: string; enrolToken: (() => string) | null };
  connections: ReadonlyMap<string, UpstreamTarget>;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the file that `WEIR_CONFIG` or `file` names, applies the environment, and checks everything that can be checked now. */
export function loadConfig(environment: Environment, file = environment.WEIR_CONFIG): Result<ProxyConfig> {
  const from = file === undefined ? ok({}) : readConfigFile(file);
  if (!from.ok) return from;
  const parsed = fileSchema.safeParse(withEnvironment(from.value, environment));
  if (!parsed.success) return fail('invalid_input', explain(parsed.error, file));
  return resolve(parsed.data, { environment, folder: file === undefined ? '.' : path.dirname(file) });
}

function readConfigFile(file: string): Result<Record<string, unknown>> {
  try {
    const value: unknown = parseYaml(fs.readFileSync(file, 'utf8'));
    const record = z.record(z.string(), z.unknown()).safeParse(value ?? {});
    return record.success ? ok(record.data) : fail('invalid_input', `${file}: a mapping is expected`);
  } catch (error) {
    return fail('invalid_input', `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function withEnvironment(from: Record<string, unknown>, environment: Environment): Record<string, unknown> {
  const under = (key: string) => (typeof from[key] === 'object' && from[key] !== null ? from[key] : {});
  const control = {
    ...under('control'),
    ...(environment.WEIR_CONTROL_URL && { url: environment.WEIR_CONTROL_URL }),
    ...(environment.WEIR_ENROL_TOKEN && { enrolToken: { env: 'WEIR_ENROL_TOKEN' } }),
    ...(environment.WEIR_ENROL_TOKEN_FILE && { enrolToken: { file: environment.WEIR_ENROL_TOKEN_FILE } }),
  };
  const [host, listenPort] = splitAddress(environment.WEIR_LISTEN);
  return {
    connections: {},
    ...from,
    control,
    ...(environment.WEIR_PROXY_NAME && { name: environment.WEIR_PROXY_NAME }),
    ...(environment.WEIR_STATE_DIR && { state: environment.WEIR_STATE_DIR }),
    ...(host && { listen: { ...under('listen'), host, port: listenPort } }),
    ...(environment.WEIR_LOG_LEVEL && { log: { ...under('log'), level: environment.WEIR_LOG_LEVEL } }),
    ...(environment.WEIR_OPERATIONS_PORT && {
      operations: { ...under('operations'), port: Number(environment.WEIR_OPERATIONS_PORT) },
    }),
  };
}

/** `host:port`, `[::1]:port`. */
function splitAddress(address: string | undefined): [string, number] | [null, null] {
  const at = address?.lastIndexOf(':') ?? -1;
  if (!address || at < 1) return [null, null];
  return [address.slice(0, at).replace(/^\[(.*)\]$/, '$1'), Number(address.slice(at + 1))];
}

function explain(error: z.ZodError, file: string | undefined): string {
  const lines = error.issues.map(issue => `  ${issue.path.join('.') || '(top)'}: ${issue.message}`);
  const needsUrl = error.issues.some(issue => issue.path.join('.') === 'control.url');
  const hint = needsUrl ? '\n  (WEIR_CONTROL_URL may give control.url)' : '';
  return `${file ?? 'the environment'} is not a proxy configuration:\n${lines.join('\n')}${hint}`;
}

type Place = { environment: Environment; folder: string };

function resolve(data: FileConfig, place: Place): Result<ProxyConfig> {
  const connections = new Map<string, UpstreamTarget>();
  for (const [name, { upstream }] of Object.entries(data.connections)) {
    const target = resolveUpstream(upstream, place);
    if (!target.ok) return fail('invalid_input', `connections.${name}: ${target.error.message}`);
    connections.set(name, target.value);
  }
  const { enrolToken } = data.control;
  const { tls } = data;
  const fromFolder = (file: string) => path.resolve(place.folder, file);
  return ok({
    ...data,
    tls: tls.mode === 'files' ? { ...tls, cert: fromFolder(tls.cert), key: fromFolder(tls.key) } : tls,
    state: path.resolve(place.folder, data.state),
    control: {
      url: data.control.url.replace(/\/+$/, ''),
      enrolToken: enrolToken ? () => readSecret(enrolToken, place) : null,
    },
    connections,
  });
}

function resolveUpstream(upstream: z.infer<typeof upstreamSchema>, place: Place): Result<UpstreamTarget> {
  const reference = upstream.password;
  const password = reference ? () => readSecret(reference, place) : () => '';
  try {
    password();
    const ca = upstream.ca === undefined ? null : fs.readFileSync(path.resolve(place.folder, upstream.ca), 'utf8');
    const mode = upstream.tls ?? (isLoopback(upstream.host) ? 'disable' : 'verify-full');
    const { host, database, user } = upstream;
    const tls = { mode, ca, serverName: upstream.serverName ?? host };
    return ok({ host, port: upstream.port, database, user, password, tls });
  } catch (error) {
    return fail('invalid_input', error instanceof Error ? error.message : String(error));
  }
}

function readSecret(reference: SecretReference, place: Place): string {
  if ('value' in reference) return reference.value;
  if ('file' in reference) {
    return fs.readFileSync(path.resolve(place.folder, reference.file), 'utf8').replace(/\r?\n$/, '');
  }
  const value = place.environment[reference.env];
  if (value === undefined) throw new Error(`the environment variable ${reference.env} is not set`);
  return value;
}

/** Also a directory of a unix socket. */
export function isLoopback(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
