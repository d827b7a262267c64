/** Verification finds whatever somebody with the database's password changes, adds or takes away, also long after it was verified. */
import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { event, eventSource } from '#db/schema/audit.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { recordEvent, transact } from '#lib/transaction.ts';
import { controlSourceId } from './append.ts';
import { ingestEvents } from './ingest.ts';
import { completed, decided, type Pen, pen, sessionEnd, sessionStart } from './testing.ts';
import { eventsPerWalkMax, rewalkHours, verifyChains } from './verify.ts';

let plane: TestPlane;
let auditor: TestIdentity;
beforeAll(async () => {
  plane = await testPlane();
  auditor = await plane.identity({ roles: ['auditor', 'admin'] });
  await plane.database.sql.unsafe(
    'alter table event disable trigger all; alter table event_source disable trigger event_source_forward',
  );
});
afterAll(() => plane.close());

const sourceOf = async (id: string) => {
  const [row] = await plane.database.db.select().from(eventSource).where(eq(eventSource.id, id));
  return row;
};
const job = () => transact({ db: plane.database.db, clock: plane.clock }, tx => verifyChains({ tx, ...plane }));
const asked = async (source?: string) =>
  (await plane.rest('POST', '/audit/chain/verify', { as: auditor, body: { source } })).body;
const ingest = (proxy: Pen) => ingestEvents({ db: plane.database.db, clock: plane.clock }, proxy.proxyId, proxy.take());

let proxy: Pen;
let session: string;
/** Seven events: refusal, start, two statements with what became of them, end. */
beforeEach(async () => {
  proxy = pen(plane.clock);
  session = randomUUID();
  const refused = { connection: 'shop-prod', login: 'mallory', address: '192.0.2.66', code: 'unauthenticated' };
  proxy.write({ type: 'session.refused', ...refused, message: 'no' });
  proxy.write(sessionStart(session));
  proxy.write(decided(session, 1));
  proxy.write(completed(session, 1, { outcome: 'error', sqlstate: '42501' }));
  proxy.write(decided(session, 2, { effect: 'deny', text: `select ${randomUUID()}` }));
  proxy.write(completed(session, 2, { outcome: 'refused' }));
  proxy.write(sessionEnd(session, { statements: 2 }));
  await ingest(proxy);
  await job();
  expect(await sourceOf(proxy.proxyId)).toMatchObject({ verifiedSeq: 7, walkedSeq: 7, brokenSeq: null });
});
/** What was done to one chain is no matter of the next test. */
afterEach(async () => {
  const { sql } = plane.database;
  await sql`delete from event where source <> ${controlSourceId}`;
  await sql`delete from event_source where kind = 'proxy'`;
});

describe('what was verified and then changed', () => {
  it('is found at once by who asks', async () => {
    await plane.database
      .sql`update event set body = replace(body, '"rows":3', '"rows":0') where source = ${proxy.proxyId}`;
    expect(await asked()).toMatchObject({ intact: false });
    expect(await sourceOf(proxy.proxyId)).toMatchObject({ brokenSeq: 4, verifiedSeq: 3 });
  });

  it('is found within a day by a job that runs every minute', async () => {
    await plane.database
      .sql`update event set body = replace(body, 'mallory', 'nobody') where source = ${proxy.proxyId}`;
    for (let hour = 0; hour <= rewalkHours; hour++) {
      plane.clock.advance(3_600_000);
      await job();
    }
    expect(await sourceOf(proxy.proxyId)).toMatchObject({ brokenSeq: 1 });
  });

  it('stays found until it is as it was, and is recorded once', async () => {
    const { sql } = plane.database;
    const alarms = async () =>
      (await plane.rest('GET', `/audit?action=audit.chain_broken&target=${proxy.proxyId}`, { as: auditor })).body.items;
    await sql`update event set type = 'proxy.start' where source = ${proxy.proxyId} and seq = 1`;
    await asked();
    for (let minute = 0; minute < 3; minute++) await job();
    expect(await sourceOf(proxy.proxyId)).toMatchObject({
      brokenSeq: 1,
      brokenReason: expect.stringContaining('type'),
    });
    expect(await alarms()).toHaveLength(1);
    await sql`update event set type = 'session.refused' where source = ${proxy.proxyId} and seq = 1`;
    await job();
    expect(await sourceOf(proxy.proxyId)).toMatchObject({ brokenSeq: null, verifiedSeq: 7 });
  });
});

