/** The proxy against the real control plane and a real database: what each side says is what the other understands. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { targetDatabase } from '#db/testing.ts';
import { handleRest } from '#lib/orpc/handle.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { TestTerminal } from './cli/cli-testing.ts';
import { loadConfig, type ProxyConfig } from './config.ts';
import { type Enrolment, ensureEnrolled } from './control/enrol.ts';
import { targetOf } from './control/target-testing.ts';
import { ParserPool } from './enforce/parser-pool.ts';
import { ProxyService } from './proxy-service.ts';

const eventually = <T>(check: () => T) => expect.poll(check, { timeout: 20_000, interval: 50 });

let plane: TestPlane;
let server: Server;
let state: string;
let config: ProxyConfig;
let enrolment: Enrolment;
let proxy: ProxyService;
let people: Record<'admin' | 'operator' | 'dev' | 'reviewer' | 'auditor', TestIdentity>;
let connectionId: string;
const clients: pg.Client[] = [];

const policy = `
name: shop
rules:
  - { id: open, effect: allow }
  - { id: mask, effect: mask, objects: { level: confidential }, mask: { kind: redact } }
  - { id: no-drop, effect: deny, hazards: [drop], reason: not in production }
  - { id: writes, effect: approve, actions: [write], approvers: { roles: [reviewer] }, reason: somebody has to look }
`;

const copying = `
name: shop
rules:
  - { id: open, effect: allow }
  - { id: mask, effect: mask, objects: { level: confidential }, mask: { kind: redact }, uses: { write: allow } }
  - { id: enough, effect: limit, objects: { system: false }, budget: { windowMinutes: 1440, rows: 120 } }
`;

/** The REST API as the console serves it, over HTTP. */
async function serve(): Promise<string> {
  server = createServer(async (incoming, outgoing) => {
    const url = `http://127.0.0.1${incoming.url}`;
    const abort = new AbortController();
    outgoing.on('close', () => abort.abort());
    const hasBody = incoming.method !== 'GET' && incoming.method !== 'HEAD';
    const request = new Request(url, {
      method: incoming.method ?? 'GET',
      headers: incoming.headers as Record<string, string>,
      signal: abort.signal,
      ...(hasBody && { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' }),
    });
    const answer = await handleRest(request, { database: plane.database, clock: plane.clock });
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
    try {
      for await (const chunk of answer.body ?? []) outgoing.write(chunk);
    } catch {
      // The proxy has gone.
    }
    outgoing.end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ask = async (as: TestIdentity, method: string, path: string, body?: unknown) => {
  const answer = await plane.rest(method, path, { as, ...(body !== undefined && { body }) });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as Record<string, unknown> & { items: { id: string }[] };
};

const clock = { nowMs: () => plane.clock.now().getTime(), nowUs: () => performance.now() * 1000 };
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const startProxy = async () => {
  proxy = new ProxyService(
    { config, enrolment, clock, log: quiet, host: 'test' },
    await ParserPool.start({ workers: 1 }),
  );
  await proxy.start();
};

beforeAll(async () => {
  plane = await testPlane();
  const roles = {
    admin: 'admin',
    operator: 'operator',
    dev: 'developer',
    reviewer: 'reviewer',
    auditor: 'auditor',
  } as const;
  const made = Object.entries(roles).map(
    async ([name, role]) => [name, await plane.identity({ roles: [role] })] as const,
  );
  people = Object.fromEntries(await Promise.all(made)) as typeof people;
  const database = await targetDatabase({
    sql: `create table customers (id int primary key, email text, level int);
      insert into customers select n, 'c' || n || '@example.com', 1 from generate_series(1, 50) n;
      create view emails as select email from customers; analyze`,
  });
  const url = await serve();
  const shop = { name: 'shop-prod', environment: 'prod', region: 'local' };
  connectionId = String((await ask(people.admin, 'POST', '/connections', shop)).id);
  await ask(people.admin, 'PUT', '/policies/shop', { yaml: policy, expectedVersion: null, comment: 'first' });
  const { token } = await ask(people.operator, 'POST', '/enrolments', {});
  state = mkdtempSync(join(tmpdir(), 'weir-plane-'));
  const loaded = loadConfig({ WEIR_CONTROL_URL: url, WEIR_STATE_DIR: state, WEIR_LISTEN: '127.0.0.1:0' });
  if (!loaded.ok) throw new Error(loaded.error.message);
  config = { ...loaded.value, connections: new Map([['shop-prod', targetOf(database.url)]]) };
  const enrolled = await ensureEnrolled({
    directory: state,
    controlUrl: url,
    name: 'edge',
    token: () => String(token),
  });
  if (!enrolled.ok) throw new Error(enrolled.error.message);
  enrolment = enrolled.value;
  await startProxy();
}, 60_000);

afterAll(async () => {
  for (const client of clients) await client.end().catch(() => {});
  await proxy?.stop('test');
  server?.closeAllConnections();
  server?.close();
  await plane?.close();
  if (state) rmSync(state, { recursive: true, force: true });
});

const issue = (as: TestIdentity) => ask(as, 'POST', '/tokens', { connections: ['shop-prod'] });
const connect = async (token: string, to = { port: proxy.port, state }) => {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: to.port,
    user: people.dev.login,
    password: token,
    database: 'shop-prod',
    ssl: { ca: readFileSync(join(to.state, 'tls/ca.pem'), 'utf8') },
  });
  client.on('error', () => {});
  clients.push(client);
  await client.connect();
  return client;
};

/** Another proxy in front of the same database. */
async function secondProxy() {
  const { token } = await ask(people.operator, 'POST', '/enrolments', {});
  const directory = mkdtempSync(join(tmpdir(), 'weir-plane-'));
  const own = { ...config, state: directory, name: 'edge-2' };
  const input = { directory, controlUrl: config.control.url, name: 'edge-2', token: () => String(token) };
  const enrolled = await ensureEnrolled(input);
  if (!enrolled.ok) throw new Error(enrolled.error.message);
  const service = new ProxyService(
    { config: own, enrolment: enrolled.value, clock, log: quiet, host: 'test' },
    await ParserPool.start({ workers: 1 }),
  );
  await service.start();
  const close = async () => {
    await service.stop('test');
    rmSync(directory, { recursive: true, force: true });
  };
  return { other: { port: service.port, state: directory }, close };
}

describe('proxy and control plane', () => {
  it('know the catalog, its lineage and its labels within moments', async () => {
    const schemas = async () => JSON.stringify(await ask(people.admin, 'GET', `/catalog/${connectionId}`));
    await eventually(schemas).toContain('customers');
    const client = await connect(String((await issue(people.dev)).token));
    const first = async () => (await client.query('select email from emails limit 1')).rows;
    expect(await first()).toEqual([{ email: 'c1@example.com' }]);
    const { rows } = await client.query("select 'customers'::regclass::oid::int as oid");
    const label = `/catalog/${connectionId}/relations/${rows[0].oid}/columns/2/label`;
    await ask(people.admin, 'PUT', label, { label: 'pii.email' });
    await eventually(first).toEqual([{ email: '***' }]);
    const lineage = async () =>
      JSON.stringify(await ask(people.admin, 'GET', `/lineage/${connectionId}?relations=public.customers`));
    await eventually(lineage).toContain('emails');
  });

  it('refuse what policy refuses, and both say so', async () => {
    const client = await connect(String((await issue(people.dev)).token));
    await expect(client.query('drop table customers')).rejects.toMatchObject({ code: '42501' });
    expect((await client.query('select count(*)::int as n from customers')).rows).toEqual([{ n: 50 }]);
    const denied = async () =>
      (await ask(people.auditor, 'GET', `/statements?decision=deny&q=${encodeURIComponent('drop table')}`)).items;
    await eventually(denied).toMatchObject([{ effect: 'deny' }]);
  });

  it('tell the command line where to connect', async () => {
    const { token } = await issue(people.dev);
    const list = async () => {
      const terminal = new TestTerminal({ WEIR_TOKEN: String(token), WEIR_CONTROL_URL: config.control.url, PATH: '' });
      return `${await terminal.run('connections')} ${terminal.out}`;
    };
    await eventually(list).toMatch(
      new RegExp(`^0 [\\s\\S]*shop-prod +\\| prod +\\| \\w+ +\\| 127.0.0.1:${proxy.port}`),
    );
    const ca = join(state, 'tls/ca.pem');
    const terminal = new TestTerminal({ WEIR_TOKEN: String(token), WEIR_CONTROL_URL: config.control.url, PATH: '' });
    expect(await terminal.run('connect', 'shop-prod', '--ca', ca, '-c', 'select 42 as answer'), terminal.err).toBe(0);
    expect(terminal.out).toContain('42');
  });

  it('hold a write until a reviewer has decided, and run exactly that', async () => {
    const client = await connect(String((await issue(people.dev)).token));
    const notices: string[] = [];
    client.on('notice', notice => notices.push(String(notice.message)));
    const running = client.query('update customers set level = $1 where id <= $2', [7, 3]);
    const waiting = async () => (await ask(people.reviewer, 'GET', '/requests?tab=needs_me')).items;
    await eventually(waiting).toHaveLength(1);
    const id = (await waiting())[0]?.id;
    expect(notices.join()).toContain(id);
    await eventually(async () => ask(people.reviewer, 'GET', `/requests/${id}`)).toMatchObject({
      impact: { exactRows: 3 },
    });
    await ask(people.reviewer, 'POST', `/requests/${id}/decisions`, {
      verdict: 'approve',
      reason: 'three rows are fine',
    });
    expect((await running).rowCount).toBe(3);
    await eventually(async () => ask(people.reviewer, 'GET', `/requests/${id}`)).toMatchObject({ state: 'done' });
  });

  it('turn a denial into an ordinary error', async () => {
    const client = await connect(String((await issue(people.dev)).token));
    const running = client.query('delete from customers where id = 50').catch(error => error);
    const waiting = async () => (await ask(people.reviewer, 'GET', '/requests?tab=needs_me')).items;
    await eventually(waiting).toHaveLength(1);
    const id = (await waiting())[0]?.id;
    await ask(people.reviewer, 'POST', `/requests/${id}/decisions`, { verdict: 'deny', reason: 'keep it' });
    expect(await running).toMatchObject({ code: '42501', message: expect.stringContaining('denied') });
    expect((await client.query('select count(*)::int as n from customers')).rows).toEqual([{ n: 50 }]);
  });

  it('cut a session within a second of its token being revoked', async () => {
    const { token, jti } = await issue(people.dev);
    const client = await connect(String(token));
    const ended = new Promise<number>(resolve => client.on('end', () => resolve(performance.now())));
    await client.query('select 1');
    await ask(people.dev, 'POST', `/tokens/${jti}/revoke`, { reason: 'lost' });
    const revokedAt = performance.now();
    expect((await ended) - revokedAt).toBeLessThan(1_000);
    await expect(connect(String(token))).rejects.toMatchObject({ code: '28P01' });
  });

  it('lose nothing over a restart of the proxy, and record everything once', async () => {
    await proxy.stop('test');
    await startProxy();
    const client = await connect(String((await issue(people.dev)).token));
    await client.query('select 4711 as marker_of_the_restart');
    const found = async () => {
      const body = await ask(people.auditor, 'GET', `/statements?q=${encodeURIComponent('marker_of_the_restart')}`);
      return body.items.length;
    };
    await eventually(found).toBe(1);
    await client.end();
    await eventually(() => proxy.vitals().spool.events).toBe(0);
    const chain = JSON.stringify(await ask(people.auditor, 'GET', '/audit/chain'));
    expect(chain).toContain(enrolment.proxyId);
  });

  it('label what is copied for good, on every proxy, over a restart and under another name', async () => {
    await ask(people.admin, 'PUT', '/policies/shop', {
      yaml: copying,
      expectedVersion: 1,
      comment: 'copies and budgets',
    });
    const token = String((await issue(people.dev)).token);
    const client = await connect(token);
    await eventually(() =>
      client.query('create table copies as select id, email as hidden from customers').then(
        () => 'made',
        error => String(error.message),
      ),
    ).toBe('made');
    const first = async (from: pg.Client, table = 'copies') =>
      (await from.query(`select hidden from ${table} limit 1`)).rows[0]?.hidden;
    expect(await first(client)).toBe('***');
    // Before the control plane can have answered, and with nothing but what the proxy has kept.
    await proxy.stop('test');
    await startProxy();
    const again = await connect(token);
    expect(await first(again)).toBe('***');
    const { rows } = await again.query("select 'copies'::regclass::oid::int as oid");
    const relation = () => ask(people.admin, 'GET', `/catalog/${connectionId}/relations/${rows[0].oid}`);
    await eventually(async () => (await relation().catch(() => ({ columns: [] }))).columns).toMatchObject([
      { name: 'id', label: null },
      { label: { label: 'pii.email', source: 'inherited', evidence: expect.stringContaining(people.dev.login) } },
    ]);
    await again.query('alter table copies rename to renamed');
    expect(await first(again, 'renamed')).toBe('***');
    const { other, close } = await secondProxy();
    const elsewhere = await connect(token, other);
    expect(await first(elsewhere, 'renamed')).toBe('***');
    await close();
  });

  it('count what is taken over all sessions and a restart, and show what is left', async () => {
    const token = String((await issue(people.dev)).token);
    const take = async (rows: number) => {
      const client = await connect(token);
      return (await client.query(`select id from customers limit ${rows}`)).rowCount;
    };
    const used = async () => {
      const { limits } = await ask(people.dev, 'GET', `/identities/${people.dev.id}/limits`);
      return (limits as { budgets: { unit: string; used: number }[] }[])[0]?.budgets[0]?.used ?? 0;
    };
    await eventually(used).toBeGreaterThan(0);
    const before = await used();
    expect(await take(40)).toBe(40);
    await eventually(used).toBeGreaterThanOrEqual(before + 40);
    await proxy.stop('test');
    await startProxy();
    await take(50);
    await expect(take(50)).rejects.toMatchObject({ code: '53400', message: expect.stringContaining('120 rows') });
  });

  it('give clients another certificate without a restart', async () => {
    const token = String((await issue(people.dev)).token);
    const shown = async () => {
      const client = (await connect(token)) as unknown as { connection: { stream: TLSSocket } };
      return client.connection.stream.getPeerCertificate().fingerprint256;
    };
    const before = await shown();
    await proxy.renewCertificate();
    expect(await shown()).toBe(before);
    rmSync(join(state, 'tls/server.pem'));
    await proxy.renewCertificate();
    expect(await shown()).not.toBe(before);
  });

  it('stop at once when the proxy is revoked', async () => {
    const client = await connect(String((await issue(people.dev)).token));
    const ended = new Promise(resolve => client.on('end', () => resolve('ended')));
    await ask(people.operator, 'POST', `/proxies/${enrolment.proxyId}/revoke`, { reason: 'decommissioned' });
    expect(await ended).toBe('ended');
    await eventually(() => proxy.vitals().problems.join()).toContain('revoked');
    const { token } = await issue(people.dev);
    await expect(connect(String(token))).rejects.toMatchObject({ code: '57P03' });
  });
});
