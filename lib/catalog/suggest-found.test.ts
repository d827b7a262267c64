/** What proxies find in values becomes suggestions: beside those from names, once, bounded, and as people decided. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Detected } from '#core/event/schema.ts';
import { completed, decided, type Pen, pen, sessionStart } from '#lib/audit/testing.ts';
import { releaseBundle } from '#lib/proxies/bundle.ts';
import { enrolTestProxy, shopPush, type TestProxy } from '#lib/proxies/testing.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { relationOutputSchema, suggestionListOutputSchema } from './schema.ts';

let plane: TestPlane;
let admin: TestIdentity;
let proxy: TestProxy;
let events: Pen;

beforeAll(async () => {
  plane = await testPlane();
  admin = await plane.identity({ roles: ['admin'] });
  proxy = await enrolTestProxy(plane, admin);
  events = pen(plane.clock, proxy.id);
});
afterAll(async () => {
  releaseBundle(plane.database.db);
  await plane.close();
});

const rest = (method: string, path: string, body?: unknown) => plane.rest(method, path, { as: admin, body });
const [oid, city, email] = [16400, 4, 2];
let count = 0;

const found = (more: Partial<Detected> = {}): Detected => ({
  output: 1,
  column: { schema: 'public', relation: 'customers', column: 'city' },
  relationOid: oid,
  attnum: city,
  detector: 'card',
  verdict: 'mask',
  rule: 'detect-values/hide-what-is-found',
  values: 8,
  looked: 10,
  ...more,
});

/** A connection of its own, with a session on it. */
async function shop() {
  count += 1;
  const body = { name: `shop-${count}`, environment: 'prod', region: 'eu' };
  const id = String((await rest('POST', '/connections', body)).body.id);
  const push = async (hash: string, change: (push: ReturnType<typeof shopPush>) => void = () => undefined) => {
    const next = shopPush(id, { hash });
    change(next);
    expect((await proxy.rest('PUT', `/proxies/self/catalogs/${id}`, next)).status).toBe(200);
  };
  await push('h1');
  const session = randomUUID();
  let statement = 0;
  events.write({ ...sessionStart(session), connectionId: id });
  const send = async (lines: readonly unknown[]) => {
    const text = lines.map(line => `${JSON.stringify(line)}\n`).join('');
    const headers = { 'content-type': 'application/x-ndjson' };
    const answer = await plane.rest('POST', '/proxies/self/events', { as: await proxy.bearer(), body: text, headers });
    expect(answer.status).toBe(200);
  };
  /** Statements with these finds, as one batch; sent as often as said. */
  const report = async (finds: readonly Detected[][], times = 1) => {
    for (const detected of finds) {
      statement += 1;
      events.write(decided(session, statement));
      events.write(completed(session, statement, { detected }));
    }
    const lines = events.take();
    for (let time = 0; time < times; time += 1) await send(lines);
  };
  const suggestions = async (query = '') =>
    suggestionListOutputSchema.parse((await rest('GET', `/catalog/suggestions?connectionId=${id}${query}`)).body).items;
  const ofCity = async (query = '') => (await suggestions(query)).find(each => each.column.name === 'city');
  return { id, session, push, report, suggestions, ofCity };
}

