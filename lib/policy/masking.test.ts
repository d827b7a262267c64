/** What the shipped policies are said to hide of a column, and that the API says it of the columns that are there. */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parsePolicyYaml } from '#core/policy/document.ts';
import type { Policy } from '#core/policy/schema.ts';
import { connection } from '#core/policy/testing.ts';
import { releaseBundle } from '#lib/proxies/bundle.ts';
import { enrolTestProxy, shopPush } from '#lib/proxies/testing.ts';
import { testPlane } from '#lib/testing.ts';
import { masksOf, maskWords } from './masking.ts';
import { maskingOutputSchema } from './schema.ts';

const folder = fileURLToPath(new URL('./starter', import.meta.url));
const yamlOf = (name: string) => fs.readFileSync(`${folder}/${name}.yaml`, 'utf8');
const policy = (yaml: string): Policy => {
  const parsed = parsePolicyYaml(yaml).policy;
  if (!parsed) throw new Error('the policy does not parse');
  return parsed;
};
const starter = policy(yamlOf('mask-classified'));
const relation = (label: string) => ({
  schema: 'public',
  name: 'customers',
  columns: [{ attnum: 2, label, level: 'confidential' as const }],
});
const said = (policies: readonly Policy[], label = 'pii.email') =>
  masksOf({ version: 1, policies }, connection, relation(label))[0]?.masks;

it('says what the label’s own mask leaves, and for whom', () => {
  expect(said([starter])).toEqual([
    {
      policy: 'mask-classified',
      rule: 'mask-confidential-and-above',
      enforced: true,
      what: 'shows its shape, a***@***.com',
      whom: 'everyone, but not its owners',
    },
  ]);
  expect(said([starter], 'acme.other')?.[0]?.what).toBe('shows a fixed value');
});

it('puts the mask that holds first, and those that only observe last', () => {
  const rule = { id: 'r', effect: 'mask', mask: { kind: 'null' }, when: 'true' } as const;
  const agents: Policy = { ...starter, name: 'agents', identities: { kinds: ['agent'] }, rules: [rule] };
  const observing: Policy = { ...agents, name: 'observing', mode: 'observe' };
  const elsewhere: Policy = { ...agents, name: 'elsewhere', connections: { names: ['another'] } };
  expect(said([observing, elsewhere, starter, agents])?.map(mask => [mask.policy, mask.whom])).toEqual([
    ['agents', 'AI agents, under a condition'],
    ['mask-classified', 'everyone, but not its owners'],
    ['observing', 'AI agents, under a condition'],
  ]);
});

it('has words for every part of a text that is kept', () => {
  expect(maskWords({ kind: 'partial', shape: 'text', first: 1, last: 2 })).toBe(
    'shows the first 1 and last 2 characters',
  );
  expect(maskWords({ kind: 'partial', shape: 'text', first: 0, last: 0 })).toBe('shows a fixed value');
});

it('answers for the labelled columns of a relation, to those who may read policies', async () => {
  const plane = await testPlane();
  try {
    const admin = await plane.identity({ roles: ['admin'] });
    const developer = await plane.identity({ roles: ['developer'] });
    const proxy = await enrolTestProxy(plane, admin);
    const rest = (method: string, path: string, body?: unknown) => plane.rest(method, path, { as: admin, body });
    const made = await rest('POST', '/connections', { name: 'shop', environment: 'prod', region: 'eu' });
    const id = String(made.body.id);
    await proxy.rest('PUT', `/proxies/self/catalogs/${id}`, shopPush(id, { hash: 'h1' }));
    await rest('PUT', `/catalog/${id}/relations/16400/columns/2/label`, { label: 'pii.email' });
    const yaml = yamlOf('mask-classified');
    await rest('PUT', '/policies/mask-classified', { yaml, expectedVersion: null, comment: 'why' });
    const path = `/catalog/${id}/relations/16400/masks`;
    const { columns } = maskingOutputSchema.parse((await rest('GET', path)).body);
    expect(columns.map(column => [column.attnum, column.masks.map(mask => mask.what)])).toEqual([
      [2, ['shows its shape, a***@***.com']],
    ]);
    expect((await rest('GET', `/catalog/${id}/relations/1/masks`)).status).toBe(404);
    expect((await plane.rest('GET', path, { as: developer })).status).toBe(403);
  } finally {
    releaseBundle(plane.database.db);
    await plane.close();
  }
});
