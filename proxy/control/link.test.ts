/** The link to the control plane: enrolment, bundle, stream, holds, revocation, events; through restarts of the other side. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Failure } from '#core/contract/error.ts';
import { type Heartbeat, type HeldStatement, heartbeatSchema } from '#core/contract/proxy.ts';
import type { LiveSession, SessionIdentity } from '../ports.ts';
import { BundleStore } from './bundle.ts';
import { type Installation, ids, makeInstallation } from './bundle-testing.ts';
import { controlClient } from './client.ts';
import { problem, TestControl, testEnrolToken, testProxyId } from './control-testing.ts';
import { type Enrolment, ensureEnrolled, loadEnrolment } from './enrol.ts';
import { bearerOf } from './keys.ts';
import { ControlLink, eventPush } from './link.ts';

const clock = { nowMs: Date.now, nowUs: () => 0 };
let directory: string;
let here: Installation;
let control: TestControl;
let sessions: FakeSession[];
const closing: (() => Promise<unknown>)[] = [];

class FakeSession implements LiveSession {
  readonly id = randomUUID();
  readonly application = 'psql';
  readonly address = '127.0.0.1';
  ended: Failure | null = null;
  constructor(public identity: SessionIdentity) {}
  refresh(identity: SessionIdentity) {
    this.identity = identity;
  }
  cut(failure: Failure) {
    this.ended ??= failure;
  }
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-link-'));
  here = await makeInstallation();
  control = await new TestControl(here).start();
  sessions = [];
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await control.stop();
  rmSync(directory, { recursive: true, force: true });
});

const eventually = (check: () => unknown) => expect.poll(check, { timeout: 15_000, interval: 5 });
const enrolled = async (): Promise<Enrolment> => {
  const result = await ensureEnrolled({ directory, controlUrl: control.url, name: 'p', token: () => testEnrolToken });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};
const heartbeat = (): Heartbeat =>
  heartbeatSchema.parse({
    version: '1',
    startedAt: 1,
    bundleVersion: 0,
    policyVersion: 0,
    sessions: 0,
    spool: { events: 0, bytes: 0, limitBytes: 1 },
    parser: { workers: 0, killed: 0, refused: 0 },
    memoryBytes: 1,
    addedUs: { p50: 0, p95: 0, statements: 0 },
    connections: [],
    listen: '127.0.0.1:1',
    tls: true,
  });
const start = async () => {
  const enrolment = await enrolled();
  const client = controlClient({ url: control.url, bearer: bearerOf(enrolment.key, enrolment.proxyId, clock) });
  const bundles = new BundleStore({ directory, clock, keys: enrolment.bundleKeys });
  await bundles.load();
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const link = new ControlLink({
    client,
    bundles,
    clock,
    log: quiet,
    heartbeat,
    sessions: { list: () => sessions },
    edges: async () => [],
    onIntrospect: () => {},
  });
  closing.push(() => link.stop());
  await link.start();
  return { link, bundles, client };
};
const version = (bundles: BundleStore) => () => {
  const current = bundles.current();
  return current.ok ? current.value.bundle.version : current.error.code;
};
const session = async (bundles: BundleStore, more: Partial<SessionIdentity> = {}) => {
  const current = bundles.current();
  if (!current.ok) throw new Error('no bundle');
  const [principal, connection] = [current.value.principalById(ids.dev), current.value.connectionById(ids.shop)];
  if (!principal || !connection) throw new Error('no identity');
  const identity = {
    principal,
    onBehalfOf: null,
    tokenId: randomUUID(),
    tokenExpiresAt: Date.now() + 1e6,
    connection,
    grant: null,
  };
  const made = new FakeSession({ ...identity, ...more });
  sessions.push(made);
  return made;
};
const held = (more: Partial<HeldStatement> = {}): HeldStatement => ({
  id: randomUUID(),
  sessionId: randomUUID(),
  statement: 1,
  connectionId: ids.shop,
  identityId: ids.dev,
  onBehalfOf: null,
  text: 'update t set a = :int',
  literals: null,
  literalsJwe: null,
  hash: 'a'.repeat(64),
  fingerprint: 'b'.repeat(64),
  facts: { kinds: ['update'], accesses: [], classified: [], hazards: [], functions: [], flows: [], outputs: 0 },
  reasons: [],
  rule: 'p/r',
  approvers: { owners: true, count: 1, expireMinutes: 60, windowMinutes: 15 },
  ownerOf: [],
  policyVersion: 1,
  bundleVersion: 1,
  waiting: true,
  ...more,
});

describe('enrolment', () => {
  it('happens once, keeps the private key at home, and pins the bundle keys', async () => {
    const first = await enrolled();
    expect(first).toMatchObject({ proxyId: testProxyId, bundleKeys: here.bundleKeys });
    expect(JSON.stringify(control.asked)).not.toContain(first.key.private.d);
    expect(await enrolled()).toEqual(first);
    expect(control.count('POST', '/proxies/enrol')).toBe(1);
    expect(await loadEnrolment(directory)).toEqual(first);
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o077).toBe(0);
    expect(readFileSync(join(directory, 'enrolment.json'), 'utf8')).not.toContain(testEnrolToken);
  });

  it('says what to do without a token, with a bad one, and without a control plane', async () => {
    const options = { directory, controlUrl: control.url, name: 'p' };
    const without = await ensureEnrolled({ ...options, token: null });
    expect(without).toMatchObject({ ok: false, error: { hint: expect.stringContaining('WEIR_ENROL_TOKEN') } });
    const bad = await ensureEnrolled({ ...options, token: () => 'nonsense-nonsense-nonsense' });
    expect(bad).toMatchObject({ ok: false, error: { code: 'unauthenticated' } });
    await control.stop();
    const nobody = await ensureEnrolled({ ...options, token: () => testEnrolToken });
    expect(nobody).toMatchObject({ ok: false, error: { code: 'unavailable' } });
  });
});

describe('bundle', () => {
  it('comes at start and within a second of every change', async () => {
    await control.publish();
    const { bundles } = await start();
    expect(version(bundles)()).toBe(1);
    await eventually(() => control.streamCount).toBe(1);
    const before = Date.now();
    await control.publish();
    await eventually(version(bundles)).toBe(2);
    expect(Date.now() - before).toBeLessThan(1_000);
  });

  it('stays in force while the control plane is away, and is taken up again after', async () => {
    await control.publish();
    const { bundles } = await start();
    await eventually(() => control.streamCount).toBe(1);
    const port = Number(new URL(control.url).port);
    await control.stop();
    expect(version(bundles)()).toBe(1);
    await control.publish();
    await control.start(port);
    await eventually(version(bundles)).toBe(2);
    await eventually(() => control.streamCount).toBe(1);
  });

  it('is in force after a restart without control plane', async () => {
    await control.publish();
    const first = await start();
    await first.link.stop();
    await control.stop();
    const { bundles } = await start();
    expect(version(bundles)()).toBe(1);
  });
});

describe('open sessions', () => {
  it('follow the bundle: what changed is passed on, who lost access is cut with the reason', async () => {
    await control.publish();
    const { bundles } = await start();
    const [stays, revoked] = [await session(bundles), await session(bundles)];
    const identities = here.bundle().identities.map(identity => ({ ...identity, groups: ['new'] }));
    await control.publish(here.bundle({ identities, revokedTokens: [revoked.identity.tokenId] }));
    await eventually(() => revoked.ended).toMatchObject({
      code: 'session_revoked',
      message: expect.stringContaining('the token was revoked'),
    });
    expect(stays.ended).toBeNull();
    expect(stays.identity.principal.groups).toEqual(['new']);
    await control.publish(here.bundle({ identities: identities.map(identity => ({ ...identity, enabled: false })) }));
    await eventually(() => stays.ended?.message).toMatch(/disabled/);
  });

  it('end with their grant, within a second, without any message', async () => {
    const grant = {
      id: randomUUID(),
      identityId: ids.dev,
      connectionId: ids.vault,
      startsAt: 0,
      expiresAt: Date.now() + 700,
    };
    await control.publish(here.bundle({ grants: [grant] }));
    const { bundles } = await start();
    const vault = here.bundle().connections.find(connection => connection.id === ids.vault);
    if (!vault) throw new Error('no connection');
    const granted = await session(bundles, { connection: vault, grant });
    const standing = await session(bundles);
    expect(granted.ended).toBeNull();
    await eventually(() => granted.ended?.message).toMatch(/access has ended/);
    expect(Date.now() - grant.expiresAt).toBeLessThan(1_000);
    expect(standing.ended).toBeNull();
  });

  it('are killed by name', async () => {
    await control.publish();
    const { bundles } = await start();
    const [one, two] = [await session(bundles), await session(bundles)];
    await eventually(() => control.streamCount).toBe(1);
    control.send({ type: 'kill', sessionId: one.id, reason: 'suspicious' });
    await eventually(() => one.ended).toMatchObject({ detail: 'suspicious' });
    expect(two.ended).toBeNull();
  });

  it('all end when the proxy is revoked, whether it hears of it or finds out', async () => {
    await control.publish();
    const { bundles, link } = await start();
    const one = await session(bundles);
    await eventually(() => control.streamCount).toBe(1);
    const request = held();
    await link.holds.file(request);
    const waiting = link.holds.wait(request.id, new AbortController().signal);
    control.isRevoked = true;
    control.dropStreams();
    await eventually(() => one.ended?.code).toBe('session_revoked');
    expect(await waiting).toMatchObject({ outcome: 'revoked' });
    expect(version(bundles)()).toBe('bundle_missing');
  });
});

describe('held statements', () => {
  const filing = async (more: Partial<HeldStatement> = {}) => {
    await control.publish();
    const { link } = await start();
    await eventually(() => control.streamCount).toBe(1);
    const request = held(more);
    expect(await link.holds.file(request)).toMatchObject({
      ok: true,
      value: { url: expect.stringContaining(request.id) },
    });
    const abort = new AbortController();
    return { link, request, abort, outcome: link.holds.wait(request.id, abort.signal) };
  };
  const decided = (requestId: string, outcome: 'approved' | 'denied') =>
    control.send({ type: 'decided', requestId, outcome, by: ['reviewer@example.com'], reason: 'looked at it' });

  it('get their outcome through the stream', async () => {
    const { request, outcome } = await filing();
    decided(request.id, 'approved');
    expect(await outcome).toEqual({ outcome: 'approved', by: ['reviewer@example.com'], reason: 'looked at it' });
  });

  it('get it although it came before anybody waited', async () => {
    await control.publish();
    const { link } = await start();
    await eventually(() => control.streamCount).toBe(1);
    const request = held();
    await link.holds.file(request);
    decided(request.id, 'denied');
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(await link.holds.wait(request.id, new AbortController().signal)).toMatchObject({ outcome: 'denied' });
  });

  it('get it although the stream was down when it was decided', async () => {
    const { request, outcome } = await filing();
    const port = Number(new URL(control.url).port);
    await control.stop();
    control.requests.set(request.id, 'approved');
    await control.start(port);
    expect(await outcome).toMatchObject({ outcome: 'approved' });
  });

  it('are withdrawn when the client stops waiting, and stay so', async () => {
    const { request, abort, outcome } = await filing();
    abort.abort();
    expect(await outcome).toMatchObject({ outcome: 'withdrawn' });
    decided(request.id, 'approved');
    await eventually(() => control.count('POST', `/proxies/self/requests/${request.id}/withdraw`)).toBe(1);
  });

  it('are there to be claimed when the session waits no longer', async () => {
    const { link, request, outcome } = await filing();
    link.holds.release(request.id);
    expect(await outcome).toMatchObject({ outcome: 'unavailable' });
    const filed = () => control.asked.filter(each => each.path === '/proxies/self/requests').map(each => each.body);
    await eventually(filed).toMatchObject([{ waiting: true }, { id: request.id, waiting: false }]);
    expect(link.holds.waitingCount).toBe(0);
  });

  it('are filed again when the control plane stumbles, under the same id', async () => {
    await control.publish();
    const { link } = await start();
    let left = 2;
    control.overrides.set('POST /proxies/self/requests', () => (left-- > 0 ? problem(503, 'unavailable') : null));
    const request = held();
    await link.holds.file(request);
    const sent = control.asked.filter(each => each.path === '/proxies/self/requests');
    expect(sent.map(each => each.headers['idempotency-key'])).toEqual([request.id, request.id, request.id]);
  });

  it('are refused when they cannot be filed', async () => {
    await control.publish();
    const { link } = await start();
    control.overrides.set('POST /proxies/self/requests', () => problem(400, 'invalid_input'));
    expect(await link.holds.file(held())).toMatchObject({ ok: false, error: { code: 'invalid_input' } });
    control.overrides.set('POST /proxies/self/requests', () => problem(503, 'unavailable'));
    expect(await link.holds.file(held())).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    expect(await link.holds.wait(randomUUID(), new AbortController().signal)).toMatchObject({ outcome: 'unavailable' });
  });

  it('report their result and impact, and claim approvals of sessions that did not wait', async () => {
    const { link, request } = await filing();
    link.holds.report(request.id, { outcome: 'ok', rows: 2, sqlstate: null });
    await eventually(() => control.count('POST', /result$/)).toBe(1);
    expect(await link.holds.claim('a'.repeat(64), ids.shop, ids.dev)).toBeNull();
    control.claim = request.id;
    expect(await link.holds.claim('a'.repeat(64), ids.shop, ids.dev)).toEqual({ requestId: request.id });
    expect(await link.holds.claim('a'.repeat(64), ids.shop, ids.dev)).toBeNull();
    await control.stop();
    await expect(link.holds.claim('a'.repeat(64), ids.shop, ids.dev)).rejects.toThrow();
  });
});

describe('a control plane that does not answer', () => {
  it('is given up on after the time limit, or at once when nobody wants to know any more', async () => {
    const silent = createServer(() => {});
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
    closing.push(async () => {
      silent.closeAllConnections();
      silent.close();
    });
    const client = controlClient({ url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`, bearer: null });
    const call = { method: 'GET', path: '/x' } as const;
    expect(await client.call({ ...call, timeoutMs: 50 })).toMatchObject({ error: { code: 'unavailable' } });
    const abort = new AbortController();
    const waiting = client.call({ ...call, signal: abort.signal });
    globalThis.gc?.();
    abort.abort();
    expect((await waiting).ok).toBe(false);
  });
});

describe('events and heartbeat', () => {
  it('tell apart what may be sent again from what must be made smaller', async () => {
    await control.publish();
    const { client } = await start();
    const push = eventPush(client);
    const send = () => push(gzipSync('x'), new AbortController().signal);
    const answer = (status: number, code: string) =>
      control.overrides.set('POST /proxies/self/events', () => problem(status, code));
    answer(413, 'payload_too_large');
    expect(await send()).toMatchObject({ reason: 'split' });
    answer(409, 'conflict');
    expect(await send()).toMatchObject({ reason: 'conflict' });
    answer(500, 'internal');
    expect((await send()).ok).toBe(false);
    control.overrides.set('POST /proxies/self/events', () => ({ status: 200, body: { acknowledged: 7 } }));
    expect(await send()).toEqual({ ok: true, acknowledged: 7 });
  });

  it('say how the proxy is', async () => {
    await control.publish();
    const { link } = await start();
    link.announce();
    await eventually(() => control.count('POST', '/proxies/self/heartbeat')).toBeGreaterThan(0);
    const sent = control.asked.find(each => each.path === '/proxies/self/heartbeat');
    expect(heartbeatSchema.parse(sent?.body)).toEqual(heartbeat());
  });
});
