/** TLS to servers: whom each mode believes, what may not come before it, and connections that are broken off. */
import net from 'node:net';
import tls from 'node:tls';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#scripts/wait.ts';
import type { UpstreamTlsMode } from '../config.ts';
import { breakOff, openSocket } from './dial.ts';

type Pair = { cert: string; key: string };
const dayMs = 24 * 3_600_000;
const servers: net.Server[] = [];
let authority: Pair;
const ports: Record<string, number> = {};

async function issue(name: string, { ca, untilMs }: { ca: Pair | null; untilMs: number }): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 10 * dayMs),
    notAfterDate: new Date(untilMs),
    ...(ca !== null && { ca }),
    extensions: [
      { name: 'basicConstraints', cA: ca === null, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
    ],
  });
  return { cert: made.cert, key: made.private };
}

async function listen(onSocket: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer(socket => {
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}

/** How connections have ended for the server. */
const ends: string[] = [];
const note = (socket: net.Socket) =>
  socket
    .on('error', error => ends.push((error as NodeJS.ErrnoException).code ?? error.message))
    .on('end', () => ends.push('end'));
/** Says yes to TLS, and nothing more. */
const serve = (pair: Pair) =>
  listen(socket => {
    socket.once('data', () => {
      socket.write('S');
      const secured = new tls.TLSSocket(socket, { isServer: true, secureContext: tls.createSecureContext(pair) });
      note(secured).resume();
    });
  });

beforeAll(async () => {
  const untilMs = Date.now() + dayMs;
  authority = await issue('authority', { ca: null, untilMs });
  const good = await issue('db.example.com', { ca: authority, untilMs });
  ports.good = await serve(good);
  ports.expired = await serve(await issue('db.example.com', { ca: authority, untilMs: Date.now() - dayMs }));
  ports.stranger = await serve(await issue('db.example.com', { ca: null, untilMs }));
});
afterAll(() => {
  for (const server of servers) server.close();
});

const open = (port: number | undefined, mode: UpstreamTlsMode, serverName = 'db.example.com') =>
  openSocket({ host: '127.0.0.1', port: port ?? 0, tls: { mode, ca: authority.cert, serverName } }, 5_000);

describe('whom it believes', () => {
  it.each([
    ['verify-full', 'good', 'db.example.com', true],
    ['verify-full', 'good', 'other.example.com', false],
    ['verify-full', 'good', '127.0.0.1', false],
    ['verify-full', 'expired', 'db.example.com', false],
    ['verify-full', 'stranger', 'db.example.com', false],
    ['verify-ca', 'good', 'other.example.com', true],
    ['verify-ca', 'good', '127.0.0.1', true],
    ['verify-ca', 'expired', 'db.example.com', false],
    ['verify-ca', 'stranger', 'db.example.com', false],
    ['require', 'good', 'other.example.com', true],
    ['require', 'stranger', 'db.example.com', true],
  ] as const)('%s, a certificate that is %s, as %s: %s', async (mode, which, name, isBelieved) => {
    const opened = await open(ports[which], mode, name);
    expect(opened.ok).toBe(isBelieved);
    if (opened.ok) opened.value.destroy();
  });
});

describe('before TLS', () => {
  it.each([
    ['no', 'N'],
    ['yes, and something in clear', 'SR\0\0\0\b\0\0\0\0'],
    ['an error', 'E\0\0\0\b...\0'],
    ['something else', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['yes, and then no TLS', 'S', 'R\0\0\0\b\0\0\0\0Z\0\0\0\u0005I'],
  ])('%s ends it in every mode', async (_, answer, later = '') => {
    const port = await listen(socket => {
      socket.once('data', () => {
        socket.write(answer);
        if (later !== '') socket.once('data', () => socket.write(later));
      });
    });
    for (const mode of ['require', 'verify-ca', 'verify-full'] as const) {
      expect(await open(port, mode)).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    }
  });
});

it('what is broken off is not ended in order, with and without TLS', async () => {
  const plain = await listen(socket => void note(socket).resume());
  for (const [port, mode] of [
    [plain, 'disable'],
    [ports.good, 'require'],
  ] as const) {
    ends.length = 0;
    const opened = await open(port, mode);
    if (!opened.ok) throw new Error(opened.error.message);
    breakOff(opened.value);
    await until('the end', () => ends.length > 0, { timeoutMs: 5_000, everyMs: 5 });
    expect(ends).toEqual(['ECONNRESET']);
    await until('our end', () => opened.value.destroyed, { timeoutMs: 5_000, everyMs: 5 });
  }
});
