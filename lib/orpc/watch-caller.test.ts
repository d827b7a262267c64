/** What takes long ends with the right to it: streams and exports, when a token, a session, a role or an identity goes. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { openStreamCount } from './streams.ts';

let plane: TestPlane;
let admin: TestIdentity;
beforeAll(async () => {
  plane = await testPlane();
  admin = await plane.identity({ roles: ['admin'] });
});
afterAll(() => plane.close());

const patience = 5000;
const reader = (answer: Response) => (answer.body as ReadableStream<Uint8Array>).getReader();

/** The end of an open stream, or what says that there was none. */
async function endOf(stream: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const late = new Promise<string>(resolve => setTimeout(resolve, patience, 'still open').unref());
  const ended = (async () => {
    for (;;) {
      const { done } = await stream.read();
      if (done) return 'ended';
    }
  })().catch(() => 'broken off');
  return Promise.race([ended, late]);
}

const tokenOf = async (who: TestIdentity): Promise<string> => {
  const [row] = await plane.database.sql<{ id: string }[]>`select id from api_token where identity_id = ${who.id}`;
  return row?.id ?? '';
};
const change = (who: TestIdentity, body: object) => plane.rest('PATCH', `/identities/${who.id}`, { as: admin, body });

it.each([
  [
    'its token is revoked',
    async (who: TestIdentity) =>
      plane.rest('POST', `/api-tokens/${await tokenOf(who)}/revoke`, { as: admin, body: {} }),
  ],
  ['its identity is disabled', (who: TestIdentity) => change(who, { enabled: false })],
  ['a role that let it see more goes', (who: TestIdentity) => change(who, { roles: ['developer'] })],
])('a stream ends when %s', async (_when, lose) => {
  const who = await plane.identity({ roles: ['reviewer', 'developer'] });
  const before = openStreamCount();
  const stream = reader(await plane.response('GET', '/requests/watch', { as: who }));
  const ended = endOf(stream);
  expect(openStreamCount()).toBe(before + 1);
  expect((await lose(who)).status).toBe(200);
  expect(await ended).toBe('ended');
  expect(openStreamCount()).toBe(before);
});

it('a stream goes on for one who may do more than before', async () => {
  const who = await plane.identity({ roles: ['developer'] });
  const stream = reader(await plane.response('GET', '/requests/watch', { as: who }));
  const ended = endOf(stream);
  await change(who, { roles: ['developer', 'reviewer'] });
  const other = await plane.identity({ roles: ['developer'] });
  const otherEnded = endOf(reader(await plane.response('GET', '/requests/watch', { as: other })));
  await change(other, { enabled: false });
  expect(await otherEnded).toBe('ended');
  expect(await Promise.race([ended, plane.database.sql`select 1`.then(() => 'goes on')])).toBe('goes on');
  await stream.cancel();
});

it('an export is broken off, and not as if it were whole', async () => {
  const { sql } = plane.database;
  const source = randomUUID();
  await sql`insert into event_source (id, kind, head_hash) values (${source}, 'proxy', decode(repeat('00', 32), 'hex'))`;
  await sql`
    insert into event (source, seq, time, type, listed, prev, hash, body)
    select ${source}, n, now(), 'x', true, '', '', repeat('x', 2000) from generate_series(1, 20000) n`;
  const who = await plane.identity({ roles: ['auditor'] });
  const stream = reader(await plane.response('GET', '/audit/export?format=ndjson', { as: who }));
  expect((await stream.read()).done).toBe(false);
  const told = endOf(reader(await plane.response('GET', '/sessions/live', { as: who })));
  await plane.rest('POST', `/api-tokens/${await tokenOf(who)}/revoke`, { as: admin, body: {} });
  expect(await told).toBe('ended');
  const slow = { read: () => sql`select 1`.then(() => stream.read()) } as unknown as typeof stream;
  expect(await endOf(slow)).toBe('broken off');
});
