/** What comes at a bad moment: requests to cancel that are late, and access that ends while the database lets somebody in. */
import { afterEach, describe, expect, it } from 'vitest';
import { fail, ok } from '#core/contract/error.ts';
import { targetDatabase } from '#db/testing.ts';
import { until } from '#scripts/wait.ts';
import { RawSocket, startTestProxy, type TestProxy, type TestProxyOptions, testIdentity } from './proxy-testing.ts';
import { type Relay, startRelay } from './relay-testing.ts';
import { cellsOf, fieldsOf, type Heard, say, WireClient } from './wire-testing.ts';

let proxy: TestProxy;
let relay: Relay;
let direct: WireClient;

afterEach(async () => {
  direct.close();
  await proxy.close();
  relay.close();
  expect(proxy.crashes).toEqual([]);
});

const patience = { timeoutMs: 5_000, everyMs: 5 };

async function start(listener: TestProxyOptions['listener'] = {}): Promise<void> {
  const { url } = await targetDatabase();
  relay = await startRelay(url);
  direct = await WireClient.direct(url);
  proxy = await startTestProxy({ upstreamUrl: relay.url, listener });
}

const cancelOf = ({ key }: WireClient): RawSocket => {
  const socket = new RawSocket(proxy.port);
  socket.send(say.cancel(key.processId, key.secret));
  return socket;
};
const answerOf = (heard: Heard[]) => heard.map(({ type }) => type).join('');
const cellOf = (heard: Heard[]) => cellsOf(heard.find(({ type }) => type === 'D')?.body as Buffer)[0];

/** A client whose statement waits until `release`. */
async function blocked() {
  await direct.ask(say.query('select pg_advisory_lock(1)'));
  const client = await WireClient.through(proxy.port);
  client.send(say.query('select pg_advisory_lock(1)'));
  const waiting = async () =>
    cellOf(await direct.ask(say.query("select count(*) from pg_locks where locktype = 'advisory' and not granted")));
  await until('a statement that waits', async () => (await waiting()) !== '0', patience);
  return { client, release: () => direct.ask(say.query('select pg_advisory_unlock(1)')) };
}

describe('a request to cancel', () => {
  it('does not hit what comes after the statement it is for, however late it is', async () => {
    await start();
    const { client, release } = await blocked();
    relay.hold('cancels');
    const request = cancelOf(client);
    await until('the request', () => relay.begun.cancels === 1, patience);
    await release();
    await client.until('Z');
    client.clear();
    client.send(say.query('select 2'), say.parse('select pg_sleep(0.05)::text || $1'), say.bind(['x']), say.execute());
    client.send(say.sync);
    // The server is asked by somebody else, so that what was sent to it before would have come to it.
    await direct.ask(say.query('select 1'));
    expect(request.isClosed).toBe(false);
    relay.letGo();
    expect(answerOf(await client.until('Z', 2))).toBe('TDCZ12DCZ');
    await request.until(({ isClosed }) => isClosed);
    client.close();
  });

  it('opens no more than one connection at a time, however many there are', async () => {
    await start();
    const { client, release } = await blocked();
    relay.hold('cancels');
    const requests = Array.from({ length: 40 }, () => cancelOf(client));
    await until('the first request', () => relay.begun.cancels > 0, patience);
    await until('all that can come', () => proxy.listener.strangerCount === 40, patience);
    expect(relay.begun.cancels).toBe(1);
    relay.letGo();
    await until('the ends', () => requests.every(({ isClosed }) => isClosed), patience);
    expect(relay.begun.cancels).toBeLessThanOrEqual(2);
    expect(fieldsOf((await client.until('Z')).find(({ type }) => type === 'E')?.body as Buffer).C).toBe('57014');
    await release();
    client.close();
  });

  it('ends COPY in both directions, and the session goes on', async () => {
    await start();
    const client = await WireClient.through(proxy.port);
    await client.ask(say.query('create temp table t (a text)'));
    client.clear();
    client.send(say.query('copy t from stdin'));
    await client.until('G');
    client.send(say.copyData('one\n'));
    const first = cancelOf(client);
    await first.until(({ isClosed }) => isClosed);
    // The server looks when the next line comes.
    client.send(say.copyData('two\n'));
    expect(fieldsOf((await client.until('E')).find(({ type }) => type === 'E')?.body as Buffer).C).toBe('57014');
    client.send(say.copyData('three\n'), say.copyDone);
    await client.until('Z');
    client.clear();
    client.pause();
    client.send(say.query('copy (select repeat(md5(n::text), 100) from generate_series(1, 300000) n) to stdout'));
    await until('its record', () => proxy.recorder.of('statement.decided').length === 3, patience);
    const request = cancelOf(client);
    await request.until(({ isClosed }) => isClosed);
    client.resume();
    const heard = await client.until('Z');
    expect(fieldsOf(heard.find(({ type }) => type === 'E')?.body as Buffer).C).toBe('57014');
    expect(cellOf(await client.ask(say.query('select count(*) from t')))).toBe('0');
    client.close();
  });
});

describe('access that ends while the database lets somebody in', () => {
  it('is found out before the session opens, and leaves nothing behind', async () => {
    let isRevoked = false;
    await start({
      admitAgain: identity => (isRevoked ? fail('token_revoked', 'the token was revoked') : ok(identity)),
    });
    relay.hold('sessions');
    const coming = WireClient.through(proxy.port).catch(error => error.fields);
    await until('the connection', () => relay.begun.sessions === 1, patience);
    isRevoked = true;
    relay.letGo();
    expect(await coming).toMatchObject({ S: 'FATAL', C: '28P01', M: 'the token was revoked' });
    expect(proxy.recorder.of('session.start')).toEqual([]);
    expect(proxy.recorder.of('session.refused')).toMatchObject([{ code: 'token_revoked' }]);
    await until('the end of the connection', () => relay.openCount === 0, patience);
  });

  it('is the identity of the moment that opens', async () => {
    const later = { ...testIdentity, principal: { ...testIdentity.principal, groups: ['later'] } };
    await start({ admitAgain: () => ok(later) });
    const client = await WireClient.through(proxy.port);
    expect([...proxy.listener.list()].map(({ identity }) => identity.principal.groups)).toEqual([['later']]);
    client.close();
  });
});
