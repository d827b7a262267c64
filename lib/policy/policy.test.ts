/** Publishing policies, against a real control database. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { policyGetOutputSchema, policyListOutputSchema, policyVersionsOutputSchema } from './schema.ts';

let plane: TestPlane;
let admin: TestIdentity;
let auditor: TestIdentity;

const rest = (method: string, path: string, as: TestIdentity, body?: unknown) => plane.rest(method, path, { as, body });
const yamlOf = (name: string, description = 'first') =>
  `# kept as written\nname: ${name}\ndescription: ${description}\nidentities: { kinds: [agent] }\nrules:\n  - { id: r, effect: allow, actions: [read] }\n`;
const publish = (name: string, expectedVersion: number | null, parts: object = {}) =>
  rest('PUT', `/policies/${name}`, admin, { yaml: yamlOf(name), expectedVersion, comment: 'why', ...parts });
const setVersion = async () => Number((await rest('GET', '/policy-set', auditor)).body.version);

beforeAll(async () => {
  plane = await testPlane();
  admin = await plane.identity({ roles: ['admin'] });
  auditor = await plane.identity({ roles: ['auditor'] });
});
afterAll(() => plane.close());

it('publishes versions that count the set on, and keeps the text as written', async () => {
  const before = await setVersion();
  const first = await publish('one', null);
  expect(first.body).toMatchObject({ name: 'one', version: 1, setVersion: before + 1 });
  expect(first.body.warnings).toContain('no enforced policy allows connecting: everybody needs a grant');
  const second = await publish('one', 1, { yaml: yamlOf('one', 'second') });
  expect(second.body).toMatchObject({ version: 2, setVersion: before + 2 });
  const shown = policyGetOutputSchema.parse((await rest('GET', '/policies/one', auditor)).body);
  expect(shown).toMatchObject({ yaml: yamlOf('one', 'second'), version: 2, currentVersion: 2, who: 'AI agents' });
  expect(shown.history.map(each => [each.version, each.comment])).toEqual([
    [2, 'why'],
    [1, 'why'],
  ]);
  const old = policyGetOutputSchema.parse((await rest('GET', '/policies/one?version=1', auditor)).body);
  expect(old).toMatchObject({ yaml: yamlOf('one'), version: 1, currentVersion: 2 });
  const versions = policyVersionsOutputSchema.parse(
    (await rest('GET', '/policies/one/versions?limit=1', auditor)).body,
  );
  expect(versions.items.map(each => each.version)).toEqual([2]);
  expect(versions.nextCursor).not.toBeNull();
});

it('refuses an edit that started from another version', async () => {
  await publish('edited', null);
  expect((await publish('edited', null)).status).toBe(412);
  const stale = await publish('edited', 7);
  expect([stale.status, stale.body.currentVersion]).toEqual([412, 1]);
  expect((await publish('missing', 1)).status).toBe(412);
});

it('lets one of two that publish at the same time through', async () => {
  const answers = await Promise.all([publish('raced', null), publish('raced', null), publish('raced', null)]);
  expect(answers.map(answer => answer.status).sort()).toEqual([200, 412, 412]);
});

it('refuses a broken document with its places, and changes nothing', async () => {
  const before = await setVersion();
  const answer = await publish('broken', null, { yaml: 'name: broken\nrules:\n  - { id: r, effect: alow }\n' });
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body.issues)).toMatch(/yaml:3:\d+/);
  expect((await publish('other-name', null, { yaml: yamlOf('one') })).status).toBe(400);
  expect(await setVersion()).toBe(before);
  const checked = await rest('POST', '/policies/validate', auditor, { yaml: 'name: x\nrules: []\n' });
  expect(checked.status).toBe(200);
  expect(JSON.stringify(checked.body.diagnostics)).toContain('"severity":"error"');
});

it('takes a policy out of the set and keeps its history', async () => {
  await publish('leaving', null);
  const gone = await rest('DELETE', '/policies/leaving', admin, { expectedVersion: 1, comment: 'not needed' });
  expect(gone.status).toBe(200);
  const list = policyListOutputSchema.parse((await rest('GET', '/policies?q=leaving', auditor)).body);
  expect(list.items).toEqual([]);
  const shown = policyGetOutputSchema.parse((await rest('GET', '/policies/leaving', auditor)).body);
  expect(shown.currentVersion).toBe(0);
  expect(shown.history.map(each => each.removed)).toEqual([true, false]);
  expect((await publish('leaving', null)).body).toMatchObject({ version: 3 });
});

it('records who published what, and why', async () => {
  await publish('recorded', null);
  const [row] = await plane.database.sql<{ body: string }[]>`
    select body from event where type = 'policy.publish' and target_id = 'recorded'`;
  expect(JSON.parse(row?.body ?? '{}')).toMatchObject({
    actor: { id: admin.id },
    before: null,
    after: { version: 1, yaml: yamlOf('recorded') },
    reason: 'why',
  });
});

it('lists by effect and mode, and searches the text', async () => {
  const yaml = 'name: masker\nmode: observe\nrules:\n  - { id: m, effect: mask, mask: { kind: redact } }\n';
  await publish('masker', null, { yaml });
  const names = async (query: string) =>
    policyListOutputSchema.parse((await rest('GET', `/policies?${query}`, auditor)).body).items.map(item => item.name);
  expect(await names('effect=mask')).toEqual(['masker']);
  expect(await names('mode=observe')).toEqual(['masker']);
  expect(await names('q=redact')).toEqual(['masker']);
});

it('is for those who may', async () => {
  expect((await rest('PUT', '/policies/x', auditor, { yaml: yamlOf('x'), expectedVersion: null })).status).toBe(403);
  const operator = await plane.identity({ roles: ['operator'] });
  expect((await rest('GET', '/policies', operator)).status).toBe(200);
});
