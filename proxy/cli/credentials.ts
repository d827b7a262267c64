/** What `weir login` leaves behind: one token per control plane, in the user's configuration directory, readable by nobody else. */
import fs from 'node:fs';
import { homedir } from 'node:os';
import { z } from 'zod';
import { writePrivate } from '../control/keys.ts';
import { CliError, exitCodes, type Io } from './command.ts';

const credentialSchema = z.object({
  controlUrl: z.url(),
  login: z.string(),
  token: z.string(),
  jti: z.string(),
  expiresAt: z.string(),
});
export type Credential = z.infer<typeof credentialSchema>;

const storeSchema = z.object({ current: z.string().nullable(), credentials: z.record(z.string(), credentialSchema) });
type Store = z.infer<typeof storeSchema>;
const empty: Store = { current: null, credentials: {} };

export const controlUrlDefault = 'http://127.0.0.1:3000';

/** XDG Base Directory Specification. */
export function configFolder(env: Io['env']): string {
  return `${env.XDG_CONFIG_HOME || `${env.HOME ?? homedir()}/.config`}/weir`;
}

const pathOf = (env: Io['env']): string => `${configFolder(env)}/credentials.json`;

function load(env: Io['env']): Store {
  try {
    return storeSchema.parse(JSON.parse(fs.readFileSync(pathOf(env), 'utf8')));
  } catch {
    return empty;
  }
}

function save(env: Io['env'], store: Store): void {
  fs.mkdirSync(configFolder(env), { recursive: true, mode: 0o700 });
  writePrivate(pathOf(env), `${JSON.stringify(store, null, 2)}\n`);
}

/** Without a trailing slash. */
export function controlUrlOf(given: string | undefined, env: Io['env']): string {
  const url = given ?? env.WEIR_CONTROL_URL ?? load(env).current ?? controlUrlDefault;
  if (!URL.canParse(url)) throw new CliError(`"${url}" is not a URL`);
  return url.replace(/\/+$/, '');
}

export function remember(env: Io['env'], credential: Credential): void {
  const store = load(env);
  const credentials = { ...store.credentials, [credential.controlUrl]: credential };
  save(env, { current: credential.controlUrl, credentials });
}

/** False when there was none. */
export function forget(env: Io['env'], controlUrl: string): boolean {
  const store = load(env);
  if (!store.credentials[controlUrl]) return false;
  const { [controlUrl]: _, ...credentials } = store.credentials;
  save(env, { current: Object.keys(credentials)[0] ?? null, credentials });
  return true;
}

/** Null when there is none, or it has expired. */
export function credentialFor(env: Io['env'], controlUrl: string, nowMs: number): Credential | null {
  const credential = load(env).credentials[controlUrl];
  return credential && Date.parse(credential.expiresAt) > nowMs ? credential : null;
}

/** `WEIR_TOKEN` with the login in it, or what was stored; null when there is neither. */
export function presentCredential(env: Io['env'], controlUrl: string, nowMs = Date.now()): Credential | null {
  return env.WEIR_TOKEN ? fromToken(env.WEIR_TOKEN, controlUrl) : credentialFor(env, controlUrl, nowMs);
}

export function requireCredential(env: Io['env'], controlUrl: string, nowMs = Date.now()): Credential {
  const credential = presentCredential(env, controlUrl, nowMs);
  if (credential) return credential;
  throw new CliError(`you are not signed in to ${controlUrl}, or the token has expired`, {
    hint: 'run: weir login',
    exitCode: exitCodes.failed,
  });
}

const claimsSchema = z.object({ login: z.string(), jti: z.string(), exp: z.number() });

/** Read, not verified: the proxy does that. */
function fromToken(token: string, controlUrl: string): Credential {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const { login, jti, exp } = claimsSchema.parse(JSON.parse(payload));
    return { controlUrl, login, token, jti, expiresAt: new Date(exp * 1000).toISOString() };
  } catch {
    throw new CliError('WEIR_TOKEN is not a token');
  }
}

/** Names of the connections a token is limited to; null for all that policy allows. */
export function connectionsOf(credential: Credential): string[] | null {
  const payload = Buffer.from(credential.token.split('.')[1] ?? '', 'base64url').toString();
  const parsed = z.object({ connections: z.array(z.string()).optional() }).safeParse(JSON.parse(payload));
  return parsed.success ? (parsed.data.connections ?? null) : null;
}
