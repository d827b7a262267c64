/** `weir login`, `logout`, `whoami`, `token`: signing in from a terminal (RFC 8628) and what is kept of it. */
import { hostname, userInfo } from 'node:os';
import { z } from 'zod';
import { type ControlClient, controlClient } from '../control/client.ts';
import { CliError, type Command, exitCodes, type Io, text } from './command.ts';
import { connectionsOf, controlUrlOf, forget, presentCredential, remember, requireCredential } from './credentials.ts';

const startSchema = z.object({
  deviceCode: z.string(),
  userCode: z.string(),
  verificationUri: z.string(),
  verificationUriComplete: z.string().optional(),
  expiresIn: z.number(),
  interval: z.number(),
});

const pollSchema = z.union([
  z.object({ error: z.enum(['authorization_pending', 'slow_down', 'expired_token', 'access_denied']) }),
  z.object({ token: z.string(), jti: z.string(), login: z.string(), expiresAt: z.string() }),
]);
type Poll = z.infer<typeof pollSchema>;

export const controlOption = {
  type: 'string',
  argument: '<url>',
  help: 'the control plane; else WEIR_CONTROL_URL, else the last login',
} as const;

export const login: Command = {
  name: 'login',
  summary: 'Sign in through the browser and keep a token for the proxy.',
  arguments: '',
  positionalsMax: 0,
  options: { control: controlOption },
  async run({ values }, io) {
    const controlUrl = controlUrlOf(text(values.control), io.env);
    const client = controlClient({ url: controlUrl, bearer: null });
    const started = await client.get(startSchema, {
      method: 'POST',
      path: '/device',
      json: { clientName: `weir on ${hostname()} (${userInfo().username})`.slice(0, 100) },
    });
    if (!started.ok) throw new CliError(started.error.message, { exitCode: exitCodes.failed });
    const { verificationUri, verificationUriComplete, userCode } = started.value;
    io.stdout.write(`Open   ${verificationUriComplete ?? verificationUri}\nCode   ${userCode}\n\n`);
    io.stdout.write('Waiting for you to approve it in the browser …\n');
    const issued = await pollUntilDecided(client, started.value);
    remember(io.env, { controlUrl, ...issued });
    io.stdout.write(`Signed in as ${issued.login} until ${clockTime(issued.expiresAt)}.\n`);
    return exitCodes.ok;
  },
};

const secondMs = 1000;

async function pollUntilDecided(client: ControlClient, started: z.infer<typeof startSchema>) {
  const deadline = Date.now() + started.expiresIn * secondMs;
  let intervalMs = started.interval * secondMs;
  while (Date.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, intervalMs));
    const answer = await client.get<Poll>(pollSchema, {
      method: 'POST',
      path: '/device/token',
      json: { deviceCode: started.deviceCode },
    });
    // A network that is away for a moment is no reason to begin again (RFC 8628 §3.5).
    if (!answer.ok && answer.error.code !== 'unavailable') throw failed(answer.error.message);
    if (!answer.ok) continue;
    if (!('error' in answer.value)) return answer.value;
    if (answer.value.error === 'slow_down') intervalMs += 5 * secondMs;
    else if (answer.value.error === 'access_denied') throw failed('the sign-in was turned away in the browser');
    else if (answer.value.error === 'expired_token') break;
  }
  throw failed('the code has expired before it was approved');
}

const failed = (message: string): CliError =>
  new CliError(message, { hint: 'run: weir login', exitCode: exitCodes.failed });

const clockTime = (iso: string): string => new Date(iso).toLocaleString('sv-SE').slice(0, 16);

export const logout: Command = {
  name: 'logout',
  summary: 'Forget the token kept by weir login.',
  arguments: '',
  positionalsMax: 0,
  options: { control: controlOption },
  details: 'The token stays good until it expires; revoke it on the Connect page of the console to end it at once.',
  async run({ values }, io) {
    const controlUrl = controlUrlOf(text(values.control), io.env);
    const was = forget(io.env, controlUrl);
    io.stdout.write(was ? `Signed out of ${controlUrl}.\n` : `You were not signed in to ${controlUrl}.\n`);
    return exitCodes.ok;
  },
};

export const whoami: Command = {
  name: 'whoami',
  summary: 'Show who you are signed in as.',
  arguments: '',
  positionalsMax: 0,
  options: { control: controlOption },
  async run({ values }, io) {
    const controlUrl = controlUrlOf(text(values.control), io.env);
    const credential = requireCredential(io.env, controlUrl);
    const limited = connectionsOf(credential);
    io.stdout.write(`${credential.login}\n`);
    io.stdout.write(`  at       ${controlUrl}\n  until    ${clockTime(credential.expiresAt)}\n`);
    if (limited) io.stdout.write(`  only for ${limited.join(', ')}\n`);
    return exitCodes.ok;
  },
};

export const token: Command = {
  name: 'token',
  summary: 'Print the token, to be used as password by scripts.',
  arguments: '',
  positionalsMax: 0,
  options: { control: controlOption },
  async run({ values }, io: Io) {
    io.stdout.write(`${requireCredential(io.env, controlUrlOf(text(values.control), io.env)).token}\n`);
    return exitCodes.ok;
  },
};

/** Signed in, and until when; for `weir status`. */
export function loginState(env: Io['env'], controlUrl: string): string {
  const credential = presentCredential(env, controlUrl);
  if (!credential) return 'not signed in';
  const source = env.WEIR_TOKEN ? ', by WEIR_TOKEN' : '';
  return `${credential.login}, until ${clockTime(credential.expiresAt)}${source}`;
}
