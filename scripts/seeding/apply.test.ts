/** The documents that installations are filled with are accepted whole, and everything in them has its audit events. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase } from '#db/testing.ts';
import { bareInstallation, demoInstallation, developer } from '../demo/installation.ts';
import { applyInstallation } from './apply.ts';
import type { SeedDocument } from './document.ts';
import { isEmpty, openPlane, type Plane } from './plane.ts';

const planes: Plane[] = [];
beforeAll(() => {
  process.env.WEIR_SECRET ??= 'a secret that only tests have, 32+';
});
afterAll(async () => {
  for (const plane of planes) await plane.close();
});

async function filled(document: SeedDocument): Promise<Plane> {
  const plane = openPlane((await freshDatabase()).url);
  planes.push(plane);
  expect(await isEmpty(plane)).toBe(true);
  await applyInstallation(plane, document, 'a password of the test');
  expect(await isEmpty(plane)).toBe(false);
  return plane;
}

it('fills the demo: people, an agent, connections and the starter policies', async () => {
  const plane = await filled(demoInstallation());
  const admin = await plane.as('admin@example.com');
  const { items: identities } = await admin.identity.identities.list({ limit: 50 });
  expect(identities.map(({ login }) => login).sort()).toEqual([
    'admin@example.com',
    'auditor@example.com',
    'dev@example.com',
    'operator@example.com',
    'owner@example.com',
    'reporting-agent',
    'reviewer@example.com',
  ]);
  expect(identities.find(({ login }) => login === 'reporting-agent')?.owner?.login).toBe(developer);
  const { items: connections } = await admin.catalog.connections.list({ limit: 50 });
  expect(connections.map(({ name }) => name).sort()).toEqual(['shop-dev', 'shop-prod', 'shop-staging']);
  const { items: policies } = await admin.policy.policies.list({ limit: 50 });
  expect(policies.length).toBeGreaterThan(0);
  const issued = await (await plane.as(developer)).identity.tokens.issue({ ttlMinutes: 480 });
  expect(issued.login).toBe(developer);
  const [events] = await plane.database.sql`
    select count(*) filter (where type = 'identity.create')::int as identities,
           count(*) filter (where type like 'connection.%')::int as connections,
           count(*) filter (where type like 'policy.%')::int as policies from event`;
  expect(events).toEqual({ identities: 7, connections: 3, policies: policies.length });
});

it('fills a bare installation with its administrator alone', async () => {
  const plane = await filled(bareInstallation());
  const { items } = await (await plane.as('admin@example.com')).identity.identities.list({ limit: 50 });
  expect(items.map(({ login }) => login)).toEqual(['admin@example.com']);
});
