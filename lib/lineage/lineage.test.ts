/** Where data goes, against a real control database: from definitions, references, and statements that were recorded. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventLine } from '#core/event/schema.ts';
import { completed, decided, pen, sessionStart } from '#lib/audit/testing.ts';
import { releaseBundle } from '#lib/proxies/bundle.ts';
import { enrolTestProxy, shopPush, type TestProxy } from '#lib/proxies/testing.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { lineageGraphSchema, lineageNodesMax } from './schema.ts';

let plane: TestPlane;
let admin: TestIdentity;
let proxy: TestProxy;
let connectionId: string;

beforeAll(async () => {
  plane = await testPlane();
  admin = await plane.identity({ roles: ['admin'] });
  proxy = await enrolTestProxy(plane, admin);
  const body = { name: 'shop', environment: 'prod', region: 'eu' };
  connectionId = String((await plane.rest('POST', '/connections', { as: admin, body })).body.id);
  await proxy.rest('PUT', `/proxies/self/catalogs/${connectionId}`, shopPush(connectionId));
});
afterAll(async () => {
  releaseBundle(plane.database.db);
  await plane.close();
});

const get = (query: string) => plane.rest('GET', `/lineage/${connectionId}?${query}`, { as: admin });
const graph = async (query: string) => lineageGraphSchema.parse((await get(query)).body);

describe('from the catalog', () => {
  it('goes one hop through views, functions and references, with the columns where they are known', async () => {
    const { nodes, edges } = await graph('relations=public.customers');
    expect(nodes.map(node => [node.id, node.kind, node.hop])).toEqual(
      expect.arrayContaining([
        ['relation:public.customers', 'table', 0],
        ['relation:public.customer_emails', 'view', 1],
        ['function:16500', 'function', 1],
        ['relation:public.orders', 'table', 1],
      ]),
    );
    expect(edges).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ via: 'view', columns: [{ from: 'email', to: 'email' }] }),
        expect.objectContaining({ via: 'function', to: 'function:16500', columns: [] }),
        expect.objectContaining({ via: 'foreign_key', columns: [{ from: 'id', to: 'customer_id' }] }),
      ]),
    );
  });

  it('shows what it does not know as unknown, and refuses what is no name', async () => {
    expect((await graph('relations=public.nowhere')).nodes).toMatchObject([{ kind: 'unknown', oid: null }]);
    expect((await get('relations=customers')).status).toBe(400);
    expect((await get('relations=')).status).toBe(400);
    const nowhere = `/lineage/${randomUUID()}?relations=a.b`;
    expect((await plane.rest('GET', nowhere, { as: admin })).status).toBe(404);
  });

  it('stays within its bounds', async () => {
    const wide = shopPush(connectionId, { hash: 'wide' });
    const view = wide.relations[2]!;
    for (let index = 0; index < lineageNodesMax + 50; index += 1) {
      wide.relations.push({ ...view, oid: 20_000 + index, name: `view_${index}` });
      wide.edges.push({
        via: 'view',
        from: { relationOid: 16400, attnum: 2 },
        to: { oid: 20_000 + index, attnum: 1 },
      });
    }
    await proxy.rest('PUT', `/proxies/self/catalogs/${connectionId}`, wide);
    const { nodes, truncated } = await graph('relations=public.customers');
    expect(nodes).toHaveLength(lineageNodesMax);
    expect(truncated).toBe(true);
    await proxy.rest('PUT', `/proxies/self/catalogs/${connectionId}`, shopPush(connectionId, { hash: 'narrow' }));
  });
});

describe('from recorded statements', () => {
  const column = (relation: string, name: string) => ({ schema: 'public', relation, column: name });
  const copyFacts = {
    kinds: ['insert'],
    accesses: [
      { action: 'write' as const, verb: 'insert', kind: 'relation', object: 'public.mailing' },
      { action: 'read' as const, verb: 'select', kind: 'relation', object: 'public.customers' },
    ],
    classified: [],
    hazards: [],
    functions: [],
    flows: [{ target: column('mailing', 'address'), origins: [column('customers', 'email')] }],
    outputs: 0,
  };

  const copyInto = (relation: string) => ({
    ...copyFacts,
    flows: [{ ...copyFacts.flows[0]!, target: column(relation, 'mail') }],
  });

  const push = async (from: TestProxy, lines: readonly EventLine[]) =>
    plane.rest('POST', '/proxies/self/events', {
      as: await from.bearer(),
      body: lines.map(line => JSON.stringify(line)).join('\n'),
      headers: { 'content-type': 'application/x-ndjson' },
    });

  const copiedTo = async (): Promise<string[]> => {
    const { edges } = await graph('relations=public.customers');
    return edges.filter(edge => edge.via === 'copy').map(edge => edge.to);
  };

  it('shows copies of statements that ran, counted once, and none of those that did not', async () => {
    const { write } = pen(plane.clock, proxy.id);
    const session = randomUUID();
    const start = { ...sessionStart(session), connectionId };
    const lines = [
      write(start),
      write(decided(session, 1, { facts: copyFacts })),
      write(completed(session, 1, { outcome: 'ok' })),
      write(decided(session, 2, { facts: copyInto('leaked') })),
      write(completed(session, 2, { outcome: 'error' })),
    ];
    expect((await push(proxy, lines)).body).toEqual({ acknowledged: 5 });
    expect((await push(proxy, lines)).status).toBe(200);
    const { edges, nodes } = await graph('relations=public.customers');
    expect(edges.filter(edge => edge.via === 'copy')).toEqual([
      {
        from: 'relation:public.customers',
        to: 'relation:public.mailing',
        via: 'copy',
        columns: [{ from: 'email', to: 'address' }],
        lastSeenAt: expect.any(String),
        seen: 1,
      },
    ]);
    expect(nodes.find(node => node.name === 'mailing')?.kind).toBe('unknown');
  });

  it('knows a copy whose decision came before, and believes none of another proxy’s sessions', async () => {
    const [mine, other] = await Promise.all([enrolTestProxy(plane, admin), enrolTestProxy(plane, admin)]);
    const [own, theirs] = [pen(plane.clock, mine.id), pen(plane.clock, other.id)];
    const session = randomUUID();
    own.write({ ...sessionStart(session), connectionId });
    own.write(decided(session, 1, { facts: copyInto('earlier') }));
    await push(mine, own.take());
    own.write(completed(session, 1));
    expect((await push(mine, own.take())).body).toEqual({ acknowledged: 3 });
    expect(await copiedTo()).toContain('relation:public.earlier');

    theirs.write(decided(session, 2, { facts: copyInto('foreign') }));
    theirs.write(completed(session, 2));
    expect((await push(other, theirs.take())).body).toEqual({ acknowledged: 2 });
    expect(await copiedTo()).not.toContain('relation:public.foreign');
  });
});
