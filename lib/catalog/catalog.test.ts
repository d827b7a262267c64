/** The catalog against a real control database: what people said stays with the object, whatever happens to its name or number. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { releaseBundle } from '#lib/proxies/bundle.ts';
import { enrolTestProxy, shopPush, type TestProxy } from '#lib/proxies/testing.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { relationOutputSchema, schemasOutputSchema, searchOutputSchema, suggestionListOutputSchema } from './schema.ts';

let plane: TestPlane;
let admin: TestIdentity;
let owner: TestIdentity;
let developer: TestIdentity;
let proxy: TestProxy;

const rest = (method: string, path: string, as: TestIdentity, body?: unknown) => plane.rest(method, path, { as, body });

beforeAll(async () => {
  plane = await testPlane();
  admin = await plane.identity({ roles: ['admin'] });
  owner = await plane.identity({ roles: ['reviewer'] });
  developer = await plane.identity({ roles: ['developer'] });
  proxy = await enrolTestProxy(plane, admin);
});
afterAll(async () => {
  releaseBundle(plane.database.db);
  await plane.close();
});

type Push = ReturnType<typeof shopPush>;
let count = 0;

/** A connection of its own, with the shop in it. */
async function shop() {
  count += 1;
  const body = { name: `shop-${count}`, environment: 'prod', region: 'eu' };
  const id = String((await rest('POST', '/connections', admin, body)).body.id);
  let hash = 0;
  const push = async (change: (push: Push) => void = () => undefined, options: { shift?: number } = {}) => {
    hash += 1;
    const next = shopPush(id, { hash: `h${hash}`, ...options });
    change(next);
    const answer = await proxy.rest('PUT', `/proxies/self/catalogs/${id}`, next);
    expect(answer.status).toBe(200);
    return answer.body as Record<string, unknown>;
  };
  await push();
  const relation = async (oid: number) =>
    relationOutputSchema.parse((await rest('GET', `/catalog/${id}/relations/${oid}`, developer)).body);
  const tree = async () => schemasOutputSchema.parse((await rest('GET', `/catalog/${id}`, developer)).body);
  const label = (oid: number, attnum: number, label: string | null, more: object = {}) =>
    rest('PUT', `/catalog/${id}/relations/${oid}/columns/${attnum}/label`, admin, { label, ...more });
  const labels = async () =>
    Object.fromEntries(
      ((await proxy.bundle())?.bundle.labels[id] ?? []).map(each => [
        `${each.schema}.${each.relation}.${each.column}`,
        [each.relationOid, each.attnum, each.label],
      ]),
    );
  const suggestions = async (state = 'open') =>
    suggestionListOutputSchema.parse(
      (await rest('GET', `/catalog/suggestions?connectionId=${id}&state=${state}`, developer)).body,
    );
  return { id, push, relation, tree, label, labels, suggestions };
}

const customers = (push: Push) => push.relations[0]!;

describe('an intake', () => {
  it('reports what is new, what changed and what is gone', async () => {
    const { push, tree } = await shop();
    const result = await push(next => {
      next.relations.splice(1, 1);
      customers(next).columns[3]!.type = 'character varying(80)';
      customers(next).columns.push({ attnum: 5, name: 'vat', type: 'text', notNull: false });
      customers(next).rowsEstimate = 99;
    });
    expect(result).toMatchObject({
      changed: true,
      relations: { added: 0, changed: 0, removed: 1 },
      columns: { added: 1, changed: 1, removed: 3 },
    });
    const [schema] = (await tree()).schemas;
    expect(schema?.relations.map(each => [each.name, each.columns, each.rowsEstimate])).toEqual([
      ['customer_emails', 1, -1],
      ['customers', 5, 99],
    ]);
  });

  it('leaves PostgreSQL’s own schemas out', async () => {
    const { push, tree } = await shop();
    await push(next => {
      next.relations.push({ ...customers(next), oid: 1259, schema: 'pg_catalog', name: 'pg_class' });
    });
    expect((await tree()).schemas.map(each => each.name)).toEqual(['public']);
  });
});