describe('of the log', () => {
  it.each([
    ['time', `time = time - interval '1 year'`, 1],
    ['type', `type = 'proxy.start'`, 1],
    ['actor_login', `actor_login = 'nobody'`, 1],
    ['actor_id', `actor_id = gen_random_uuid()`, 1],
    ['target_type', `target_type = null`, 1],
    ['target_id', `target_id = 'x'`, 1],
    ['target_label', `target_label = 'elsewhere'`, 1],
    ['listed', `listed = false`, 1],
    ['session_id', `session_id = gen_random_uuid()`, 2],
    ['prev', `prev = hash`, 3],
    ['hash', `hash = prev`, 7],
    ['body', `body = replace(body, '"v":1', '"v":2')`, 6],
    ['seq', `seq = 8`, 7],
    ['source', `source = gen_random_uuid()`, 4],
  ])('a change of the column %s is found', async (_column, change, seq) => {
    await plane.database.sql.unsafe(`update event set ${change} where source = '${proxy.proxyId}' and seq = ${seq}`);
    expect(await asked()).toMatchObject({ intact: false });
    expect(await sourceOf(proxy.proxyId)).toMatchObject({ brokenSeq: seq });
  });

  it.each([
    ['in the middle', 'seq = 3', 3],
    ['at the end', 'seq = 7', 7],
    ['at the start', 'seq = 1', 1],
    ['altogether', 'true', 1],
  ])('what was deleted %s is found', async (_where, which, seq) => {
    await plane.database.sql.unsafe(`delete from event where source = '${proxy.proxyId}' and ${which}`);
    await asked();
    expect(await sourceOf(proxy.proxyId)).toMatchObject({ brokenSeq: seq });
  });

  it('an end that was cut off, together with what says where the end is, is found', async () => {
    const { sql } = plane.database;
    const head = proxy.lines[4]?.hash ?? '';
    await sql`delete from event where source = ${proxy.proxyId} and seq > 5`;
    await sql`update event_source set head_seq = 5, head_hash = decode(${head}, 'hex') where id = ${proxy.proxyId}`;
    await job();
    expect(await sourceOf(proxy.proxyId)).toMatchObject({ brokenSeq: 7 });
  });

  it('what was put in beside the chain is found, also under a source there is not', async () => {
    const { sql } = plane.database;
    const [stray, beyond] = [randomUUID(), proxy.proxyId];
    for (const [source, seq] of [
      [stray, 1],
      [beyond, 40],
      [controlSourceId, -1],
    ] as const)
      await sql`
        insert into event (source, seq, time, type, listed, prev, hash, body)
        select ${source}, ${seq}, time, type, listed, prev, hash, body from event where source = ${proxy.proxyId} and seq = 1`;
    await job();
    for (const [id, brokenSeq] of [
      [stray, 1],
      [beyond, 40],
      [controlSourceId, -1],
    ] as const)
      expect(await sourceOf(id)).toMatchObject({ brokenSeq });
    await sql`delete from event where source = ${controlSourceId} and seq < 1`;
    await job();
    expect(await sourceOf(controlSourceId)).toMatchObject({ brokenSeq: null });
  });

  it('a change of the control plane’s own events is found, whoever the column names', async () => {
    const { sql, db } = plane.database;
    const [admin] = await db.select().from(event).where(eq(event.source, controlSourceId)).limit(1);
    const seq = admin?.seq ?? 0;
    for (const column of ['actor_login', 'target_label']) {
      const [held] = await sql.unsafe(`select ${column} as text from event where source = $1 and seq = $2`, [
        controlSourceId,
        seq,
      ]);
      await sql.unsafe(`update event set ${column} = 'x' where source = $1 and seq = $2`, [controlSourceId, seq]);
      expect(await asked(controlSourceId)).toMatchObject({ intact: false });
      await sql.unsafe(`update event set ${column} = $3 where source = $1 and seq = $2`, [
        controlSourceId,
        seq,
        held?.text as string,
      ]);
      await job();
      expect(await sourceOf(controlSourceId)).toMatchObject({ brokenSeq: null });
    }
  });
});

