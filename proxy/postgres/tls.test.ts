/** TLS on a real listener: asked for or at once, and by those who do it wrong, halfway, or never finish. */
import net from 'node:net';
import tls from 'node:tls';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { targetDatabase } from '#db/testing.ts';
import { until } from '#scripts/wait.ts';
import { startTestProxy, type TestProxy } from './proxy-testing.ts';
import { cellsOf, cut, say } from './wire-testing.ts';

let proxy: TestProxy;
const patience = { timeoutMs: 5_000, everyMs: 5 };
const authenticationTimeoutMs = 700;

beforeAll(async () => {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', curve: 'P-256' });
  proxy = await startTestProxy({
    upstreamUrl: (await targetDatabase()).url,
    listener: {
      tls: { cert: made.cert, key: made.private },
      limits: { sessionsMax: 10, authenticationTimeoutMs, upstreamTimeoutMs: 5_000 },
    },
  });
});
afterAll(() => proxy.close());
beforeEach(async () => {
  await until('quiet', () => proxy.listener.strangerCount === 0 && proxy.listener.sessionCount === 0, patience);
  expect(proxy.crashes).toEqual([]);
});

/** A socket that collects what it gets. */
function collect<T extends net.Socket>(socket: T) {
  const heard = { socket, bytes: Buffer.alloc(0), isClosed: false };
  socket.on('error', () => undefined);
  socket.on('data', chunk => {
    heard.bytes = Buffer.concat([heard.bytes, chunk]);
  });
  socket.on('close', () => {
    heard.isClosed = true;
  });
  return heard;
}
type Heard = ReturnType<typeof collect>;

const plain = () => collect(net.connect(proxy.port, '127.0.0.1'));
const closed = (heard: Heard) => until('the end', () => heard.isClosed, patience);
const answered = (heard: Heard, bytes: number) => until('an answer', () => heard.bytes.length >= bytes, patience);

async function asked(): Promise<Heard> {
  const heard = plain();
  heard.socket.write(say.ssl);
  await answered(heard, 1);
  expect(heard.bytes.toString()).toBe('S');
  heard.socket.removeAllListeners('data');
  return heard;
}

/** Resolves when the handshake is done or has failed. */
async function secure(
  socket: net.Socket,
  options: tls.ConnectionOptions = {},
): Promise<Heard & { socket: tls.TLSSocket }> {
  const heard = collect(tls.connect({ socket, rejectUnauthorized: false, ...options }));
  await new Promise<void>(resolve => heard.socket.once('secureConnect', resolve).once('close', () => resolve()));
  return heard;
}

async function signIn(heard: Heard): Promise<string> {
  const last = () => cut(heard.bytes).at(-1)?.type;
  heard.socket.write(
    say.startup([
      ['user', 'dev@example.com'],
      ['database', 'shop'],
    ]),
  );
  await until('the question', () => last() === 'R' || heard.isClosed, patience);
  heard.socket.write(say.password('good'));
  await until('the answer', () => last() === 'Z' || last() === 'E' || heard.isClosed, patience);
  return last() ?? '';
}

const postgresql = { ALPNProtocols: ['postgresql'] };

describe('is spoken', () => {
  it.each([
    ['after it was asked for', () => asked().then(({ socket }) => secure(socket))],
    ['with a name for the protocol', () => asked().then(({ socket }) => secure(socket, postgresql))],
    ['at once', () => secure(net.connect(proxy.port, '127.0.0.1'), postgresql)],
    [
      'after GSSAPI was declined',
      async () => {
        const heard = plain();
        heard.socket.write(say.gss);
        await answered(heard, 1);
        heard.socket.write(say.ssl);
        await answered(heard, 2);
        expect(heard.bytes.toString()).toBe('NS');
        heard.socket.removeAllListeners('data');
        return secure(heard.socket);
      },
    ],
  ])('%s', async (_, connected) => {
    const heard = await connected();
    expect(await signIn(heard)).toBe('Z');
    expect(proxy.recorder.of('session.start').at(-1)).toMatchObject({ client: { tls: 'TLSv1.3' } });
    heard.bytes = Buffer.alloc(0);
    heard.socket.write(say.query('select repeat(md5(n::text), 100) from generate_series(1, 500) n'));
    await until('the rows', () => cut(heard.bytes).at(-1)?.type === 'Z', patience);
    expect(cut(heard.bytes).filter(({ type, body }) => type === 'D' && cellsOf(body)[0]?.length === 3200)).toHaveLength(
      500,
    );
    heard.socket.destroy();
  });
});

