/** `weir connect`: opens psql, or the built-in prompt, with the stored token. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { SocketTarget } from '../control/dial.ts';
import { version } from '../version.ts';
import { findAddress } from './address.ts';
import { CliError, type Command, exitCodes, type Given, type Io, text } from './command.ts';
import { type Credential, controlUrlOf, requireCredential } from './credentials.ts';
import { controlOption } from './login.ts';
import { problemText, runInteractive, runPiped, runStatements } from './prompt.ts';
import { WireClient } from './wire-client.ts';

const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof sslModes)[number];

export const connect: Command = {
  name: 'connect',
  summary: 'Open a connection with psql, or with a built-in prompt where psql is not installed.',
  arguments: '<connection> [-- psql options]',
  positionalsMax: 1,
  options: {
    command: { type: 'string', short: 'c', argument: '<sql>', help: 'run this and leave' },
    host: { type: 'string', argument: '<host>', help: 'the proxy; else WEIR_PROXY, else what the control plane says' },
    port: { type: 'string', argument: '<port>', help: 'port of the proxy (6432)' },
    sslmode: {
      type: 'string',
      argument: '<mode>',
      help: `${sslModes.join(', ')} (verify-full with --ca, else require)`,
    },
    ca: {
      type: 'string',
      argument: '<file>',
      help: "the proxy's authority, ca.pem in its state directory; else WEIR_CA",
    },
    'built-in': { type: 'boolean', help: 'the built-in prompt although psql is there' },
    control: controlOption,
  },
  details: 'Without a terminal, statements are read from standard input.',
  async run(given, io) {
    const name = given.positionals[0];
    if (!name) throw new CliError('which connection?', { hint: 'weir connections' });
    const controlUrl = controlUrlOf(text(given.values.control), io.env);
    const credential = requireCredential(io.env, controlUrl);
    const place = await placeOf(given, { io, credential, name });
    const psql = given.values['built-in'] === true ? null : findProgram('psql', io.env);
    if (psql) return runPsql(psql, { ...place, name, credential, given, io });
    if (given.rest.length > 0)
      throw new CliError('psql is not installed, so there is nothing to give these options to');
    return runBuiltIn({ ...place, name, credential, given, io });
  },
};

type Place = { host: string; port: number; sslMode: SslMode; ca: string | null };
type Opening = Place & { name: string; credential: Credential; given: Given; io: Io };

async function placeOf(given: Given, at: { io: Io; credential: Credential; name: string }): Promise<Place> {
  const { host, port } = await findAddress({
    host: text(given.values.host),
    port: text(given.values.port),
    ...at,
  });
  const ca = text(given.values.ca) ?? at.io.env.WEIR_CA ?? null;
  if (ca !== null && !fs.existsSync(ca)) throw new CliError(`${ca} does not exist`);
  const sslMode = text(given.values.sslmode) ?? (ca === null ? 'require' : 'verify-full');
  if (!isSslMode(sslMode)) throw new CliError(`--sslmode is one of ${sslModes.join(', ')}`);
  if (sslMode.startsWith('verify') && ca === null) throw new CliError(`--sslmode ${sslMode} needs --ca`);
  return { host, port, sslMode, ca };
}

const isSslMode = (mode: string): mode is SslMode => (sslModes as readonly string[]).includes(mode);

export function findProgram(name: string, env: Io['env']): string | null {
  for (const folder of (env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, name);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      if (fs.statSync(file).isFile()) return file;
    } catch {
      // Not here.
    }
  }
  return null;
}

/** The token goes through the environment: arguments can be seen by everybody on the machine. */
function runPsql(psql: string, { host, port, sslMode, ca, name, credential, given, io }: Opening): Promise<number> {
  const command = text(given.values.command);
  const args = [...(command === undefined ? [] : ['-c', command]), ...given.rest];
  const env: NodeJS.ProcessEnv = {
    ...(io.env as NodeJS.ProcessEnv),
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: credential.login,
    PGDATABASE: name,
    PGPASSWORD: credential.token,
    PGSSLMODE: sslMode,
    ...(ca !== null && { PGSSLROOTCERT: ca }),
  };
  return new Promise((resolve, reject) => {
    const child = spawn(psql, args, { env, stdio: 'inherit' });
    // Ctrl-C is for psql, which cancels the statement; this process waits for it to end.
    const ignore = () => {};
    process.on('SIGINT', ignore);
    child.on('error', reject);
    child.on('exit', code => {
      process.off('SIGINT', ignore);
      resolve(code ?? exitCodes.usage);
    });
  });
}

async function runBuiltIn({ host, port, sslMode, ca, name, credential, given, io }: Opening): Promise<number> {
  const tls: SocketTarget['tls'] = {
    mode: sslMode,
    ca: ca === null ? null : fs.readFileSync(ca, 'utf8'),
    serverName: host,
  };
  const client = await WireClient.connect({
    target: { host, port, tls },
    user: credential.login,
    password: credential.token,
    database: name,
    application: `weir ${version}`,
    timeoutMs: 15_000,
    onNotice: fields => io.stderr.write(problemText(fields)),
  });
  if (!client.ok) {
    const { message, detail, hint } = client.error;
    throw new CliError(detail ? `${message}\n${detail}` : message, { hint });
  }
  const command = text(given.values.command);
  if (command === undefined && io.stdin.isTTY) return runInteractive(client.value, name, io);
  try {
    if (command === undefined) return await runPiped(client.value, io);
    return (await runStatements(client.value, command, io)) ? exitCodes.ok : exitCodes.failed;
  } finally {
    client.value.close();
  }
}
