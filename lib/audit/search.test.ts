/** Searching, seeing, killing, revealing and exporting, over REST; what is hidden is not there. */
import { randomUUID } from 'node:crypto';
import { desc, eq, like } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyChain } from '#core/event/chain.ts';
import { createContentKey, sealLiterals } from '#core/event/seal.ts';
import { event, eventSource } from '#db/schema/audit.ts';
import { outbox } from '#db/schema/identity.ts';
import { installationKeys } from '#lib/keys.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { controlSourceId } from './append.ts';
import { ingestEvents } from './ingest.ts';
import { completed, decided, facts, hearFrom, type Pen, pen, sessionEnd, sessionStart } from './testing.ts';

let plane: TestPlane;
let auditor: TestIdentity;
let reviewer: TestIdentity;
let operator: TestIdentity;
let dev: TestIdentity;
let proxy: Pen;
/** Sessions of dev, of dev's agent, and of somebody else (live). */
let own: string;
let agents: string;
let other: string;

beforeAll(async () => {
  plane = await testPlane();
  auditor = await plane.identity({ roles: ['auditor'] });
  reviewer = await plane.identity({ roles: ['reviewer'] });
  operator = await plane.identity({ roles: ['operator'] });
  dev = await plane.identity({ roles: ['developer'] });
  const agent = await plane.identity({ kind: 'agent', ownerId: dev.id });
  const stranger = await plane.identity({ login: 'stranger@example.com' });
  proxy = pen(plane.clock);
  [own, agents, other] = [randomUUID(), randomUUID(), randomUUID()];
  const contentKey = await createContentKey((await installationKeys(plane.database.db)).literals);
  const as = (who: TestIdentity, kind: 'user' | 'agent' = 'user') => ({
    identity: { id: who.id, kind, login: who.login, onBehalfOf: null, tokenId: randomUUID() },
  });
  proxy.write({ type: 'proxy.start', version: '0.1.0', host: 'h' });
  proxy.write({ type: 'proxy.key', key: contentKey.id, jwe: contentKey.jwe });
  proxy.write(sessionStart(own, as(dev)));
  proxy.write(decided(own, 1, { literals: sealLiterals(contentKey, ['4242', "o'hara"]) }));
  proxy.write(completed(own, 1));
  proxy.write(sessionEnd(own));
  plane.clock.advance(1000);
  proxy.write(sessionStart(agents, { ...as(agent, 'agent'), connection: 'shop-dev' }));
  const hazards = [{ code: 'drop' as const, object: 'public.orders' }];
  const dropped = facts({ accesses: [], classified: [], kinds: ['ddl'], hazards });
  proxy.write(decided(agents, 1, { effect: 'deny', text: 'drop table orders', facts: dropped }));
  proxy.write(completed(agents, 1, { outcome: 'refused', rows: 0, maskedCells: 0, sqlstate: '42501' }));
  proxy.write(sessionEnd(agents));
  plane.clock.advance(1000);
  proxy.write(sessionStart(other, as(stranger)));
  for (let at = 1; at <= 5; at++)
    proxy.write(
      decided(other, at, { effect: 'allow', text: `select ${'x'.repeat(at)} from public.orders`, facts: null }),
    );
  proxy.write({
    type: 'session.refused',
    connection: 'shop-prod',
    login: 'mallory@example.com',
    address: '198.51.100.9',
    code: '28P01',
    message: 'the token has expired',
  });
  const stored = await ingestEvents({ db: plane.database.db, clock: plane.clock }, proxy.proxyId, proxy.lines);
  expect(stored.ok).toBe(true);
  await hearFrom(plane.database.db, proxy, plane.clock.now());
});
afterAll(() => plane.close());

type Items = { id: string }[];
const idsOf = async (path: string, as: TestIdentity) =>
  ((await plane.rest('GET', path, { as })).body.items as Items).map(item => item.id);