describe('labels', () => {
  it('reach the bundle, with the level the product knows', async () => {
    const { label, labels, relation, tree } = await shop();
    expect((await label(16400, 2, 'pii.email')).status).toBe(200);
    expect(await labels()).toEqual({ 'public.customers.email': [16400, 2, 'pii.email'] });
    expect((await relation(16400)).columns[1]?.label).toMatchObject({ level: 'confidential', source: 'human' });
    const [schema] = (await tree()).schemas;
    expect(schema?.relations.find(each => each.name === 'customers')).toMatchObject({
      classified: 1,
      level: 'confidential',
    });
    expect((await label(16400, 2, null)).body).toEqual({ label: null });
    expect(await labels()).toEqual({});
  });

  it('of one’s own need a level', async () => {
    const { label } = await shop();
    expect((await label(16400, 4, 'acme.region')).status).toBe(400);
    expect((await label(16400, 4, 'acme.region', { level: 'internal' })).status).toBe(200);
    expect((await label(16400, 4, 'Not A Label')).status).toBe(400);
    expect((await label(16400, 99, 'pii.email')).status).toBe(404);
  });

  it('are for those who may write the catalog', async () => {
    const { id } = await shop();
    const path = `/catalog/${id}/relations/16400/columns/2/label`;
    expect((await rest('PUT', path, developer, { label: 'pii.email' })).status).toBe(403);
  });

  it('follow a renamed table and a renamed column', async () => {
    const { label, labels, push } = await shop();
    await label(16400, 2, 'pii.email');
    await push(next => {
      customers(next).name = 'clients';
      customers(next).columns[1]!.name = 'mail';
    });
    expect(await labels()).toEqual({ 'public.clients.mail': [16400, 2, 'pii.email'] });
  });

  it('find a table again that was dropped and created', async () => {
    const { label, labels, push } = await shop();
    await label(16400, 2, 'pii.email');
    await push(next => {
      next.relations.shift();
      next.edges = [];
      next.foreignKeys = [];
    });
    expect(Object.keys(await labels())).toEqual(['public.customers.email']);
    await push(() => undefined, { shift: 1000 });
    expect(await labels()).toEqual({ 'public.customers.email': [17400, 2, 'pii.email'] });
  });

  it('hold for both when a table is swapped for one of the same name', async () => {
    const { label, labels, push } = await shop();
    await label(16400, 2, 'pii.email');
    await push(next => {
      const swapped = { ...customers(next), oid: 16499 };
      customers(next).name = 'customers_old';
      next.relations.push(swapped);
    });
    expect(await labels()).toEqual({
      'public.customers_old.email': [16400, 2, 'pii.email'],
      'public.customers.email': [16499, 2, 'pii.email'],
    });
  });

  it('are not lost when a restore hands the numbers out anew', async () => {
    const { label, labels, push } = await shop();
    await label(16400, 2, 'pii.email');
    await label(16410, 3, 'acme.total', { level: 'internal' });
    await push(next => {
      const [first, second] = next.relations;
      [first!.oid, second!.oid] = [second!.oid, first!.oid];
      next.edges = [];
      next.foreignKeys = [];
    });
    const held = await labels();
    expect(held['public.customers.email']?.[2]).toBe('pii.email');
    expect(held['public.orders.total']?.[2]).toBe('acme.total');
  });
});