it('is spoken with another certificate as soon as there is one, and with the last while there is none that is good', async () => {
  const seen = async () => {
    const { socket } = await secure(net.connect(proxy.port, '127.0.0.1'), postgresql);
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return subject.CN;
  };
  const [next, other] = await Promise.all(
    ['next.example.com', 'other.example.com'].map(value =>
      generate([{ name: 'commonName', value }], { keyType: 'ec', curve: 'P-256' }),
    ),
  );
  expect(await seen()).toBe('localhost');
  proxy.listener.presentCertificate({ cert: next?.cert, key: next?.private });
  expect(await seen()).toBe('next.example.com');
  expect(() => proxy.listener.presentCertificate({ cert: other?.cert, key: next?.private })).toThrow();
  expect(await seen()).toBe('next.example.com');
});

describe('is not taken', () => {
  it('at once without a name for the protocol, or with another', async () => {
    for (const options of [{}, { ALPNProtocols: ['http/1.1'] }, { ALPNProtocols: ['postgres', 'h2'] }]) {
      const heard = await secure(net.connect(proxy.port, '127.0.0.1'), options);
      await closed(heard);
      expect(heard.bytes).toHaveLength(0);
    }
  });

  it('inside of TLS again', async () => {
    for (const bytes of [say.ssl, say.gss]) {
      const { socket } = await asked();
      const heard = await secure(socket);
      heard.socket.write(bytes);
      await closed(heard);
      expect(heard.bytes).toHaveLength(0);
    }
  });

  it('anew in the middle of a session', async () => {
    const { socket } = await asked();
    const heard = await secure(socket, { maxVersion: 'TLSv1.2' });
    expect(await signIn(heard)).toBe('Z');
    let isDone = false;
    heard.socket.renegotiate({}, error => {
      isDone ||= error === null;
    });
    // Longer than the handshake would take.
    (await secure(net.connect(proxy.port, '127.0.0.1'), postgresql)).socket.destroy();
    expect(isDone).toBe(false);
    heard.socket.destroy();
    socket.destroy();
  });

  it('with bytes in clear that came along, in one packet or right behind', async () => {
    const startup = say.startup([['user', 'dev@example.com']]);
    for (const bytes of [startup, say.query('select 1'), Buffer.alloc(600, 0x41)]) {
      const along = plain();
      along.socket.write(Buffer.concat([say.ssl, bytes]));
      await closed(along);
      expect(along.bytes).toHaveLength(0);
      const behind = plain();
      behind.socket.write(say.ssl);
      await answered(behind, 1);
      behind.socket.write(bytes);
      await closed(behind);
      expect(behind.bytes.toString('latin1').slice(1)).not.toMatch(/[A-Z]{3}/);
    }
  });
});

describe('takes no longer than authentication may', () => {
  it.each([
    ['nothing at all', () => undefined],
    ['a request and no more', (socket: net.Socket) => socket.write(say.ssl)],
    ['half of a request', (socket: net.Socket) => socket.write(say.ssl.subarray(0, 5))],
    ['half of a first message', (socket: net.Socket) => socket.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0]))],
  ])('%s', async (_, begin) => {
    const heard = plain();
    begin(heard.socket);
    const startedAt = performance.now();
    await closed(heard);
    expect(performance.now() - startedAt).toBeLessThan(authenticationTimeoutMs * 3);
  });

  it('a byte now and then', async () => {
    const heard = plain();
    const bytes = say.startup([['user', 'x'.repeat(5000)]]);
    let at = 0;
    const timer = setInterval(() => {
      heard.socket.write(bytes.subarray(at, at + 1));
      at += 1;
    }, 50);
    await closed(heard);
    clearInterval(timer);
  });

  it('a handshake that is done, and a password that never comes', async () => {
    const { socket } = await asked();
    const heard = await secure(socket);
    heard.socket.write(say.startup([['user', 'dev@example.com']]));
    await closed(heard);
    expect(cut(heard.bytes).map(({ type }) => type)).toEqual(['R']);
  });
});
