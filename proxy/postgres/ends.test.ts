/** Ends of connections and sessions: whatever breaks, sockets are closed, places are free again, and others see nothing. */
import net from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { targetDatabase } from '#db/testing.ts';
import { until } from '#scripts/wait.ts';
import { RecordingError } from '../ports.ts';
import { MemoryRecorder, startTestProxy, type TestProxy, type TestProxyOptions } from './proxy-testing.ts';
import { say, WireClient } from './wire-testing.ts';

let proxy: TestProxy;
afterEach(() => proxy.close());

const patience = { timeoutMs: 5_000, everyMs: 5 };

async function start(options: Partial<TestProxyOptions> = {}): Promise<void> {
  const { url } = await targetDatabase({ sql: 'create table t (a int)' });
  proxy = await startTestProxy({ upstreamUrl: url, ...options });
}

/** Takes no more, as when too much waits for a disk that takes nothing. */
class FullRecorder extends MemoryRecorder {
  isFull = false;

  override append(...given: Parameters<MemoryRecorder['append']>): void {
    if (this.isFull) throw new RecordingError('too much is waiting for the disk');
    super.append(...given);
  }

  override appendFragment(...given: Parameters<MemoryRecorder['appendFragment']>): void {
    if (this.isFull) throw new RecordingError('too much is waiting for the disk');
    super.appendFragment(...given);
  }
}

it('a session whose end cannot be recorded ends nevertheless', async () => {
  const recorder = new FullRecorder();
  await start({ services: { recorder } });
  const client = await WireClient.through(proxy.port);
  const other = await WireClient.through(proxy.port);
  client.send(say.query('select pg_sleep(0.2)'));
  await until('the statement', () => recorder.of('statement.decided').length > 0, patience);
  recorder.isFull = true;
  await until('the end', () => client.isClosed, patience);
  await until('its place', () => proxy.listener.sessionCount === 1, patience);
  recorder.isFull = false;
  await other.ask(say.query('select 1'));
  other.close();
  await until('all places', () => proxy.listener.sessionCount === 0, patience);
});

it('a client that says good-bye behind a statement has it run', async () => {
  await start();
  const client = await WireClient.through(proxy.port);
  client.send(say.query('insert into t values (1)'), say.terminate);
  await until('the end', () => client.isClosed, patience);
  const later = await WireClient.through(proxy.port);
  await until(
    'the row',
    async () => (await later.ask(say.query('select a from t'))).some(({ type }) => type === 'D'),
    patience,
  );
  later.close();
});

it('a portal of which nobody asks the rest has ended with its transaction, or its session', async () => {
  await start();
  const completed = (outcome: string) =>
    proxy.recorder.of('statement.completed').filter(event => event.outcome === outcome && event.tag === null);
  const some = [say.parse('select generate_series(1, 3)'), say.bind(), say.execute('', 1), say.sync];
  const client = await WireClient.through(proxy.port);
  await client.ask(...some);
  expect(completed('ok')).toMatchObject([{ statement: 1, rows: 1 }]);
  await client.ask(say.query('begin'));
  await client.ask(...some);
  expect(completed('ok')).toHaveLength(1);
  await client.ask(say.query('rollback'));
  expect(completed('ok')).toMatchObject([{ statement: 1 }, { statement: 3, rows: 1 }]);
  await client.ask(say.query('begin'));
  await client.ask(...some);
  client.close();
  await until('the end', () => completed('unknown').length > 0, patience);
  expect(completed('unknown')).toMatchObject([{ statement: 6, rows: 1 }]);
});

it('sockets that were refused count until they are closed, and one address does not get all the room', async () => {
  await start({ listener: { limits: { sessionsMax: 1, authenticationTimeoutMs: 5_000, upstreamTimeoutMs: 5_000 } } });
  // They hear the refusal and stay.
  const sockets = Array.from({ length: 400 }, () => {
    const socket = net.connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    const heard = { socket, isAnswered: false, isOver: false };
    socket.on('error', () => {});
    socket.on('data', () => Object.assign(heard, { isAnswered: true }));
    for (const event of ['end', 'close']) socket.on(event, () => Object.assign(heard, { isOver: true }));
    socket.write(say.startup([['user', '']]));
    return heard;
  });
  await until('an end of each', () => sockets.every(({ isOver }) => isOver), patience);
  expect(sockets.filter(({ isAnswered }) => isAnswered).length).toBeLessThanOrEqual(251);
  // Their refusals do not fill the record.
  expect(proxy.recorder.of('session.refused').length).toBeLessThanOrEqual(150);
  for (const { socket } of sockets) socket.destroy();
  const connected = async () => (await WireClient.through(proxy.port).catch(() => null)) ?? false;
  (await until('room', connected, patience)).close();
});
