/** Samples of the catalog, lineage and policy contexts. */
import 'server-only';
import type { Desk } from '#lib/approvals/testing.ts';
import { shopPush } from '#lib/proxies/testing.ts';
import { list, nowhere, type Samples } from './sample.ts';

const developer = (desk: Desk) => desk.developer;
const auditor = (desk: Desk) => desk.auditor;

let count = 0;

/** An open suggestion; each is good for one sample. */
async function openSuggestion({ plane, admin: as, proxy }: Desk): Promise<string> {
  const body = { name: `suggested-${++count}`, environment: 'dev', region: 'eu' };
  const connectionId = String((await plane.rest('POST', '/connections', { as, body })).body.id);
  await proxy.rest('PUT', `/proxies/self/catalogs/${connectionId}`, shopPush(connectionId));
  const found = await plane.rest('GET', `/catalog/suggestions?connectionId=${connectionId}`, { as });
  const [first] = found.body.items as { id: string }[];
  if (!first) throw new Error('the shop has columns to suggest labels for');
  return first.id;
}

const yamlOf = (name: string): string =>
  `name: ${name}\nidentities: { kinds: [agent] }\nrules:\n  - { id: r, effect: allow, actions: [read] }\n`;

async function publishedPolicy({ plane, admin: as }: Desk): Promise<string> {
  const name = `sample-${++count}`;
  await plane.rest('PUT', `/policies/${name}`, { as, body: { yaml: yamlOf(name), expectedVersion: null } });
  return name;
}

export const catalogSamples: Samples = {
  'catalog.connections.list': list('/connections', developer),
  'catalog.connections.get': desk => ({
    as: desk.developer,
    path: `/connections/${desk.connectionId}`,
    malformed: { path: '/connections/x', field: 'id' },
    absent: `/connections/${nowhere}`,
  }),
  'catalog.connections.create': desk => ({
    as: desk.admin,
    path: '/connections',
    body: { name: `made-${++count}`, environment: 'dev', region: 'eu' },
    malformed: { body: { name: 'Not A Name', environment: 'dev', region: 'eu' }, field: 'name' },
  }),
  'catalog.connections.update': desk => ({
    as: desk.admin,
    path: `/connections/${desk.connectionId}`,
    body: { description: 'the shop', expectedVersion: 1 },
    malformed: { body: { tags: { a: 1 } }, field: 'tags.a' },
    absent: `/connections/${nowhere}`,
  }),
  'catalog.schemas': desk => ({
    as: desk.developer,
    path: `/catalog/${desk.connectionId}`,
    malformed: { path: '/catalog/x', field: 'connectionId' },
    absent: `/catalog/${nowhere}`,
  }),
  'catalog.relation': desk => ({
    as: desk.developer,
    path: `/catalog/${desk.connectionId}/relations/16400`,
    malformed: { path: `/catalog/${desk.connectionId}/relations/0`, field: 'oid' },
    absent: `/catalog/${desk.connectionId}/relations/999`,
  }),
  'catalog.search': desk => ({
    as: desk.developer,
    path: '/catalog/search?q=email',
    malformed: { path: '/catalog/search?q=email&limit=0', field: 'limit' },
  }),
  'catalog.setLabel': desk => ({
    as: desk.admin,
    path: `/catalog/${desk.connectionId}/relations/16400/columns/4/label`,
    body: { label: 'pii.address' },
    malformed: { body: { label: 'Not A Label' }, field: 'label' },
    absent: `/catalog/${desk.connectionId}/relations/16400/columns/999/label`,
  }),
  'catalog.setOwner': desk => ({
    as: desk.admin,
    path: `/catalog/${desk.connectionId}/owners`,
    body: { schema: 'public', relation: 'orders', owner: { identity: desk.owner.id } },
    malformed: { body: { schema: '', relation: null, owner: null }, field: 'schema' },
    absent: `/catalog/${nowhere}/owners`,
  }),
  'catalog.suggestions.list': list('/catalog/suggestions', developer),
  'catalog.suggestions.accept': async desk => ({
    as: desk.admin,
    path: `/catalog/suggestions/${await openSuggestion(desk)}/accept`,
    body: {},
    malformed: { body: { label: 'No Label' }, field: 'label' },
    absent: `/catalog/suggestions/${nowhere}/accept`,
  }),
  'catalog.suggestions.reject': async desk => ({
    as: desk.admin,
    path: `/catalog/suggestions/${await openSuggestion(desk)}/reject`,
    body: { reason: 'test data' },
    malformed: { body: { reason: '' }, field: 'reason' },
    absent: `/catalog/suggestions/${nowhere}/reject`,
  }),
  'catalog.suggestions.acceptMany': async desk => ({
    as: desk.admin,
    path: '/catalog/suggestions/accept',
    body: { ids: [await openSuggestion(desk)] },
    malformed: { body: { ids: [] }, field: 'ids' },
  }),
  'lineage.downstream': desk => ({
    as: desk.developer,
    path: `/lineage/${desk.connectionId}?relations=public.customers`,
    malformed: { path: `/lineage/${desk.connectionId}?relations=public.customers&depth=9`, field: 'depth' },
    absent: `/lineage/${nowhere}?relations=public.customers`,
  }),
  'policy.policies.list': list('/policies', auditor),
  'policy.policies.get': async desk => ({
    as: desk.auditor,
    path: `/policies/${await publishedPolicy(desk)}`,
    malformed: { path: '/policies/Not%20A%20Name', field: 'name' },
    absent: '/policies/nobody-made-this',
  }),
  'policy.policies.validate': desk => ({
    as: desk.auditor,
    path: '/policies/validate',
    body: { yaml: yamlOf('x') },
    malformed: { body: { yaml: 7 }, field: 'yaml' },
  }),
  'policy.policies.publish': desk => ({
    as: desk.admin,
    path: '/policies/published',
    body: { yaml: yamlOf('published'), expectedVersion: null },
    malformed: { body: { yaml: yamlOf('published'), expectedVersion: 'x' }, field: 'expectedVersion' },
  }),
  'policy.policies.remove': async desk => ({
    as: desk.admin,
    path: `/policies/${await publishedPolicy(desk)}`,
    body: { expectedVersion: 1 },
    malformed: { body: { expectedVersion: 0 }, field: 'expectedVersion' },
    absent: '/policies/nobody-made-this',
  }),
  'policy.policies.versions': async desk => ({
    as: desk.auditor,
    path: `/policies/${await publishedPolicy(desk)}/versions`,
    malformed: { path: '/policies/published/versions?limit=0', field: 'limit' },
    absent: '/policies/nobody-made-this/versions',
  }),
  'policy.masking': desk => ({
    as: desk.auditor,
    path: `/catalog/${desk.connectionId}/relations/16400/masks`,
    malformed: { path: `/catalog/${desk.connectionId}/relations/0/masks`, field: 'oid' },
    absent: `/catalog/${desk.connectionId}/relations/999/masks`,
  }),
  'policy.policySet.get': desk => ({ as: desk.auditor, path: '/policy-set' }),
};
