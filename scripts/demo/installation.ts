/** The demo: who is in it, what is governed, and what is classified. Policies are the shipped starter set. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../root.ts';
import type { SeedDocument, SeedIdentity } from '../seeding/document.ts';
import { demoTargets } from './targets.ts';

export const administrator: SeedIdentity = {
  login: 'admin@example.com',
  displayName: 'Security admin',
  kind: 'user',
  roles: ['admin'],
};

/** What each is for, in the order in which they are introduced. */
export const people: readonly (SeedIdentity & { what: string })[] = [
  { ...administrator, what: 'security admin' },
  { login: 'reviewer@example.com', displayName: 'Reviewer', kind: 'user', roles: ['reviewer'], what: 'reviewer' },
  {
    login: 'owner@example.com',
    displayName: 'Customer data owner',
    kind: 'user',
    roles: ['reviewer'],
    what: 'reviewer, owns customers',
  },
  { login: 'auditor@example.com', displayName: 'Auditor', kind: 'user', roles: ['auditor'], what: 'auditor' },
  { login: 'dev@example.com', displayName: 'Developer', kind: 'user', roles: ['developer'], what: 'developer' },
  { login: 'operator@example.com', displayName: 'Operator', kind: 'user', roles: ['operator'], what: 'operator' },
];

export const developer = 'dev@example.com';

const agent: SeedIdentity = {
  login: 'reporting-agent',
  displayName: 'Reporting agent',
  kind: 'agent',
  roles: ['developer'],
  owner: developer,
  purpose: 'Builds the weekly revenue report in the schema analytics',
};

const starterFolder = path.join(root, 'lib/policy/starter');

export function starterPolicies(): string[] {
  const names = fs.readdirSync(starterFolder).filter(name => name.endsWith('.yaml'));
  return names.sort().map(name => fs.readFileSync(path.join(starterFolder, name), 'utf8'));
}

/** `employees.email` and `api_keys.last_used_ip` are left to be found by suggestion. */
const labels: SeedDocument['labels'] = [
  { column: 'public.customers.email', label: 'pii.email' },
  { column: 'public.customers.full_name', label: 'pii.name' },
  { column: 'public.customers.phone', label: 'pii.phone' },
  { column: 'public.customers.ssn', label: 'pii.national_id' },
  { column: 'public.customers.date_of_birth', label: 'pii.birth_date' },
  { column: 'public.customers.address', label: 'pii.address' },
  { column: 'public.payment_methods.card_number', label: 'pci.pan' },
  { column: 'public.payment_methods.iban', label: 'pci.iban' },
  { column: 'public.employees.salary', label: 'hr.salary' },
  { column: 'public.employees.national_id', label: 'pii.national_id' },
  { column: 'public.api_keys.token', label: 'secret.token' },
  { column: 'public.events_log.payload', label: 'pii.free_text' },
  { column: 'audit_private.break_glass.who', label: 'restricted.schema' },
  { column: 'audit_private.break_glass.reason', label: 'restricted.schema' },
];

const ownedBy = (identity: string, relation: string) => ({ schema: 'public', relation, owner: { identity } });

export function demoInstallation(): SeedDocument {
  return {
    identities: [...people.map(({ what: _, ...identity }) => identity), agent],
    groups: [
      { name: 'engineering', description: 'Builds and runs the shop', members: [developer, 'operator@example.com'] },
      { name: 'data-owners', description: 'Answer for classified data', members: ['owner@example.com'] },
    ],
    connections: demoTargets.map(({ connection, environment, region }) => ({
      name: connection,
      environment,
      region,
      description: `The demo shop, ${environment}`,
    })),
    policies: starterPolicies(),
    labels,
    owners: [
      ...['customers', 'payment_methods'].map(relation => ownedBy('owner@example.com', relation)),
      ...['employees', 'api_keys', 'events_log'].map(relation => ownedBy('reviewer@example.com', relation)),
      { schema: 'audit_private', relation: null, owner: { identity: administrator.login } },
    ],
  };
}

/** Without the demo an installation begins with its administrator and the policies that protect it. */
export function bareInstallation(): SeedDocument {
  return {
    identities: [administrator],
    groups: [],
    connections: [],
    policies: starterPolicies(),
    labels: [],
    owners: [],
  };
}