describe('a find', () => {
  it('is suggested with the detector and how often, beside what names say', async () => {
    const { id, report, suggestions, ofCity } = await shop();
    await report([[found()]]);
    expect(await ofCity()).toMatchObject({
      label: 'pci.pan',
      level: 'restricted',
      confidence: 0.98,
      basis: ['values'],
      evidence: ['values hold payment card numbers (issuer, length and Luhn digit): 8 of 10 looked at'],
    });
    expect((await suggestions()).find(each => each.column.name === 'email')).toMatchObject({ basis: ['name'] });
    expect((await suggestions('&basis=values')).map(each => each.column.name)).toEqual(['city']);
    const relation = relationOutputSchema.parse((await rest('GET', `/catalog/${id}/relations/${oid}`)).body);
    expect(relation.columns.find(each => each.name === 'city')?.suggestion).toMatchObject({ confidence: 0.98 });
  });

  it('joins a suggestion of the same label from the name', async () => {
    const { report, suggestions } = await shop();
    await report([[found({ attnum: email, detector: 'email', verdict: 'alert', values: 10 })]]);
    const [both, ...more] = (await suggestions('&label=pii.email')).filter(each => each.column.name === 'email');
    expect(more).toEqual([]);
    expect(both).toMatchObject({ basis: ['name', 'values'], confidence: 0.95 });
    expect(both?.evidence.at(-1)).toBe('values hold e-mail addresses: 10 of 10 looked at');
  });

  it('counts once however often a batch is sent, and not more than once a minute', async () => {
    const { report, ofCity } = await shop();
    await report([[found()], [found({ values: 1 })]], 3);
    expect((await ofCity())?.evidence[0]).toContain('9 of 20');
    await report([[found({ values: 5 })]]);
    expect((await ofCity())?.evidence[0]).toContain('9 of 20');
    plane.clock.advance(61_000);
    await report([[found({ values: 5 })]], 2);
    expect((await ofCity())?.evidence[0]).toContain('14 of 30');
  });

  it('of what is no column of the catalog is left, as is that of another proxy’s session', async () => {
    const { report, suggestions } = await shop();
    const before = await suggestions();
    await report([
      [found({ relationOid: 99_999 }), found({ attnum: 77 }), found({ column: null, relationOid: 0, attnum: 0 })],
    ]);
    events.write({ ...decided(randomUUID(), 1) });
    expect(await suggestions()).toEqual(before);
  });

  it('outlives a change of the column that takes away what its name said', async () => {
    const { push, report, suggestions } = await shop();
    await report([[found({ attnum: email, detector: 'email', verdict: 'alert' })]]);
    await push('h2', next => {
      const column = next.relations[0]?.columns[1];
      if (column) column.name = 'field_two';
    });
    const left = (await suggestions()).find(each => each.column.attnum === email);
    expect(left).toMatchObject({ column: { name: 'field_two' }, basis: ['values'] });
  });
});

describe('what a person decided', () => {
  it('labels the column, and then nothing is suggested for it', async () => {
    const { id, report, ofCity } = await shop();
    await report([[found()]]);
    const suggestion = await ofCity();
    expect((await rest('POST', `/catalog/suggestions/${suggestion?.id}/accept`, {})).status).toBe(200);
    const relation = relationOutputSchema.parse((await rest('GET', `/catalog/${id}/relations/${oid}`)).body);
    expect(relation.columns.find(each => each.name === 'city')?.label).toMatchObject({
      label: 'pci.pan',
      evidence: expect.stringContaining('8 of 10'),
    });
    plane.clock.advance(61_000);
    await report([[found(), found({ detector: 'email' })]]);
    expect(await ofCity()).toBeUndefined();
  });

  it('stays rejected until another detector speaks for it', async () => {
    const { report, ofCity } = await shop();
    await report([[found({ detector: 'jwt' })]]);
    const reject = async () => {
      const suggestion = await ofCity();
      const answer = await rest('POST', `/catalog/suggestions/${suggestion?.id}/reject`, { reason: 'test tokens' });
      expect(answer.status).toBe(200);
    };
    await reject();
    plane.clock.advance(61_000);
    await report([[found({ detector: 'jwt', values: 10 })]]);
    expect(await ofCity()).toBeUndefined();
    await report([[found({ detector: 'aws_key' })]]);
    expect(await ofCity()).toMatchObject({ label: 'secret.token', reopened: true });
    await reject();
    await report([[found({ detector: 'aws_key' })]], 2);
    expect(await ofCity()).toBeUndefined();
    expect((await ofCity('&state=rejected'))?.evidence).toHaveLength(2);
  });
});

it('is shown with the statement, and found by it', async () => {
  const { session, report } = await shop();
  await report([[found()], []]);
  const list = await rest('GET', '/statements?detected=card');
  const items = (list.body.items as { id: string; detected: Detected[] }[]).filter(each => each.id.startsWith(session));
  expect(items).toMatchObject([{ id: `${session}.1`, detected: [found()] }]);
  const detail = await rest('GET', `/statements/${session}.1`);
  expect(detail.body).toMatchObject({ detected: [found()] });
  expect((await rest('GET', '/statements?detected=iban')).body.items).toEqual([]);
  expect((await rest('GET', '/statements?detected=nothing')).status).toBe(400);
  const file = await plane.response('GET', '/statements/export?detected=card', { as: admin });
  expect(await file.text()).toContain('card in public.customers.city: 8 of 10, masked');
});