describe('of what is shown', () => {
  it.each([
    ['session', `login = 'nobody@example.com'`, 2],
    ['session', `identity_id = gen_random_uuid()`, 2],
    ['session', `client_address = '203.0.113.1'`, 2],
    ['session', `proxy_id = gen_random_uuid()`, 2],
    ['session', `ended_at = ended_at + interval '1 second'`, 7],
    ['session', `rows = 0`, 7],
    ['statement', `effect = 'allow'`, 3],
    ['statement', `labels = '{}'`, 3],
    ['statement', `relations = '{}'`, 3],
    ['statement', `identity_id = gen_random_uuid()`, 3],
    ['statement', `time = now()`, 3],
    ['statement', `seq = 1`, 3],
    ['statement', `outcome = 'ok'`, 4],
    ['statement', `masked_cells = 0`, 4],
    ['statement', `detected = '[]'`, 4],
  ])('a change of a %s (%s) is found', async (table, change, seq) => {
    const key = table === 'session' ? 'id' : 'session_id';
    await plane.database.sql.unsafe(`update ${table} set ${change} where ${key} = '${session}'`);
    await asked();
    expect(await sourceOf(proxy.proxyId)).toMatchObject({ brokenSeq: seq });
  });

  it('statements that were taken away, and texts that were changed, are found', async () => {
    const { sql } = plane.database;
    await sql`delete from statement where session_id = ${session} and number = 2`;
    await asked();
    expect(await sourceOf(proxy.proxyId)).toMatchObject({
      brokenSeq: 5,
      brokenReason: 'it is not among the statements',
    });
    const own = pen(plane.clock);
    const id = randomUUID();
    own.write(sessionStart(id));
    own.write(decided(id, 1, { text: `delete from ${id}` }));
    await ingest(own);
    await sql`update statement_text set text = 'select 1' where text = ${`delete from ${id}`}`;
    await job();
    expect(await sourceOf(own.proxyId)).toMatchObject({ brokenSeq: 2, brokenReason: expect.stringContaining('text') });
  });

  it('a proxy that speaks of the sessions of another is found', async () => {
    const other = pen(plane.clock);
    other.write(decided(session, 3));
    await ingest(other);
    await job();
    expect(await sourceOf(other.proxyId)).toMatchObject({ brokenSeq: 1 });
  });
});

describe('nothing is wrong with', () => {
  it('events of every kind and of strangers, with texts that no column can hold', async () => {
    const { db } = plane.database;
    const own = pen(plane.clock);
    const id = randomUUID();
    const odd = 'a\0b\ud83d';
    own.write({ type: 'proxy.dance', time: '0000-01-01T00:00:00.000Z' } as never);
    own.write({ type: 'session.refused', connection: odd, login: odd, address: '', code: '', message: odd });
    own.write(sessionStart(id, { client: { address: odd, port: 1, application: odd, tls: odd } }));
    own.write(decided(id, 1, { text: odd, facts: null }));
    own.write(completed(id, 1, { tag: odd, sqlstate: '' }));
    own.write(decided(id, 2_147_483_648));
    own.write({ type: 'proxy.stop', reason: 'x' });
    expect(await ingest(own)).toMatchObject({ ok: true, value: { acknowledged: 7 } });
    const actor = { type: 'anonymous' as const, id: null, login: `${'x'.repeat(319)}\ud83d\ude00` };
    await transact({ db, clock: plane.clock }, async tx =>
      recordEvent(tx, {
        action: 'identity.sign_in',
        actor,
        request: null,
        target: { type: 'identity', id: odd.repeat(90), label: odd.repeat(200) },
        before: null,
        after: null,
      }),
    );
    expect(await asked()).toMatchObject({ intact: true });
  });

  it('a chain that is longer than one step: it is walked on, and asking again does not begin again', async () => {
    const { sql } = plane.database;
    const [long, length] = [randomUUID(), eventsPerWalkMax + 10];
    await sql`insert into event_source (id, kind, head_seq, head_hash) values (${long}, 'proxy', ${length}, decode(repeat('00', 32), 'hex'))`;
    await sql`
      with recursive line as (
        select 1::int8 as seq, repeat('0', 64) as prev, ${`{"v":1,"proxy":"${long}","seq":1,"type":"x"}`}::text as body
        union all
        select seq + 1, encode(sha256(convert_to(prev || body, 'UTF8')), 'hex'),
          format('{"v":1,"proxy":"%s","seq":%s,"type":"x"}', ${long}::text, seq + 1)
        from line where seq < ${length}
      )
      insert into event (source, seq, time, type, listed, prev, hash, body)
      select ${long}::uuid, seq, now(), 'x', true, decode(prev, 'hex'), sha256(convert_to(prev || body, 'UTF8')), body from line`;
    await sql`update event_source set head_hash = (select hash from event where source = ${long} and seq = ${length}) where id = ${long}`;
    await job();
    expect(await sourceOf(long)).toMatchObject({ brokenSeq: null, verifiedSeq: eventsPerWalkMax });
    await job();
    expect(await sourceOf(long)).toMatchObject({ brokenSeq: null, verifiedSeq: length, walkedSeq: length });
    await asked(long);
    expect(await sourceOf(long)).toMatchObject({ walkedSeq: eventsPerWalkMax, verifiedSeq: length });
    await asked(long);
    expect(await sourceOf(long)).toMatchObject({ walkedSeq: length, brokenSeq: null });
  });
});
