/** The control database away: refused in words, in the form that each kind of client reads, and never with its own error. */
import net from 'node:net';
import { encode } from 'next-auth/jwt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase } from '#db/client.ts';
import { testDatabase } from '#db/testing.ts';
import { sessionCookieName, webSecret } from '#lib/auth/cookie.ts';
import { browserClient } from '#lib/testing.ts';
import { systemClock } from './context.ts';
import { handleRest } from './handle.ts';
import { answeredInTime, isDatabaseGone } from './outage.ts';

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
