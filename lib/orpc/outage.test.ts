/** The control database away: refused in words, in the form that each kind of client reads, and never with its own error. */
import net from 'node:net';
import { encode } from 'next-auth/jwt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '#db/client.ts';
import { testDatabase } from '#db/testing.ts';
import { sessionCookieName, webSecret } from '#lib/auth/cookie.ts';
import { browserClient, testPlane } from '#lib/testing.ts';
import { systemClock } from './context.ts';
import { handleRest } from './handle.ts';
import { answeredInTime, isDatabaseGone } from './outage.ts';
import { whileDatabaseAnswers } from './silence.ts';

process.env.WEIR_SECRET ??= 'a secret that only tests have, 32+';
process.env.WEIR_CONSOLE_URL ??= 'http://127.0.0.1:3000';

let away: Database;
beforeAll(async () => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => taken.once('listening', resolve));
  const { port } = taken.address() as net.AddressInfo;
  await new Promise(resolve => taken.close(resolve));
  away = openDatabase(`postgres://weir:secret-of-weir@127.0.0.1:${port}/weir`);
});
afterAll(() => away.close());

const sentence = 'the console cannot reach its database at the moment';
const inner = /select|ECONNREFUSED|127\.0\.0\.1|secret/i;

const thrownBy = (work: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(work).catch((error: unknown) => error);

it('tells the browser in the form its client reads, so that it is not taken for a fault of the network', async () => {
  const session = await encode({ token: { sid: crypto.randomUUID() }, secret: webSecret() });
  const cookie = `${sessionCookieName()}=${session}`;
  const client = browserClient({ database: away, clock: systemClock }, cookie);
  const error = await thrownBy(client.identity.me.get());
  expect(error).toMatchObject({ code: 'unavailable', status: 503, message: sentence });
  expect(JSON.stringify(error)).not.toMatch(inner);
});

it('tells others in a problem detail', async () => {
  const headers = { authorization: `Bearer weir_pat_${'a'.repeat(43)}` };
  const request = new Request('http://127.0.0.1/api/v1/me', { headers });
  const response = await handleRest(request, { database: away, clock: systemClock });
  const body = await response.text();
  expect([response.status, response.headers.get('content-type')]).toEqual([503, 'application/problem+json']);
  expect(JSON.parse(body)).toMatchObject({ code: 'unavailable', detail: sentence });
  expect(body).not.toMatch(inner);
});

it('says of a database that takes nothing in that it is not available, and stores nothing half', async () => {
  const plane = await testPlane();
  const admin = await plane.identity({ roles: ['admin', 'auditor'] });
  const { sql } = plane.database;
  const group = (name: string) => plane.rest('POST', '/groups', { as: admin, body: { name } });
  expect((await group('before')).status).toBe(200);
  const [name] = await sql`select current_database() as name`;
  await sql.unsafe(`alter database "${name?.name}" set default_transaction_read_only = on`);
  const standby = openDatabase(plane.url);
  // So that the use of the token would be written down again.
  plane.clock.advance(120_000);
  const on = { database: standby, clock: plane.clock };
  const ask = async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${admin.bearer}`, 'content-type': 'application/json' };
    const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
    const answer = await handleRest(new Request(`http://127.0.0.1/api/v1${path}`, init), on);
    return [answer.status, ((await answer.json()) as { code?: string }).code];
  };
  expect(await ask('GET', '/groups')).toEqual([200, undefined]);
  expect(await ask('POST', '/groups', { name: 'meanwhile' })).toEqual([503, 'unavailable']);
  // A read that cannot be recorded is not given.
  expect(await ask('GET', '/audit')).toEqual([503, 'unavailable']);
  await standby.close();
  await sql.unsafe(`alter database "${name?.name}" reset default_transaction_read_only`);
  expect((await group('meanwhile')).status).toBe(200);
  await plane.close();
});

