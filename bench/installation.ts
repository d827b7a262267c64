/** The benchmark's installation: the shipped policies, one developer, one wide table of which two columns are masked. */
import { starterPolicies } from '#scripts/demo/installation.ts';
import type { SeedDocument } from '#scripts/seeding/document.ts';

export const benchLogin = 'dev@example.com';
/** The starter policies let developers into this one at any time. */
export const benchConnection = 'shop-prod';

export const benchInstallation = (): SeedDocument => ({
  identities: [
    { login: 'admin@example.com', displayName: 'Administrator', kind: 'user', roles: ['admin'] },
    { login: benchLogin, displayName: 'Developer', kind: 'user', roles: ['developer'] },
  ],
  groups: [],
  connections: [
    { name: benchConnection, environment: 'production', region: 'local', description: 'The benchmark target' },
  ],
  policies: starterPolicies(),
  labels: [
    { column: 'public.wide_masked.c2', label: 'pii.email' },
    { column: 'public.wide_masked.c7', label: 'pii.name' },
  ],
  owners: [],
});