it('finds sessions by what was said in them, to whom, how it was decided, and where', async () => {
  expect(await idsOf('/sessions', auditor)).toEqual([other, agents, own]);
  expect(await idsOf('/sessions?q=DROP%20table', auditor)).toEqual([agents]);
  expect(await idsOf('/sessions?q=stranger', auditor)).toEqual([other]);
  expect(await idsOf('/sessions?table=customers', auditor)).toEqual([own]);
  expect(await idsOf('/sessions?table=public.customers&decision=deny', auditor)).toEqual([]);
  expect(await idsOf('/sessions?decision=deny&decision=mask', auditor)).toEqual([agents, own]);
  expect(await idsOf('/sessions?label=pii.email', auditor)).toEqual([own]);
  expect(await idsOf(`/sessions?identity=${dev.id}`, auditor)).toEqual([own]);
  expect(await idsOf('/sessions?identity=stranger@', auditor)).toEqual([other]);
  expect(await idsOf('/sessions?live=true', auditor)).toEqual([other]);
  expect(await idsOf('/sessions?live=false', auditor)).toEqual([agents, own]);
  expect((await plane.rest('GET', '/sessions?q=ab', { as: auditor })).status).toBe(400);
});

it('calls a session live only while its proxy is heard from, and says since when nothing is known', async () => {
  const heardAt = plane.clock.now().toISOString();
  const get = async () => (await plane.rest('GET', `/sessions/${other}`, { as: auditor })).body;
  expect(await get()).toMatchObject({ state: 'live', knownUntil: null });
  expect(await idsOf('/sessions?state=unknown', auditor)).toEqual([]);
  plane.clock.advance(31_000);
  expect(await get()).toMatchObject({ state: 'unknown', knownUntil: heardAt, endedAt: null });
  expect(await idsOf('/sessions?state=unknown', auditor)).toEqual([other]);
  expect(await idsOf('/sessions?live=true', auditor)).toEqual([]);
  expect(await idsOf('/sessions?live=false', auditor)).toEqual([agents, own]);
  expect(await idsOf('/sessions?state=ended&state=lost&state=unknown', auditor)).toEqual([other, agents, own]);
  const { body } = await plane.rest('GET', '/sessions', { as: auditor });
  expect((body.items as { state: string }[]).map(item => item.state)).toEqual(['unknown', 'ended', 'ended']);
  plane.clock.advance(-31_000);
  expect(await get()).toMatchObject({ state: 'live', knownUntil: null });
});

it('finds statements, page by page, each once', async () => {
  expect(await idsOf('/statements?hazard=drop', auditor)).toEqual([`${agents}.1`]);
  expect(await idsOf('/statements?outcome=refused', auditor)).toEqual([`${agents}.1`]);
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await plane.rest('GET', `/statements?limit=2&cursor=${cursor}`, { as: auditor });
    seen.push(...(body.items as Items).map(item => item.id));
    if (body.nextCursor === null) break;
    cursor = String(body.nextCursor);
  }
  expect(seen).toEqual([5, 4, 3, 2, 1].map(at => `${other}.${at}`).concat(`${agents}.1`, `${own}.1`));
  expect(await idsOf(`/sessions/${other}/statements`, auditor)).toEqual([1, 2, 3, 4, 5].map(at => `${other}.${at}`));
});

it('treats % and _ in a search as themselves', async () => {
  expect(await idsOf('/statements?q=%25%25%25', auditor)).toEqual([]);
  expect(await idsOf('/statements?q=___', auditor)).toEqual([]);
});

it('shows developers their own and their agents’ sessions, and nothing of others', async () => {
  expect(await idsOf('/sessions', dev)).toEqual([agents, own]);
  expect(await idsOf('/statements?q=select', dev)).toEqual([`${own}.1`]);
  const unknown = randomUUID();
  const paths = (id: string) => [`/sessions/${id}`, `/sessions/${id}/statements`, `/statements/${id}.1`];
  for (let at = 0; at < 3; at++) {
    const hidden = await plane.rest('GET', paths(other)[at]!, { as: dev });
    const absent = await plane.rest('GET', paths(unknown)[at]!, { as: dev });
    expect([hidden.status, { ...hidden.body, instance: 0 }]).toEqual([404, { ...absent.body, instance: 0 }]);
  }
});