it('knows a database that refuses or ends the connection from one that merely says no', async () => {
  const there = openDatabase((await testDatabase()).url);
  const gone = [
    await thrownBy(away.sql`select 1`),
    await thrownBy(away.db.execute('select 1')),
    await thrownBy(there.sql`select pg_terminate_backend(pg_backend_pid())`),
  ];
  const refused = [await thrownBy(there.db.execute('select nothing_like_it')), new Error('something else'), 'text'];
  await there.close();
  expect(gone.map(isDatabaseGone)).toEqual([true, true, true]);
  expect(refused.map(isDatabaseGone)).toEqual([false, false, false]);
});

it('does not wait for a database that says nothing', async () => {
  const never = new Promise<never>(() => undefined);
  expect(isDatabaseGone(await thrownBy(answeredInTime(never, 20)))).toBe(true);
  await expect(answeredInTime(Promise.resolve(7), 20)).resolves.toBe(7);
});

/** Passes everything on, until the client says the word; from then on it is kept, and nothing is closed, until it thaws. */
async function frozenAt(word: string, url: string) {
  let isFrozen = false;
  const target = new URL(url);
  const port = Number(target.port);
  const sockets: net.Socket[] = [];
  const kept: (() => void)[] = [];
  const pass = (send: () => void) => void (isFrozen ? kept.push(send) : send());
  const relay = net.createServer(client => {
    const server = net.connect(port, target.hostname);
    sockets.push(client, server);
    client.on('data', chunk => {
      if (chunk.includes(word)) isFrozen = true;
      pass(() => server.write(chunk));
    });
    server.on('data', chunk => pass(() => client.write(chunk)));
    for (const socket of [client, server]) socket.on('error', () => undefined);
  });
  await new Promise<void>(resolve => relay.listen(0, '127.0.0.1', resolve));
  target.port = String((relay.address() as net.AddressInfo).port);
  const thaw = () => {
    isFrozen = false;
    for (const send of kept.splice(0)) send();
  };
  const close = () => {
    for (const socket of sockets) socket.destroy();
    relay.close();
  };
  return { url: target.toString(), isFrozen: () => isFrozen, thaw, close };
}

describe('a database that freezes after it has let somebody in', () => {
  const frozen = async (word: string, method: string, path: string, body?: unknown) => {
    const plane = await testPlane();
    const admin = await plane.identity({ roles: ['admin'] });
    const relay = await frozenAt(word, plane.url);
    const behind = openDatabase(relay.url);
    const headers = { authorization: `Bearer ${admin.bearer}`, 'content-type': 'application/json' };
    const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
    const startedAt = performance.now();
    const answer = await handleRest(new Request(`http://127.0.0.1/api/v1${path}`, init), {
      database: behind,
      clock: plane.clock,
    });
    const tookMs = performance.now() - startedAt;
    const problem = (await answer.json()) as { detail: string };
    const wasFrozen = relay.isFrozen();
    relay.thaw();
    await behind.close();
    relay.close();
    await plane.close();
    return { status: answer.status, detail: problem.detail, wasFrozen, tookMs };
  };

  it('is not waited for by those who read', async () => {
    const answer = await frozen('"proxy"."name"', 'GET', '/proxies');
    expect(answer).toMatchObject({ status: 503, detail: sentence, wasFrozen: true });
    expect(answer.tookMs).toBeLessThan(12_000);
  }, 30_000);

  it('does not let those who write believe that nothing was done', async () => {
    const answer = await frozen('insert into "identity_group"', 'POST', '/groups', { name: 'analysts' });
    expect(answer).toMatchObject({ status: 503, wasFrozen: true });
    expect(answer.detail).toContain('look whether it was done before you try again');
  }, 30_000);

  it('waits for what is slow while it answers others', async () => {
    const there = openDatabase((await testDatabase()).url);
    const slow = there.sql<{ one: number }[]>`select 1 as one from pg_sleep(6)`;
    await expect(whileDatabaseAnswers(there.sql, Promise.resolve(slow))).resolves.toEqual([{ one: 1 }]);
    await there.close();
  }, 30_000);
});
