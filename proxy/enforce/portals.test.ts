/** Policy that changes under an open portal, and what decisions on portals leave behind: what has begun is bound by the rules of the moment. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Policy, policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { cellsOf, fieldsOf, type Heard, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const policy = (document: unknown): Policy => policySchema.parse(document);
const masking = policy({
  name: 'masking',
  rules: [{ id: 'confidential', effect: 'mask', objects: { level: 'confidential' }, mask: { kind: 'redact' } }],
});
const asking = (role: string): Policy =>
  policy({ name: 'ask', rules: [{ id: 'reads', effect: 'approve', actions: ['read'], approvers: { roles: [role] } }] });
const limiting = policy({ name: 'two', rules: [{ id: 'rows', effect: 'limit', limits: { rows: 2 } }] });

const text = 'select ssn from people order by id';
const sql = `
  create table people (id int primary key, ssn text);
  insert into people select i, 'secret-' || i from generate_series(1, 20) i;
  create schema lab;
  create table lab.people (id int primary key, ssn text);
  insert into lab.people select i, 'open-' || i from generate_series(1, 20) i;`;

let proxy: Governed;
let client: WireClient;
beforeAll(async () => {
  const labels = { 'public.people.ssn': 'pii.free_text' };
  proxy = await startGoverned({ upstreamUrl: (await targetDatabase({ sql })).url, policies: [allowAll], labels });
});
afterAll(() => proxy.close());
beforeEach(async () => {
  proxy.apply([allowAll]);
  client = await WireClient.through(proxy.port);
});
afterEach(() => client.close());

const rows = (heard: Heard[]) => heard.filter(({ type }) => type === 'D').map(({ body }) => cellsOf(body)[0]);
const types = (heard: Heard[]): string => heard.map(({ type }) => type).join('');
const errorOf = (heard: Heard[]) => fieldsOf(heard.find(each => each.type === 'E')?.body ?? Buffer.from([0]));
const secrets = ['secret-1', 'secret-2'];
const bound = [say.parse(text, 's'), say.bind([], { statement: 's', portal: 'p' })];
const two = say.execute('p', 2);

describe('policy that comes to mask what a portal gives', () => {
  it.each<[string, Buffer[], Buffer[]]>([
    ['described and begun', [...bound, say.describePortal('p'), two], [two]],
    ['begun', [...bound, two], [two]],
    ['described', [...bound, say.describePortal('p')], [two]],
    ['described again', [...bound, say.describePortal('p'), two], [say.describePortal('p'), two]],
    ['described as a statement', [say.parse(text, 's'), say.describeStatement('s'), ...bound.slice(1), two], [two]],
    ['begun, in several parts', [...bound, two], [say.execute('p', 1), say.execute('p', 1)]],
  ])('masks the next rows of one that was %s', async (_, before, after) => {
    await client.ask(say.query('begin'));
    const begun = rows(await client.ask(...before, say.sync));
    expect(secrets.slice(0, begun.length)).toEqual(begun);
    proxy.apply([allowAll, masking]);
    expect(rows(await client.ask(...after, say.sync))).toEqual(['***', '***']);
    proxy.apply([allowAll]);
    expect(rows(await client.ask(say.execute('p', 1), say.sync))).toEqual([`secret-${begun.length + 3}`]);
  });

  it('masks them within a unit that has not ended', async () => {
    client.send(say.parse(text), say.bind(), say.describePortal(), say.execute('', 2), say.flush);
    expect(rows(await client.until('s'))).toEqual(secrets);
    proxy.apply([allowAll, masking]);
    expect(rows(await client.ask(say.execute('', 2), say.sync))).toEqual(['***', '***']);
  });

  it('limits them', async () => {
    await client.ask(say.query('begin'));
    await client.ask(...bound, two, say.sync);
    proxy.apply([allowAll, limiting]);
    const heard = await client.ask(say.execute('p'), say.sync);
    expect(rows(heard)).toHaveLength(2);
    expect(types(heard)).toBe('DDEZ');
  });

  it('asks for an approval that was not needed before, or was needed of others', async () => {
    await client.ask(say.query('begin'));
    await client.ask(...bound, two, say.sync);
    proxy.apply([allowAll, asking('reviewer')]);
    const heard = await client.ask(two, say.sync);
    expect(types(heard)).toBe('EZ');
    expect(errorOf(heard).M).toContain('has come to need approval');
    await client.ask(say.query('rollback'));
    client.clear();
    client.send(say.query('begin'), ...bound.slice(1), two, say.sync);
    await client.until('N');
    proxy.desk.filed.at(-1)?.decide({ outcome: 'approved', by: [], reason: '' });
    expect(rows(await client.until('Z', 2))).toEqual(secrets);
    expect(rows(await client.ask(say.execute('p', 1), say.sync))).toEqual(['secret-3']);
    proxy.apply([allowAll, asking('admin')]);
    client.clear();
    client.send(two, say.sync);
    await client.until('N');
    proxy.desk.filed.at(-1)?.decide({ outcome: 'denied', by: [], reason: '' });
    expect(types(await client.until('Z'))).toBe('NEZ');
  });
});

it('keeps what is decided on a portal from statements of the same text that mean something else', async () => {
  proxy.apply([allowAll, masking]);
  const computed = 'select upper(ssn) from people order by id limit 2';
  await client.ask(say.query('set search_path = lab'));
  await client.ask(say.query('begin'));
  await client.ask(say.parse(computed, 's'), say.bind([], { statement: 's', portal: 'p' }), say.sync);
  await client.ask(say.query('set search_path = "$user", public'));
  expect(rows(await client.ask(say.execute('p'), say.sync))).toEqual(['OPEN-1', 'OPEN-2']);
  expect(rows(await client.ask(say.query(computed)))).toEqual([null, null]);
  const other = await WireClient.through(proxy.port);
  expect(rows(await other.ask(say.query(computed)))).toEqual([null, null]);
  other.close();
});
