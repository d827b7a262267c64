/** Servers that fail a sign-in at an awkward moment: the proxy hears of it in time, and lives. */
import net from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { cut, message } from '../postgres/wire-testing.ts';
import { dial } from './dial.ts';
import { QueryClient } from './query-client.ts';

const servers: net.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

/** Answers the startup packet, and then each message of the client in turn; returns where it listens. */
async function serve(answers: ((socket: net.Socket, received: Buffer) => void)[]) {
  const server = net.createServer(socket => {
    const left = [...answers];
    socket.on('error', () => {});
    socket.on('data', received => left.shift()?.(socket, received));
  });
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  const tls = { mode: 'disable', ca: null, serverName: '' } as const;
  return { host: '127.0.0.1', port, database: 'd', user: 'u', password: () => 'p', tls };
}

const askForScram = (socket: net.Socket) => socket.write(message('R', int32(10), Buffer.from('SCRAM-SHA-256\0\0')));
/** So many rounds that the time is up before they are done. */
const challenge = (socket: net.Socket, received: Buffer) => {
  const nonce = /r=([^,]+)/.exec(cut(received)[0]?.body.toString('latin1') ?? '')?.[1];
  socket.write(message('R', int32(11), Buffer.from(`r=${nonce}more,s=c2FsdHNhbHQ=,i=1000000`)));
};

it('the time is up while the password is salted', async () => {
  const target = await serve([askForScram, challenge]);
  expect(await dial(target, { timeoutMs: 100 })).toMatchObject({ ok: false, error: { code: 'unavailable' } });
});

it('the server leaves while the password is salted', async () => {
  const target = await serve([
    askForScram,
    (socket, received) => {
      challenge(socket, received);
      setImmediate(() => socket.resetAndDestroy());
    },
  ]);
  expect(await dial(target, { timeoutMs: 5_000 })).toMatchObject({ ok: false, error: { code: 'unavailable' } });
});

it('a query that is never answered fails, and breaks the connection it was asked on', async () => {
  const ready = Buffer.concat([
    message('R', int32(0)),
    message('K', int32(1), int32(2)),
    message('Z', Buffer.from('I')),
  ]);
  const target = await serve([socket => socket.write(ready)]);
  const client = await QueryClient.connect(target, { timeoutMs: 1_000, answerTimeoutMs: 100 });
  await expect(client.query('select 1')).rejects.toThrow('no answer in time');
  expect(client.isOpen).toBe(false);
  await expect(client.query('select 1')).rejects.toThrow('no answer in time');
});
