/** A control plane with a shop, its owner, a reviewer, a developer, an agent and a proxy that holds statements. For tests. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import { must } from '#core/contract/assert.ts';
import type { HeldStatement } from '#core/contract/proxy.ts';
import { releaseBundle } from '#lib/proxies/bundle.ts';
import { enrolTestProxy, heldUpdate, shopPush, type TestProxy } from '#lib/proxies/testing.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { expireDue } from './jobs.ts';
import { requestDetailSchema, requestListOutputSchema } from './schema.ts';

export type Desk = {
  plane: TestPlane;
  proxy: TestProxy;
  connectionId: string;
  admin: TestIdentity;
  owner: TestIdentity;
  reviewer: TestIdentity;
  developer: TestIdentity;
  auditor: TestIdentity;
  agent: TestIdentity;
};

async function openDesk(): Promise<Desk> {
  const plane = await testPlane();
  const admin = await plane.identity({ roles: ['admin'] });
  const owner = await plane.identity({ roles: ['reviewer'], login: 'owner@example.com' });
  const reviewer = await plane.identity({ roles: ['reviewer'], login: 'reviewer@example.com' });
  const developer = await plane.identity({ roles: ['developer'], login: 'dev@example.com' });
  const auditor = await plane.identity({ roles: ['auditor'] });
  const agent = await plane.identity({
    kind: 'agent',
    roles: ['developer'],
    ownerId: developer.id,
    login: 'reporting-agent',
  });
  const proxy = await enrolTestProxy(plane, admin);
  const body = { name: 'shop-prod', environment: 'production', region: 'eu' };
  const connectionId = String((await plane.rest('POST', '/connections', { as: admin, body })).body.id);
  await proxy.rest('PUT', `/proxies/self/catalogs/${connectionId}`, shopPush(connectionId));
  const set = { schema: 'public', relation: 'customers', owner: { identity: owner.id } };
  const owned = await plane.rest('PUT', `/catalog/${connectionId}/owners`, { as: admin, body: set });
  expect(owned.status).toBe(200);
  return { plane, proxy, connectionId, admin, owner, reviewer, developer, auditor, agent };
}

/** One desk per test file, and what tests do at it. */
export function testDesk() {
  let open: Desk | null = null;
  beforeAll(async () => {
    open = await openDesk();
  });
  afterAll(async () => {
    if (!open) return;
    releaseBundle(open.plane.database.db);
    await open.plane.close();
  });
  const at = (): Desk => must(open, 'the desk is open while tests run');
  const rest = (method: string, path: string, as: TestIdentity, body?: unknown) =>
    at().plane.rest(method, path, { as, body });
  return {
    at,
    rest,
    expire: () => expireDue({ db: at().plane.database.db, clock: at().plane.clock }),
    async file(parts: Partial<HeldStatement> = {}): Promise<HeldStatement> {
      const { connectionId, developer, proxy } = at();
      const held = heldUpdate({ connectionId, identityId: developer.id, ...parts });
      const answer = await proxy.rest('POST', '/proxies/self/requests', held);
      expect(answer.status).toBe(200);
      return held;
    },
    decide: (id: string, as: TestIdentity, verdict = 'approve') =>
      rest('POST', `/requests/${id}/decisions`, as, { verdict, reason: `because ${verdict}` }),
    detail: async (id: string, as: TestIdentity = at().owner) =>
      requestDetailSchema.parse((await rest('GET', `/requests/${id}`, as)).body),
    list: async (as: TestIdentity, query: string) =>
      requestListOutputSchema.parse((await rest('GET', `/requests?${query}`, as)).body),
    claim({ hash, identityId }: HeldStatement, parts: object = {}) {
      const { proxy, connectionId } = at();
      return proxy.rest('POST', '/proxies/self/approvals/claim', { hash, connectionId, identityId, ...parts });
    },
    async auditOf(action: string, id: string): Promise<Record<string, unknown>[]> {
      const { sql } = at().plane.database;
      const rows = await sql<{ body: string }[]>`select body from event where type = ${action} and target_id = ${id}`;
      return rows.map(row => JSON.parse(row.body));
    },
  };
}

export const distinctHash = (): string => randomUUID().replaceAll('-', '').padEnd(64, '0');
