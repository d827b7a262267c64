/** What an installation is filled with, as a value: the demo's, the corpus', the benchmark's. */
import type { Level } from '#core/catalog/classification.ts';
import type { IdentityKind } from '#core/identity/principal.ts';
import type { Role } from '#core/identity/role.ts';

export type SeedIdentity = {
  login: string;
  displayName: string;
  kind: IdentityKind;
  roles: readonly Role[];
  /** Login of the person an agent or service account answers to; that person comes before it in the list. */
  owner?: string;
  purpose?: string;
};

export type SeedDocument = {
  /** The first one is the administrator as whom the rest is done. */
  identities: readonly SeedIdentity[];
  groups: readonly { name: string; description: string; members: readonly string[] }[];
  connections: readonly { name: string; environment: string; region: string; description: string }[];
  /** In YAML. */
  policies: readonly string[];
  /** On every connection that has the column. */
  labels: readonly { column: `${string}.${string}.${string}`; label: string; level?: Level }[];
  /** On every connection. */
  owners: readonly { schema: string; relation: string | null; owner: { identity: string } | { group: string } }[];
};
