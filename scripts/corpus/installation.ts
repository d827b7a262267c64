/** The corpus' world as an installation: five identities, what is classified, and its policy in our own words. */
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { root } from '../root.ts';
import type { SeedDocument } from '../seeding/document.ts';

/** Whom a case runs as → login. */
export const corpusLogins = {
  analyst: 'analyst@example.com',
  ai_agent: 'ai_agent',
  engineer: 'engineer@example.com',
  app_service: 'app_service',
  dba: 'dba@example.com',
} as const;

const folder = path.join(root, 'scripts/corpus/policies');

const canariesSchema = z.object({
  classified_columns: z.array(z.object({ table: z.string(), column: z.string(), class: z.string() })),
});

const labelOf: Readonly<Record<string, string>> = {
  PII: 'pii.free_text',
  PCI: 'pci.pan',
  HR: 'hr.salary',
  SECRET: 'secret.token',
  RESTRICTED: 'restricted.schema',
};

/** `canaries` names the classified columns, so that other data can be classified otherwise. */
export function corpusInstallation(canaries: string): SeedDocument {
  const { classified_columns: classified } = canariesSchema.parse(JSON.parse(fs.readFileSync(canaries, 'utf8')));
  return {
    identities: [
      { login: 'admin@example.com', displayName: 'Administrator', kind: 'user', roles: ['admin'] },
      { login: 'approver@example.com', displayName: 'Approver', kind: 'user', roles: ['reviewer'] },
      { login: corpusLogins.analyst, displayName: 'Analyst', kind: 'user', roles: ['developer'] },
      { login: corpusLogins.engineer, displayName: 'Engineer', kind: 'user', roles: ['developer'] },
      { login: corpusLogins.dba, displayName: 'Database administrator', kind: 'user', roles: ['developer'] },
      {
        login: corpusLogins.ai_agent,
        displayName: 'Agent',
        kind: 'agent',
        roles: ['developer'],
        owner: 'approver@example.com',
      },
      {
        login: corpusLogins.app_service,
        displayName: 'Application',
        kind: 'service',
        roles: ['developer'],
        owner: corpusLogins.dba,
      },
    ],
    groups: [{ name: 'approvers', description: 'Decide on requests', members: ['approver@example.com'] }],
    connections: [{ name: 'shop', environment: 'production', region: 'local', description: 'The corpus target' }],
    policies: fs
      .readdirSync(folder)
      .sort()
      .map(name => fs.readFileSync(path.join(folder, name), 'utf8')),
    labels: classified.map(({ table, column, class: kind }) => ({
      column: `${table}.${column}` as `${string}.${string}.${string}`,
      label: labelOf[kind] ?? 'restricted.schema',
    })),
    owners: [],
  };
}
