/** Fills an installation from a document, through the procedures, so that everything in it has its audit events. */
import { must } from '#core/contract/assert.ts';
import type { AppClient } from '#lib/router.ts';
import { until } from '../wait.ts';
import type { SeedDocument } from './document.ts';
import { createFirstAdmin, type Plane } from './plane.ts';

const adminOf = (document: SeedDocument) => must(document.identities[0], 'a document has an administrator');

/** Identities, groups, connections and policies: what does not wait for a proxy. */
export async function applyInstallation(plane: Plane, document: SeedDocument, password: string): Promise<void> {
  const first = adminOf(document);
  await createFirstAdmin(plane, first, password);
  const api = await plane.as(first.login);
  for (const { login, displayName, kind, roles, owner, purpose = '' } of document.identities.slice(1)) {
    const ownerId = owner === undefined ? undefined : await plane.idOf(owner);
    const given = kind === 'user' ? { password } : { ownerId };
    await api.identity.identities.create({ kind, login, displayName, roles: [...roles], purpose, ...given });
  }
  for (const { name, description, members } of document.groups) {
    const ids = await Promise.all(members.map(login => plane.idOf(login)));
    await api.identity.groups.create({ name, description, members: ids });
  }
  for (const connection of document.connections) await api.catalog.connections.create({ ...connection, tags: {} });
  for (const yaml of document.policies) {
    const { policy, diagnostics } = await api.policy.policies.validate({ yaml });
    if (!policy) throw new Error(`a policy is not valid: ${JSON.stringify(diagnostics)}\n${yaml}`);
    await api.policy.policies.publish({ name: policy.name, yaml, expectedVersion: null, comment: 'Installed' });
  }
}

/** Labels and owners, when the proxy has told what is in its databases. True when there was something to do. */
export async function applyClassification(plane: Plane, document: SeedDocument, timeoutMs: number): Promise<boolean> {
  const api = await plane.as(adminOf(document).login);
  const names = document.connections.map(({ name }) => name);
  const found = await until(
    'the proxy to push its catalogs',
    async () => {
      const { items } = await api.catalog.connections.list({ limit: 200 });
      const ready = items.filter(({ name, catalog }) => names.includes(name) && catalog !== null);
      return ready.length === names.length && ready;
    },
    { timeoutMs, everyMs: 200 },
  );
  if (found.some(({ catalog }) => (catalog?.classified ?? 0) > 0)) return false;
  for (const { id } of found) {
    await applyLabels(api, id, document);
    for (const { schema, relation, owner } of document.owners) {
      const holder = 'identity' in owner ? { identity: await plane.idOf(owner.identity) } : owner;
      await api.catalog.setOwner({ connectionId: id, schema, relation, owner: holder });
    }
  }
  return true;
}

async function applyLabels(api: AppClient, connectionId: string, document: SeedDocument): Promise<void> {
  const { schemas } = await api.catalog.schemas({ connectionId });
  const relations = schemas.flatMap(({ name: schema, relations: within }) =>
    within.map(({ oid, name }) => ({ oid, name: `${schema}.${name}` })),
  );
  for (const { oid, name } of relations) {
    const wanted = document.labels.filter(({ column }) => column.startsWith(`${name}.`));
    if (wanted.length === 0) continue;
    const { columns } = await api.catalog.relation({ connectionId, oid });
    for (const { column, label, level } of wanted) {
      const attnum = columns.find(found => `${name}.${found.name}` === column)?.attnum;
      if (attnum !== undefined) await api.catalog.setLabel({ connectionId, oid, attnum, label, level });
    }
  }
}