describe('owners', () => {
  const ownerOf = async (on: Awaited<ReturnType<typeof shop>>, oid: number) => (await on.relation(oid)).owner;

  it('are of the table, or else of the schema around it', async () => {
    const on = await shop();
    const set = (relation: string | null, value: object | null) =>
      rest('PUT', `/catalog/${on.id}/owners`, admin, { schema: 'public', relation, owner: value });
    await set(null, { identity: owner.id });
    expect(await ownerOf(on, 16400)).toMatchObject({ inherited: true, owner: { identity: { id: owner.id } } });
    await set('customers', { identity: developer.id });
    expect(await ownerOf(on, 16400)).toMatchObject({ inherited: false, owner: { identity: { id: developer.id } } });
    await set('customers', null);
    expect(await ownerOf(on, 16400)).toMatchObject({ inherited: true });
    expect((await proxy.bundle())?.bundle.owners[on.id]).toEqual([
      { schema: 'public', relation: null, owner: { identity: owner.id } },
    ]);
    expect((await set('nowhere', { identity: owner.id })).status).toBe(404);
    expect((await set('customers', { group: 'nobody' })).status).toBe(404);
    const agent = await plane.identity({ kind: 'agent', ownerId: developer.id });
    expect((await set('customers', { identity: agent.id })).status).toBe(400);
  });

  it('follow a renamed table', async () => {
    const on = await shop();
    const body = { schema: 'public', relation: 'customers', owner: { identity: owner.id } };
    await rest('PUT', `/catalog/${on.id}/owners`, admin, body);
    await on.push(next => {
      customers(next).name = 'clients';
    });
    expect(await ownerOf(on, 16400)).toMatchObject({ inherited: false });
  });
});

describe('suggestions', () => {
  const find = (list: z.infer<typeof suggestionListOutputSchema>, column: string) =>
    list.items.find(item => item.column.name === column);

  it('are made for what looks classified, and label the column when accepted', async () => {
    const { suggestions, labels } = await shop();
    const email = find(await suggestions(), 'email');
    expect(email).toMatchObject({ label: 'pii.email', state: 'open', relation: { name: 'customers' } });
    expect((await rest('POST', `/catalog/suggestions/${email?.id}/accept`, admin, {})).body.state).toBe('accepted');
    expect((await labels())['public.customers.email']?.[2]).toBe('pii.email');
    expect(find(await suggestions(), 'email')).toBeUndefined();
    expect((await rest('POST', `/catalog/suggestions/${email?.id}/accept`, admin, {})).status).toBe(409);
  });

  it('stay rejected until their evidence changes', async () => {
    const { suggestions, push } = await shop();
    const email = find(await suggestions(), 'email');
    const body = { reason: 'these are test addresses' };
    expect((await rest('POST', `/catalog/suggestions/${email?.id}/reject`, admin, {})).status).toBe(400);
    expect((await rest('POST', `/catalog/suggestions/${email?.id}/reject`, admin, body)).body.state).toBe('rejected');
    await push(next => {
      customers(next).columns[3]!.name = 'town';
    });
    expect(find(await suggestions(), 'email')).toBeUndefined();
    expect(find(await suggestions('rejected'), 'email')?.reason).toBe('these are test addresses');
    await push(next => {
      customers(next).columns[1]!.name = 'contact_email';
    });
    expect(find(await suggestions(), 'contact_email')).toMatchObject({ id: email?.id, reopened: true });
  });

  it('do not touch what a person labelled, and go when the person has answered', async () => {
    const { suggestions, label, push, relation } = await shop();
    await label(16400, 2, 'acme.handle', { level: 'internal' });
    expect(find(await suggestions(), 'email')).toBeUndefined();
    await push(next => {
      customers(next).rowsEstimate = 1;
    });
    expect((await relation(16400)).columns[1]?.label?.label).toBe('acme.handle');
    expect(find(await suggestions(), 'email')).toBeUndefined();
  });

  it('can be accepted many at a time, and say which could not', async () => {
    const { suggestions } = await shop();
    const { items, counts } = await suggestions();
    expect(counts.open).toBe(items.length);
    await rest('POST', `/catalog/suggestions/${items[0]?.id}/reject`, admin, { reason: 'no' });
    const ids = items.map(item => item.id);
    const { body } = await rest('POST', '/catalog/suggestions/accept', admin, { ids });
    expect(body).toEqual({
      accepted: items.length - 1,
      skipped: [{ id: items[0]?.id, reason: 'is rejected already' }],
    });
  });

  it('are listed label by label and page by page, with how many there are of each', async () => {
    const { id } = await shop();
    const page = async (query: string) =>
      suggestionListOutputSchema.parse(
        (await rest('GET', `/catalog/suggestions?connectionId=${id}&order=label&${query}`, developer)).body,
      );
    const all = await page('');
    expect(all.items.length).toBeGreaterThan(1);
    const place = (item: (typeof all.items)[number]) => [item.label, item.relation.schema, item.relation.name].join();
    expect(all.items.map(place)).toEqual(all.items.map(place).sort());
    expect(all.labels.reduce((sum, each) => sum + each.count, 0)).toBe(all.items.length);
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { items, nextCursor } = await page(`limit=1&cursor=${cursor}`);
      seen.push(...items.map(item => item.id));
      if (nextCursor === null) break;
      cursor = nextCursor;
    }
    expect(seen).toEqual(all.items.map(item => item.id));
    const [first] = all.labels;
    const ofOne = await page(`label=${first?.label}`);
    expect(ofOne.items).toHaveLength(first?.count ?? 0);
    expect(ofOne.labels).toEqual(all.labels);
  });
});