it('shows the whole record of a statement, and who looked at a session', async () => {
  const { body } = await plane.rest('GET', `/statements/${own}.1`, { as: auditor });
  expect(body).toMatchObject({ text: decided(own, 1).text, reasons: [{ rule: 'starter/mask' }], hasLiterals: true });
  expect(JSON.stringify(body)).not.toContain('4242');
  await plane.rest('GET', `/sessions/${own}`, { as: reviewer });
  const detail = await plane.rest('GET', `/sessions/${own}`, { as: auditor });
  expect(detail.body).toMatchObject({ state: 'ended', viewedBy: [{ login: reviewer.login }] });
});

it('opens literals for who may, with a reason, and records that', async () => {
  const ask = (as: TestIdentity, body: object) => plane.rest('POST', `/statements/${own}.1/literals`, { as, body });
  expect((await ask(auditor, { reason: 'looking into it' })).status).toBe(403);
  expect((await ask(reviewer, { reason: '' })).body).toMatchObject({ issues: [{ path: 'reason' }] });
  expect((await ask(reviewer, { reason: 'looking into it' })).body).toEqual({ literals: ['4242', "o'hara"] });
  const [row] = await plane.database.db.select().from(event).where(eq(event.type, 'statement.read_literals'));
  expect(JSON.parse(row!.body)).toMatchObject({ reason: 'looking into it', after: { count: 2 } });
  expect(row!.body).not.toContain('4242');
});

it('asks the proxy to end a live session', async () => {
  const body = { reason: 'not expected at night' };
  expect((await plane.rest('POST', `/sessions/${own}/kill`, { as: operator, body })).body).toEqual({
    state: 'already_ended',
  });
  expect((await plane.rest('POST', `/sessions/${other}/kill`, { as: operator, body })).body).toEqual({
    state: 'asked',
  });
  const [message] = await plane.database.db.select().from(outbox).orderBy(desc(outbox.id)).limit(1);
  expect(message).toMatchObject({ topic: 'proxy', key: proxy.proxyId, payload: { type: 'kill', sessionId: other } });
});

it('exports what the filter shows, and records the export', async () => {
  const csv = (await plane.rest('GET', '/statements/export?decision=deny', { as: auditor })).body.text as string;
  const [head, line, ...rest] = csv.split('\r\n');
  expect(head).toMatch(/^time,session,number,login/);
  expect(line).toContain('drop table orders');
  expect(rest).toEqual(['']);
  const answer = await plane.response('GET', '/sessions/export?format=ndjson', { as: auditor });
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="weir-sessions-.*\.ndjson"$/);
  const lines = (await answer.text())
    .trimEnd()
    .split('\n')
    .map(text => JSON.parse(text));
  expect(lines.map(item => item.session)).toEqual([other, agents, own]);
  const recorded = await plane.database.db.select().from(event).where(like(event.type, '%.export.read'));
  expect(recorded).toHaveLength(2);
  expect((await plane.rest('GET', '/sessions/export', { as: dev })).status).toBe(403);
});

