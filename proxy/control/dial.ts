/** Opens a connection to a PostgreSQL server: TCP or unix socket, TLS as told, signed in. For the proxy's own queries and the CLI. */
import { pbkdf2, randomBytes } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { fail, ok, type Result } from '#core/contract/error.ts';
import { isLoopback, type UpstreamTarget } from '../config.ts';
import { type LoginStep, UpstreamLogin, type UpstreamReady } from '../postgres/upstream-login.ts';
import { encodeStartup, sslRequest } from '../postgres/wire/encode.ts';
import { ReadBuffer } from '../read-buffer.ts';

const derive = promisify(pbkdf2);

export type SocketTarget = Pick<UpstreamTarget, 'host' | 'port' | 'tls'>;
export type Dialed = { socket: net.Socket; ready: UpstreamReady };

/** A peer that has vanished without a word is noticed some time after this, as PostgreSQL's own library does. */
export const keepAliveMs = 60_000;

/** A socket on which a startup packet may be sent. */
export async function openSocket(target: SocketTarget, timeoutMs: number): Promise<Result<net.Socket>> {
  const socket = connect(target);
  // It may break while nobody waits for it; whoever waits next is told.
  socket.on('error', () => {});
  const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), timeoutMs);
  try {
    await once(socket, 'connect');
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveMs);
    return ok(target.tls.mode === 'disable' ? socket : await startTls(socket, target));
  } catch (error) {
    socket.destroy();
    return fail('unavailable', `${target.host}:${target.port} cannot be reached: ${messageOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** What is read is decrypted into buffers of its own where there is TLS. */
function connect({ host, port, tls: { mode } }: SocketTarget): net.Socket {
  const at = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
  if (mode !== 'disable') return net.connect(at);
  const reads = new ReadBuffer();
  const socket = net.connect({ ...at, onread: reads.onread });
  reads.serve(socket);
  return socket;
}

async function startTls(socket: net.Socket, target: SocketTarget): Promise<net.Socket> {
  socket.write(sslRequest);
  const answer = await nextChunk(socket);
  // More than the one byte would be plaintext smuggled in before TLS (CVE-2021-23222).
  if (answer.length !== 1) throw new Error('the server answered the TLS request with something else');
  if (answer[0] !== 'S'.charCodeAt(0)) throw new Error('the server does not offer TLS');
  const { mode, ca, serverName } = target.tls;
  const secured = tls.connect({
    socket,
    ALPNProtocols: ['postgresql'],
    rejectUnauthorized: mode !== 'require',
    ...(ca !== null && { ca }),
    ...(!net.isIP(serverName) && { servername: serverName }),
    checkServerIdentity: (_, certificate) =>
      mode === 'verify-full' ? tls.checkServerIdentity(serverName, certificate) : undefined,
  });
  secured.on('error', () => {});
  await once(secured, 'secureConnect');
  beneath.set(secured, socket);
  return secured;
}

const beneath = new WeakMap<net.Socket, net.Socket>();

/**
 * Breaks a connection off so that the other side finds out with the next thing it says. An orderly end would let it go on with what
 * it has been sent already.
 */
export function breakOff(socket: net.Socket): void {
  const raw = beneath.get(socket) ?? socket;
  // A local socket tells at once that nobody is there, and cannot be reset.
  if (raw.remoteAddress === undefined) raw.destroy();
  else raw.resetAndDestroy();
}

/** Signs in with the configured credentials. The failure says what went wrong without repeating what the server said. */
export async function dial(
  target: UpstreamTarget,
  options: { parameters?: Record<string, string>; timeoutMs: number },
): Promise<Result<Dialed>> {
  const opened = await openSocket(target, options.timeoutMs);
  if (!opened.ok) return opened;
  const socket = opened.value;
  const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), options.timeoutMs);
  try {
    const parameters = { user: target.user, database: target.database, client_encoding: 'UTF8', ...options.parameters };
    socket.write(encodeStartup(Object.entries(parameters)));
    const ready = await signIn(socket, target);
    if (!ready.ok) socket.destroy();
    return ready.ok ? ok({ socket, ready: ready.value }) : ready;
  } catch (error) {
    socket.destroy();
    return fail('unavailable', `the database ended the connection during sign-in: ${messageOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

async function signIn(socket: net.Socket, target: UpstreamTarget): Promise<Result<UpstreamReady>> {
  const login = new UpstreamLogin({
    credentials: { user: target.user, password: target.password() || null },
    isPrivate: socket instanceof tls.TLSSocket || isLoopback(target.host),
    nonce: randomBytes(18).toString('base64'),
  });
  for (let step: LoginStep = login.next(); ; step = await advance(step, { login, socket })) {
    if (step.type === 'ready') return ok(step.ready);
    if (step.type === 'fail') return { ok: false, error: step.error };
  }
}

async function advance(step: LoginStep, { login, socket }: { login: UpstreamLogin; socket: net.Socket }) {
  if (step.type === 'salt') {
    return login.salted(await derive(step.password, step.salt, step.iterations, 32, 'sha256'));
  }
  if (step.type === 'send') socket.write(step.bytes);
  else login.feed(await nextChunk(socket));
  return login.next();
}

/** What arrives next; reading is paused again afterwards, so that nothing is lost between two readers. */
export function nextChunk(socket: net.Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed) {
      reject(socket.errored ?? new Error('the connection was closed'));
      return;
    }
    const settle = (run: () => void) => {
      socket.pause();
      for (const [name, listener] of Object.entries(listeners)) socket.off(name, listener);
      run();
    };
    const listeners = {
      data: (chunk: Buffer) => settle(() => resolve(chunk)),
      error: (error: Error) => settle(() => reject(error)),
      close: () => settle(() => reject(new Error('the connection was closed'))),
    };
    for (const [name, listener] of Object.entries(listeners)) socket.on(name, listener);
    socket.resume();
  });
}

function once(socket: net.Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (run: () => void) => {
      socket.off(event, done).off('error', failed).off('close', closed);
      run();
    };
    const done = () => settle(resolve);
    const failed = (error: Error) => settle(() => reject(error));
    const closed = () => settle(() => reject(new Error('the connection was closed')));
    socket.on(event, done).on('error', failed).on('close', closed);
  });
}

/** A host with several addresses fails with all of their errors at once. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