describe('browsing', () => {
  it('finds by name and by label, across connections, page by page', async () => {
    const on = await shop();
    await on.label(16400, 3, 'pii.phone');
    const search = async (query: string) =>
      searchOutputSchema.parse((await rest('GET', `/catalog/search?connectionId=${on.id}&${query}`, developer)).body);
    expect((await search('q=pii.phone')).items).toMatchObject([{ type: 'column', column: 'phone', attnum: 3 }]);
    const first = await search('q=customer&limit=2');
    const second = await search(`q=customer&limit=2&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items].map(item => [item.type, item.relation, item.column])).toEqual([
      ['relation', 'customer_emails', null],
      ['relation', 'customers', null],
      ['column', 'orders', 'customer_id'],
    ]);
    expect((await search('q=%25')).items).toEqual([]);
  });

  it('shows foreign keys from both sides', async () => {
    const { relation } = await shop();
    expect((await relation(16410)).foreignKeys).toMatchObject([
      { direction: 'out', columns: ['customer_id'], relation: { name: 'customers' }, onDelete: 'cascade' },
    ]);
    expect((await relation(16400)).foreignKeys).toMatchObject([{ direction: 'in', relation: { name: 'orders' } }]);
  });
});

describe('connections', () => {
  it('have unique names, and refuse an edit that is out of date', async () => {
    const body = { name: 'twice', environment: 'dev', region: 'eu' };
    const made = await rest('POST', '/connections', admin, body);
    expect((await rest('POST', '/connections', admin, body)).status).toBe(409);
    const path = `/connections/${made.body.id}`;
    expect((await rest('PATCH', path, admin, { region: 'us', expectedVersion: 1 })).body).toMatchObject({ version: 2 });
    const stale = await rest('PATCH', path, admin, { region: 'ap', expectedVersion: 1 });
    expect([stale.status, stale.body.currentVersion]).toEqual([412, 2]);
    expect((await rest('PATCH', path, admin, { name: 'shop-1', expectedVersion: 2 })).status).toBe(409);
    const operator = await plane.identity({ roles: ['operator'] });
    const moved = await rest('PATCH', path, operator, { environment: 'prod', expectedVersion: 2 });
    expect([moved.status, moved.body.permission]).toEqual([403, 'policy:write']);
    expect((await rest('PATCH', path, operator, { tags: { team: 'x' }, expectedVersion: 2 })).status).toBe(403);
    expect((await rest('PATCH', path, operator, { description: 'ours', expectedVersion: 2 })).status).toBe(200);
    expect((await rest('POST', '/connections', developer, body)).status).toBe(403);
  });
});