it('lists the log with what proxies turned away, and finds in it', async () => {
  const { body } = await plane.rest('GET', '/audit?source=proxy&q=mallory', { as: auditor });
  expect(body.items).toMatchObject([
    { action: 'session.refused', outcome: 'refused', reason: 'the token has expired', address: '198.51.100.9' },
  ]);
  const kills = await plane.rest('GET', `/audit?action=session.kill&actor=${operator.id}`, { as: auditor });
  expect(kills.body.items).toHaveLength(2);
  const [kill] = kills.body.items as Items;
  const detail = await plane.rest('GET', `/audit/${kill!.id}`, { as: auditor });
  expect(detail.body).toMatchObject({ reason: 'not expected at night', after: { state: 'asked' } });
  expect(await idsOf('/audit?action=session.', auditor)).toHaveLength(3);
  const actionsOf = async (kind: string) => {
    const { body } = await plane.rest('GET', `/audit?limit=100&kind=${kind}`, { as: auditor });
    return (body.items as { action: string }[]).map(item => item.action);
  };
  const isRead = (action: string) => action.endsWith('.read');
  const [changes, reads] = [await actionsOf('change'), await actionsOf('read')];
  expect([changes.length > 0, changes.some(isRead)]).toEqual([true, false]);
  expect([reads.length > 0, reads.every(isRead)]).toEqual([true, true]);
  const facets = await plane.rest('GET', '/audit/facets', { as: auditor });
  expect(facets.body.actions).toContainEqual({ value: 'session.kill', count: 2 });
  expect(facets.body.actors).toContainEqual({ value: operator.login, count: 2 });
  expect(facets.body.latest).toBeNull();
});

it('lets one caller search a few times at once, and others meanwhile', async () => {
  const search = (as: TestIdentity, at: number) => plane.rest('GET', `/statements?q=sel&limit=${at + 1}`, { as });
  const { asked } = await plane.database.sql.begin(async locked => {
    await locked`lock table statement`;
    const asked = Array.from({ length: 12 }, (_, at) => search(auditor, at));
    // None is answered while the table is locked, so the first to have an answer is one too many.
    expect((await Promise.race(asked)).status).toBe(429);
    return { asked };
  });
  const statuses = (await Promise.all(asked)).map(answer => answer.status);
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  expect((await search(auditor, 0)).status).toBe(200);
});

it('records a repeated search once', async () => {
  const count = async () =>
    (await plane.database.db.select().from(event).where(eq(event.type, 'audit.sessions.list.read'))).length;
  const before = await count();
  for (let at = 0; at < 3; at++) await plane.rest('GET', '/sessions?q=needle', { as: auditor });
  expect(await count()).toBe(before + 1);
  plane.clock.advance(301_000);
  await plane.rest('GET', '/sessions?q=needle', { as: auditor });
  expect(await count()).toBe(before + 2);
});

it('gives a chain away as it was hashed, and verifies what is stored', async () => {
  const text = (await plane.rest('GET', `/audit/chain/${proxy.proxyId}/export`, { as: auditor })).body.text as string;
  const lines = text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(verifyChain(lines, { writer: proxy.proxyId })).toMatchObject({ ok: true, count: proxy.lines.length });
  const verified = await plane.rest('POST', '/audit/chain/verify', { as: auditor, body: {} });
  expect(verified.body).toMatchObject({ intact: true, gaps: 0 });
  const source = (verified.body.sources as { source: string; verifiedSeq: number; lastSeq: number }[]).find(
    each => each.source === proxy.proxyId,
  );
  expect(source).toMatchObject({ verifiedSeq: proxy.lines.length });
});

it('names the first event that somebody changed behind the log’s back', async () => {
  const { sql } = plane.database;
  await sql.unsafe('alter table event disable trigger event_append_only');
  await sql`update event set body = replace(body, 'shop-prod', 'shop-test') where source = ${controlSourceId} and seq = 3`;
  await sql`update event set body = replace(body, 'mallory', 'nobody') where source = ${proxy.proxyId} and type = 'session.refused'`;
  await sql.unsafe('alter table event enable trigger event_append_only');
  plane.clock.advance(25 * 3_600_000);
  await plane.rest('POST', '/audit/chain/verify', { as: auditor, body: { source: proxy.proxyId } });
  const [row] = await plane.database.db.select().from(eventSource).where(eq(eventSource.id, proxy.proxyId));
  expect(row).toMatchObject({ brokenSeq: proxy.lines.length, verifiedSeq: proxy.lines.length - 1 });
  const alarms = await plane.rest('GET', '/audit?action=audit.chain_broken', { as: auditor });
  expect(alarms.body.items).toMatchObject([{ target: { id: proxy.proxyId } }]);
});
