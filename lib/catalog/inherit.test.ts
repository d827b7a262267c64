/** What is copied from labelled columns is labelled, with evidence, before and after a catalog shows it; people have the last word. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Level } from '#core/catalog/classification.ts';
import { type Pen, pen, sessionStart } from '#lib/audit/testing.ts';
import { runJob } from '#lib/jobs/scheduler.ts';
import { enrolTestProxy, type TestProxy } from '#lib/proxies/testing.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { inheritJobs } from './inherit.ts';

let plane: TestPlane;
let admin: TestIdentity;
let dev: TestIdentity;
let proxy: TestProxy;
let writer: Pen;
let connectionId: string;
const session = randomUUID();

beforeAll(async () => {
  plane = await testPlane();
  admin = await plane.identity({ roles: ['admin'] });
  dev = await plane.identity({ roles: ['developer'] });
  proxy = await enrolTestProxy(plane, admin);
  writer = pen(plane.clock, proxy.id);
  const made = await plane.rest('POST', '/connections', {
    as: admin,
    body: { name: 'shop', environment: 'prod', region: 'local' },
  });
  connectionId = String(made.body.id);
  const identity = {
    id: dev.id,
    kind: 'user' as const,
    login: 'dev@example.com',
    onBehalfOf: null,
    tokenId: randomUUID(),
  };
  writer.write(sessionStart(session, { connectionId, identity }));
});

afterAll(() => plane.close());

type Relation = [oid: number, name: string, columns: readonly string[]];

async function push(...relations: Relation[]): Promise<void> {
  const answer = await proxy.rest('PUT', `/proxies/self/catalogs/${connectionId}`, {
    connectionId,
    serverVersion: 180000,
    database: 'shop',
    hash: randomUUID(),
    relations: relations.map(([oid, name, columns]) => ({
      ...{ oid, schema: 'public', name, kind: 'r', rowsEstimate: 1, bytesEstimate: 1 },
      columns: columns.map((each, index) => ({ attnum: index + 1, name: each, type: 'text', notNull: false })),
    })),
    functions: [],
    foreignKeys: [],
    edges: [],
  });
  expect(answer.status).toBe(200);
}

async function send(lines = writer.take()): Promise<void> {
  const body = lines.map(line => `${JSON.stringify(line)}\n`).join('');
  const headers = { 'content-type': 'application/x-ndjson' };
  const answer = await plane.rest('POST', '/proxies/self/events', { as: await proxy.bearer(), body, headers });
  expect(answer.status).toBe(200);
}

async function copied(
  relation: string,
  column: string,
  [label, level]: [string, Level] = ['pii.email', 'confidential'],
) {
  writer.write({
    type: 'classification.inherited',
    session,
    statement: 7,
    columns: [
      {
        target: { schema: 'public', relation, column },
        labels: [{ label, level }],
        origins: [{ schema: 'public', relation: 'people', column: 'email' }],
      },
    ],
  });
  const lines = writer.take();
  await send(lines);
  return lines;
}

const labelOf = async (oid: number, attnum = 1) => {
  const { body } = await plane.rest('GET', `/catalog/${connectionId}/relations/${oid}`, { as: admin });
  return (body.columns as { attnum: number; label: unknown }[]).find(each => each.attnum === attnum)?.label;
};
const bundled = async (relation: string) =>
  (await proxy.bundle())?.bundle.labels[connectionId]?.filter(each => each.relation === relation);
const setLabel = (oid: number, body: object) =>
  plane.rest('PUT', `/catalog/${connectionId}/relations/${oid}/columns/1/label`, { as: admin, body });

it('is in the bundle by name at once, and on the column as soon as a catalog shows it', async () => {
  await push([1, 'people', ['email']]);
  await copied('copy', 'hidden');
  expect(await bundled('copy')).toMatchObject([{ relationOid: 0, column: 'hidden', label: 'pii.email' }]);
  await push([1, 'people', ['email']], [2, 'copy', ['hidden', 'id']]);
  expect(await labelOf(2)).toMatchObject({
    label: 'pii.email',
    level: 'confidential',
    source: 'inherited',
    by: { id: dev.id },
    evidence: `\`public.people.email\` was copied into it by dev@example.com, statement 7 of session ${session}`,
  });
  expect(await labelOf(2, 2)).toBeNull();
  expect(await bundled('copy')).toMatchObject([{ relationOid: 2, attnum: 1, column: 'hidden' }]);
});

it('stays with the column under another name', async () => {
  await push([1, 'people', ['email']], [2, 'renamed', ['shown', 'id']]);
  expect(await labelOf(2)).toMatchObject({ label: 'pii.email', source: 'inherited' });
  expect(await bundled('renamed')).toMatchObject([{ relationOid: 2, attnum: 1, column: 'shown' }]);
});

it('is the more sensitive of two, and repeating a batch changes nothing', async () => {
  await push([1, 'people', ['email']], [3, 'sums', ['value']]);
  const lines = await copied('sums', 'value');
  await copied('sums', 'value', ['hr.salary', 'restricted']);
  await copied('sums', 'value', ['pii.email', 'confidential']);
  expect(await labelOf(3)).toMatchObject({ label: 'hr.salary', level: 'restricted' });
  await send(lines);
  expect(await labelOf(3)).toMatchObject({ label: 'hr.salary' });
});

it('can be confirmed or taken off, and then stays as people want it', async () => {
  await push([1, 'people', ['email']], [4, 'kept', ['v']], [5, 'gone', ['v']]);
  await copied('kept', 'v');
  expect((await setLabel(4, { label: 'pii.email' })).status).toBe(200);
  await copied('kept', 'v', ['hr.salary', 'restricted']);
  expect(await labelOf(4)).toMatchObject({ label: 'pii.email', source: 'human', by: { id: admin.id } });
  await copied('gone', 'v');
  expect((await setLabel(5, { label: null })).status).toBe(200);
  await copied('gone', 'v');
  expect(await labelOf(5)).toBeNull();
  // Something else that is copied into it is another question.
  await copied('gone', 'v', ['hr.salary', 'restricted']);
  expect(await labelOf(5)).toMatchObject({ label: 'hr.salary', source: 'inherited' });
});

it("is on the control plane's record, and waits for ever for nothing", async () => {
  const events = await plane.rest('GET', '/audit?type=catalog.inherit_labels', { as: admin });
  expect(events.status).toBe(200);
  expect(JSON.stringify(events.body)).toContain('catalog.inherit_labels');
  await copied('never_there', 'v');
  expect(await bundled('never_there')).toHaveLength(1);
  plane.clock.advance(31 * 24 * 3_600_000);
  for (const job of inheritJobs) await runJob(job, { ...plane.database, clock: plane.clock });
  const left = await plane.database.sql`select * from inherited_label`;
  expect(left).toHaveLength(0);
});
