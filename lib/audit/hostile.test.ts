/** What strangers and callers type must not break, blind or fill the log. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signInWithPassword } from '#lib/auth/sign-in.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';

let plane: TestPlane;
let auditor: TestIdentity;
beforeAll(async () => {
  plane = await testPlane();
  auditor = await plane.identity({ roles: ['auditor', 'admin'] });
});
afterAll(() => plane.close());

const get = (path: string) => plane.rest('GET', path, { as: auditor });
const recorded = async (action: string): Promise<string[]> => {
  const rows = await plane.database.sql<{ body: string }[]>`select body from event where type = ${action} order by seq`;
  return rows.map(row => row.body);
};

const signIn = (login: string) =>
  signInWithPassword(
    {
      db: plane.database.db,
      sql: plane.database.sql,
      clock: plane.clock,
      request: {
        id: randomUUID(),
        via: 'page',
        address: '192.0.2.1',
        userAgent: null,
        idempotencyKey: null,
        ifMatch: null,
      },
      previousSessionId: null,
    },
    { login, password: 'nonsense' },
  );

describe('the content of events', () => {
  it.each(['\\u0000', '\\u0000","outcome":"ok', '\0', 'a\0b', '\ud83d', '\\', '"}'])(
    'holds %j as it is',
    async claimed => {
      await signIn(claimed);
      const [body = ''] = (await recorded('identity.sign_in')).slice(-1);
      expect(JSON.parse(body)).toMatchObject({ outcome: 'refused', target: { label: claimed.replaceAll('\0', '') } });
      expect((await get('/audit?source=control')).status).toBe(200);
    },
  );

  it('is shown although one event cannot be read', async () => {
    await plane.database.sql`
      insert into event (source, seq, time, type, listed, prev, hash, body)
      select source, 1000000, time, 'broken.event', true, prev, hash, '{"reason":"\\"' from event order by seq desc limit 1`;
    const { status, body } = await get('/audit?action=broken.event');
    expect([status, body.items]).toMatchObject([200, [{ action: 'broken.event', reason: expect.any(String) }]]);
    await expect(get(`/audit/${(body.items as { id: string }[])[0]?.id}`)).resolves.toMatchObject({ status: 200 });
  });
});

describe('a sensitive read', () => {
  it('is recorded by what it asked for, not by what else was sent', async () => {
    const { status } = await get(`/sessions?identity=somebody&junk=${'x'.repeat(5000)}&token=anything`);
    expect(status).toBe(200);
    const [body = ''] = (await recorded('audit.sessions.list.read')).slice(-1);
    expect(JSON.parse(body).after).toEqual({ filter: { identity: 'somebody' } });
    await get('/sessions?identity=somebody&junk=other');
    expect((await recorded('audit.sessions.list.read')).filter(each => each.includes('somebody'))).toHaveLength(1);
  });

  it('is never answered without a record, also not when it is asked again', async () => {
    const { sql } = plane.database;
    await sql`alter table event add constraint none check (type <> 'audit.statements.list.read')`;
    const ask = () => get('/statements?identity=unrecorded');
    expect([(await ask()).status, (await ask()).status]).toEqual([500, 500]);
    await sql`alter table event drop constraint none`;
    expect((await ask()).status).toBe(200);
    expect(await recorded('audit.statements.list.read')).toHaveLength(1);
  });
});
